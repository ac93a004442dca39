/*-------------------------------------------------------------------------
 *
 * json_number.c
 *	  The numbers of json_writer.h, as Java writes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "port/pg_bitutils.h"

#include "json_writer.h"

/* Text of a number and then some: int64 needs 20, a double 24. */
#define NUMBER_SIZE 32

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
								  "25262728293031323334353637383940414243444546474849"
								  "50515253545556575859606162636465666768697071727374"
								  "75767778798081828384858687888990919293949596979899";

/* Digits of value right-aligned before end; returns where they begin. */
static char *
put_digits(char *end, uint64 value)
{
	while (value >= 10000)
	{
		uint32 rest = (uint32) (value % 10000);

		value /= 10000;
		end -= 4;
		memcpy(end, digit_pairs + 2 * (rest / 100), 2);
		memcpy(end + 2, digit_pairs + 2 * (rest % 100), 2);
	}
	if (value >= 100)
	{
		end -= 2;
		memcpy(end, digit_pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	if (value >= 10)
	{
		end -= 2;
		memcpy(end, digit_pairs + 2 * value, 2);
	}
	else
		*--end = (char) ('0' + value);
	return end;
}

/* How many digits value has. */
static inline int
count_digits(uint64 value)
{
	/* clang-format off */
	static const uint64 powers[] = {
		0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
		1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
		1000000000000000000, UINT64CONST(10000000000000000000)
	};
	/* clang-format on */
	int guess = (pg_leftmost_one_pos64(value | 1) + 1) * 1233 >> 12; /* bits by log10(2), rounded down */

	return guess + (value >= powers[guess]);
}

void
json_uint64(JsonWriter *writer, uint64 value)
{
	int size = count_digits(value);

	(void) put_digits(json_reserve(writer, size) + size, value);
	writer->len += size;
}

void
json_int64(JsonWriter *writer, int64 value)
{
	if (value < 0)
		json_char(writer, '-');
	json_uint64(writer, value < 0 ? -(uint64) value : (uint64) value);
}

/*-------------------------------------------------------------------------
 * Floating point
 *-------------------------------------------------------------------------
 */

/* A decimal 0.DIGITS times ten to the power of exponent, without leading or trailing zeros. */
typedef struct Decimal
{
	bool negative;
	int count;
	int exponent;
	char digits[NUMBER_SIZE];
} Decimal;

/* Reads what the shortest_dec functions and %e print: [-]d*[.d*][e[+-]d*], not zero. */
static void
parse_decimal(Decimal *decimal, const char *text)
{
	bool point_seen = false;

	decimal->negative = *text == '-';
	decimal->count = 0;
	decimal->exponent = 0;
	if (decimal->negative)
		text++;
	for (; *text != '\0' && *text != 'e'; text++)
	{
		if (*text == '.')
			point_seen = true;
		else
		{
			if (decimal->count > 0 || *text != '0')
				decimal->digits[decimal->count++] = *text;
			if (!point_seen && decimal->count > 0)
				decimal->exponent++;
			else if (point_seen && decimal->count == 0)
				decimal->exponent--;
		}
	}
	if (*text == 'e')
		decimal->exponent += atoi(text + 1);
	while (decimal->count > 1 && decimal->digits[decimal->count - 1] == '0')
		decimal->count--;
}

/* The decimal of so many digits that is nearest to value, correctly rounded by libc. */
static void
rounded_decimal(Decimal *decimal, double value, int digits)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*e", digits - 1, value);
	parse_decimal(decimal, text);
}

static bool
reads_back(const Decimal *decimal, double value, bool is_float)
{
	char text[64];

	snprintf(text, sizeof(text), "%s0.%.*se%d", decimal->negative ? "-" : "", decimal->count, decimal->digits,
			 decimal->exponent);
	return is_float ? strtof(text, NULL) == (float) value : strtod(text, NULL) == value;
}

/*
 * Java takes the shortest decimal that reads back as value, PostgreSQL's
 * shortest_dec the shortest one strictly inside the rounding interval.  They
 * differ where an end of the interval is itself a short decimal, as with 1e23
 * or 2^33 as a float.  An end is an odd number below 2^54 (float: 2^25) times
 * a power of two.  If it is also a decimal of at most 17 (9) digits times 10^k,
 * then k is not negative, as its digits would be too many, and 5^k divides the
 * odd number: so k is below 24 (11).
 */
static void
shorten_at_interval_ends(Decimal *decimal, double value, bool is_float)
{
	double lowest = is_float ? 16777216.0 : 9007199254740992.0;
	double highest = is_float ? 1e20 : 1e41;

	if (fabs(value) < lowest || fabs(value) > highest)
		return;
	for (int digits = decimal->count - 1; digits > 0; digits--)
	{
		Decimal shorter;

		rounded_decimal(&shorter, value, digits);
		if (!reads_back(&shorter, value, is_float))
			return;
		*decimal = shorter;
	}
}

/*
 * Where one digit is enough, Java considers two as well and takes the nearest:
 * 4.9E-324 and not 5.0E-324.  Above the smallest subnormal numbers the second
 * digit is always 0.
 */
static void
widen_single_digit(Decimal *decimal, double value, bool is_float)
{
	if (decimal->count == 1 && fabs(value) < (is_float ? 1e-42 : 1e-320))
		rounded_decimal(decimal, value, 2);
}

/* Java's computerised scientific notation. */
static void
write_scientific(JsonWriter *writer, const Decimal *decimal)
{
	char text[NUMBER_SIZE];
	char *p = text;

	if (decimal->negative)
		*p++ = '-';
	*p++ = decimal->digits[0];
	*p++ = '.';
	if (decimal->count == 1)
		*p++ = '0';
	else
	{
		memcpy(p, decimal->digits + 1, decimal->count - 1);
		p += decimal->count - 1;
	}
	*p++ = 'E';
	json_raw(writer, text, p - text);
	json_int64(writer, decimal->exponent - 1);
}

/* Java's plain form, for 1e-3 <= |value| < 1e7. */
static void
write_plain(JsonWriter *writer, const Decimal *decimal)
{
	char text[2 * NUMBER_SIZE];
	char *p = text;
	int whole = Max(decimal->exponent, 0);

	if (decimal->negative)
		*p++ = '-';
	for (int i = 0; i < whole; i++)
		*p++ = i < decimal->count ? decimal->digits[i] : '0';
	if (whole == 0)
		*p++ = '0';
	*p++ = '.';
	for (int i = decimal->exponent; i < 0; i++)
		*p++ = '0';
	if (decimal->count > whole)
	{
		memcpy(p, decimal->digits + whole, decimal->count - whole);
		p += decimal->count - whole;
	}
	else
		*p++ = '0';
	json_raw(writer, text, p - text);
}

/* Zero, NaN and the infinities; false: an ordinary number. */
static bool
write_special(JsonWriter *writer, double value)
{
	if (value == 0.0 && signbit(value))
		json_literal(writer, "-0.0");
	else if (value == 0.0)
		json_literal(writer, "0.0");
	else if (isnan(value))
		json_cstring(writer, "NaN");
	else if (isinf(value) && value > 0)
		json_cstring(writer, "Infinity");
	else if (isinf(value))
		json_cstring(writer, "-Infinity");
	else
		return false;
	return true;
}

static void
write_floating(JsonWriter *writer, double value, bool is_float)
{
	char text[DOUBLE_SHORTEST_DECIMAL_LEN];
	int size;
	Decimal decimal;

	if (write_special(writer, value))
		return;
	if (is_float)
		size = float_to_shortest_decimal_bufn((float) value, text);
	else
		size = double_to_shortest_decimal_bufn(value, text);
	text[size] = '\0';
	parse_decimal(&decimal, text);
	shorten_at_interval_ends(&decimal, value, is_float);
	widen_single_digit(&decimal, value, is_float);
	if (decimal.exponent >= -2 && decimal.exponent <= 7)
		write_plain(writer, &decimal);
	else
		write_scientific(writer, &decimal);
}

void
json_double(JsonWriter *writer, double value)
{
	/* Small whole numbers are common; -0.0 is not among them. */
	if (value >= 1.0 && value < 1e7 && value == (double) (int32) value)
	{
		json_uint64(writer, (uint64) value);
		json_literal(writer, ".0");
		return;
	}
	write_floating(writer, value, false);
}

void
json_float(JsonWriter *writer, float value)
{
	write_floating(writer, value, true);
}
