/*-------------------------------------------------------------------------
 *
 * decimal_text.c
 *	  See decimal_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "decimal_text.h"

void
decimal_text_write(JsonWriter *writer, const char *plain, Size size, int scale)
{
	const char *end = plain + size;
	const char *first;
	int exponent;

	if (*plain == '-')
		json_char(writer, *plain++);
	first = plain + strspn(plain, "0.");
	if (first == end)
		first = end - 1;
	/* first is so many places behind the point */
	exponent = (int) (end - first) - 1 - scale;
	if (scale == 0 || first < end - scale - 1 || exponent >= -6)
	{
		json_raw(writer, plain, end - plain);
		return;
	}
	json_char(writer, *first++);
	if (first < end)
	{
		json_char(writer, '.');
		json_raw(writer, first, end - first);
	}
	json_char(writer, 'E');
	json_int64(writer, exponent);
}

/* Divides the big-endian magnitude by ten in place; returns the rest. */
static int
divide_by_ten(unsigned char *magnitude, Size size)
{
	int rest = 0;

	for (Size i = 0; i < size; i++)
	{
		int value = rest << 8 | magnitude[i];

		magnitude[i] = (unsigned char) (value / 10);
		rest = value % 10;
	}
	return rest;
}

/* The absolute value; true: it was negative. */
static bool
make_absolute(unsigned char *bytes, Size size)
{
	bool carry = true;

	if (size == 0 || (bytes[0] & 0x80) == 0)
		return false;
	for (Size i = size; i-- > 0;)
	{
		bytes[i] = (unsigned char) (~bytes[i] + (carry ? 1 : 0));
		carry = carry && bytes[i] == 0;
	}
	return true;
}

char *
decimal_plain_text(const char *unscaled, Size unscaled_size, int scale, Size *size)
{
	unsigned char *magnitude = palloc(unscaled_size + 1);
	Size room = unscaled_size * 3 + (Size) scale + 4;
	char *text = palloc(room);
	char *at = text + room;
	bool negative;
	bool zero = false;
	Size first = 0;

	memcpy(magnitude, unscaled, unscaled_size);
	negative = make_absolute(magnitude, unscaled_size);
	for (int digits = 0; !zero || digits <= scale; digits++)
	{
		if (digits == scale && scale > 0)
			*--at = '.';
		*--at = (char) ('0' + divide_by_ten(magnitude + first, unscaled_size - first));
		while (first < unscaled_size && magnitude[first] == 0)
			first++;
		zero = first == unscaled_size;
	}
	if (negative)
		*--at = '-';
	*size = text + room - at;
	return at;
}
