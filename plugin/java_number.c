/*-------------------------------------------------------------------------
 *
 * java_number.c
 *	  See java_number.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "utils/builtins.h"

#include "java_number.h"
#include "numeric_digits.h"

#define DIGITS "0123456789"

bool
java_parse_integer(const char *text, int64 min, int64 max, int64 *number)
{
	const char *digits = text + (*text == '-' || *text == '+');
	Size count = strspn(digits, DIGITS);

	if (count == 0 || digits[count] != '\0')
		return false;
	errno = 0;
	*number = strtoll(text, NULL, 10);
	return errno == 0 && *number >= min && *number <= max;
}

/* Length of digits with at most one point among them; 0: no digit. */
static Size
significand_size(const char *text)
{
	Size whole = strspn(text, DIGITS);
	Size fraction = text[whole] == '.' ? strspn(text + whole + 1, DIGITS) : 0;

	if (whole + fraction == 0)
		return 0;
	return text[whole] == '.' ? whole + 1 + fraction : whole;
}

/* Length of e, sign and digits; 0: they are not there. */
static Size
exponent_size(const char *text)
{
	Size sign;
	Size digits;

	if (*text != 'e' && *text != 'E')
		return 0;
	sign = text[1] == '-' || text[1] == '+';
	digits = strspn(text + 1 + sign, DIGITS);
	return digits > 0 ? 1 + sign + digits : 0;
}

/* Hexadecimal digits with a point, and the binary exponent that Java demands. */
static Size
hexadecimal_size(const char *text)
{
	static const char digits[] = DIGITS "abcdefABCDEF";
	Size size = 2;
	Size count;

	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
		return 0;
	count = strspn(text + size, digits);
	size += count;
	if (text[size] == '.')
	{
		Size fraction = strspn(text + size + 1, digits);

		count += fraction;
		size += 1 + fraction;
	}
	if (count == 0 || (text[size] != 'p' && text[size] != 'P'))
		return 0;
	size += 1 + (text[size + 1] == '-' || text[size + 1] == '+');
	count = strspn(text + size, DIGITS);
	return count > 0 ? size + count : 0;
}

static bool
is_double(const char *text)
{
	Size size;

	text += *text == '-' || *text == '+';
	if (strcmp(text, "NaN") == 0 || strcmp(text, "Infinity") == 0)
		return true;
	size = hexadecimal_size(text);
	if (size == 0)
	{
		size = significand_size(text);
		if (size == 0)
			return false;
		size += exponent_size(text + size);
	}
	if (text[size] != '\0' && strchr("fFdD", text[size]) != NULL)
		size++;
	return text[size] == '\0';
}

/* String.trim(): control characters go, too. */
static char *
trimmed(const char *text)
{
	Size size;

	while (*text != '\0' && (unsigned char) *text <= ' ')
		text++;
	size = strlen(text);
	while (size > 0 && (unsigned char) text[size - 1] <= ' ')
		size--;
	return pnstrdup(text, size);
}

bool
java_parse_double(const char *text, bool is_float, double *number)
{
	char *bare = trimmed(text);

	if (!is_double(bare))
		return false;
	*number = is_float ? (double) strtof(bare, NULL) : strtod(bare, NULL);
	return true;
}

/* ---------------------------------------------------------------- BigDecimal */

static bool
read_exponent(const char *text, int64 *exponent)
{
	const char *digits = text + 1 + (text[1] == '-' || text[1] == '+');

	digits += strspn(digits, "0");
	if (strlen(digits) > 10)
		return false;
	*exponent = strtoll(text + 1, NULL, 10);
	return true;
}

bool
java_decimal_parse(const char *text, JavaDecimal *decimal)
{
	const char *start = text + (*text == '-' || *text == '+');
	Size size = significand_size(start);
	const char *point = memchr(start, '.', size);
	int64 exponent = 0;
	int64 scale = point ? start + size - point - 1 : 0;
	char *digits = palloc(size + 1);

	if (size == 0 || start[size + exponent_size(start + size)] != '\0')
		return false;
	if (start[size] != '\0' && !read_exponent(start + size, &exponent))
		return false;
	scale -= exponent;
	decimal->count = 0;
	for (Size i = 0; i < size; i++)
	{
		if (start[i] == '.')
			continue;
		if (decimal->count == 1 && digits[0] == '0')
			decimal->count = 0;
		digits[decimal->count++] = start[i];
	}
	digits[decimal->count] = '\0';
	decimal->digits = digits;
	decimal->negative = *text == '-' && digits[0] != '0';
	decimal->scale = (int32) scale;
	return scale >= PG_INT32_MIN && scale <= PG_INT32_MAX;
}

/* With that many zeros behind, ten is 64 times the factor two. */
#define ALL_BITS_ZERO (-64)

int64
java_decimal_long(const JavaDecimal *decimal)
{
	uint64 bits = 0;
	int64 shown = (int64) decimal->count - decimal->scale;

	if (decimal->scale <= ALL_BITS_ZERO)
		return 0;
	for (int64 i = 0; i < shown; i++)
		bits = bits * 10 + (i < decimal->count ? decimal->digits[i] - '0' : 0);
	return (int64) (decimal->negative ? -bits : bits);
}

static char *
scientific(const JavaDecimal *decimal)
{
	return psprintf("%s%se" INT64_FORMAT, decimal->negative ? "-" : "", decimal->digits, -(int64) decimal->scale);
}

double
java_decimal_double(const JavaDecimal *decimal)
{
	return strtod(scientific(decimal), NULL);
}

float
java_decimal_float(const JavaDecimal *decimal)
{
	return strtof(scientific(decimal), NULL);
}

bool
java_decimal_is_integer(const JavaDecimal *decimal)
{
	for (int64 i = Max((int64) decimal->count - decimal->scale, 0); i < decimal->count; i++)
		if (decimal->digits[i] != '0')
			return false;
	return true;
}

const char *
java_decimal_unscaled(const JavaDecimal *decimal, Size *size)
{
	char *text = psprintf("%s%s", decimal->negative ? "-" : "", decimal->digits);
	NumericDigits digits;

	numeric_digits(&digits, DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
												Int32GetDatum(-1)));
	return numeric_unscaled(&digits, 0, palloc(UNSCALED_SMALL), size);
}

/* ---------------------------------------------------------------- narrowing */

int64
java_double_long(double number)
{
	if (isnan(number))
		return 0;
	if (number >= 9223372036854775808.0)
		return PG_INT64_MAX;
	if (number <= -9223372036854775808.0)
		return PG_INT64_MIN;
	return (int64) number;
}

int32
java_double_int(double number)
{
	int64 whole = java_double_long(number);

	return (int32) Max(Min(whole, PG_INT32_MAX), PG_INT32_MIN);
}
