/*-------------------------------------------------------------------------
 *
 * numeric_digits.c
 *	  From the stored form of numeric to integers and text.
 *
 * The stored form (which pg_upgrade keeps, so that it may be relied on):
 *	 uint16 header; its two highest bits
 *		00, 01	long form, positive or negative: 14 bits of display scale,
 *				then int16 weight
 *		10		short form: 1 bit sign, 6 bits display scale, 7 bits signed weight
 *		11		special: 1100 NaN, 1101 infinity, 1111 -infinity
 *	 then the base 10000 digits, int16 each, to the end of the value
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/expandeddatum.h" /* varatt.h from 16 on */

#include "numeric_digits.h"

#define FORM_MASK 0xC000
#define FORM_NEGATIVE 0x4000
#define FORM_SHORT 0x8000
#define FORM_SPECIAL 0xC000
#define SPECIAL_MASK 0xF000
#define SPECIAL_NAN 0xC000
#define SPECIAL_NEGATIVE_INFINITY 0xF000
#define LONG_SCALE_MASK 0x3FFF
#define SHORT_SIGN 0x2000
#define SHORT_SCALE_SHIFT 7
#define SHORT_SCALE_MASK 0x3F
#define SHORT_WEIGHT_MASK 0x7F
#define SHORT_WEIGHT_SIGN 0x40

/* Decimal digits a 64-bit word surely holds, in whole groups and as a power. */
#define WORD_GROUPS 4
#define WORD_DIGITS 18

/* clang-format off */
static const uint64 powers_of_ten[WORD_DIGITS + 1] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
	1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
	1000000000000000000
};
/* clang-format on */

static inline uint16
uint16_at(const char *bytes)
{
	uint16 value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static inline int
group_at(const NumericDigits *digits, int i)
{
	return uint16_at(digits->groups + i * sizeof(int16));
}

void
numeric_digits(NumericDigits *digits, Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	const char *bytes = VARDATA_ANY(value);
	const char *end = bytes + VARSIZE_ANY_EXHDR(value);
	uint16 header = uint16_at(bytes);

	memset(digits, 0, sizeof(*digits));
	bytes += sizeof(uint16);
	if ((header & FORM_MASK) == FORM_SPECIAL)
	{
		digits->kind = (header & SPECIAL_MASK) == SPECIAL_NAN ? NUMERIC_IS_NAN : NUMERIC_IS_INFINITE;
		digits->negative = (header & SPECIAL_MASK) == SPECIAL_NEGATIVE_INFINITY;
		return;
	}
	if ((header & FORM_MASK) == FORM_SHORT)
	{
		digits->negative = (header & SHORT_SIGN) != 0;
		digits->scale = (header >> SHORT_SCALE_SHIFT) & SHORT_SCALE_MASK;
		digits->weight = header & SHORT_WEIGHT_MASK;
		if ((digits->weight & SHORT_WEIGHT_SIGN) != 0)
			digits->weight -= SHORT_WEIGHT_MASK + 1;
	}
	else
	{
		digits->negative = (header & FORM_MASK) == FORM_NEGATIVE;
		digits->scale = header & LONG_SCALE_MASK;
		digits->weight = (int16) uint16_at(bytes);
		bytes += sizeof(int16);
	}
	digits->groups = bytes;
	digits->count = (int) ((end - bytes) / sizeof(int16));
}

void
numeric_digits_from_int64(NumericDigits *digits, int64 value, int scale, int16 *groups)
{
	/* Filled up so that the decimal point falls between two groups. */
	int fill = (GROUP_DIGITS - scale % GROUP_DIGITS) % GROUP_DIGITS;
	uint128 rest = value < 0 ? -(uint64) value : (uint64) value;
	int first = INT64_GROUPS;
	int end = INT64_GROUPS;

	rest *= powers_of_ten[fill];
	for (; rest > 0; rest /= GROUP_BASE)
		groups[--first] = (int16) (rest % GROUP_BASE);
	digits->weight = end - first - 1 - (scale + fill) / GROUP_DIGITS;
	while (end > first && groups[end - 1] == 0)
		end--;
	digits->kind = NUMERIC_FINITE;
	digits->negative = value < 0;
	digits->scale = scale;
	digits->count = end - first;
	digits->groups = (const char *) (groups + first);
}

int
numeric_exact_scale(const NumericDigits *digits)
{
	int scale = GROUP_DIGITS * (digits->count - 1 - digits->weight);
	int last;

	if (digits->count == 0 || scale <= 0)
		return 0;
	for (last = group_at(digits, digits->count - 1); last != 0 && last % 10 == 0; last /= 10)
		scale--;
	return scale;
}

/* Power of ten that the integer made of all groups still needs to become value * 10^scale. */
static int
missing_power(const NumericDigits *digits, int scale)
{
	return scale - GROUP_DIGITS * (digits->count - 1 - digits->weight);
}

/* The integer made of all groups; the caller knows that it fits. */
static uint128
small_integer(const NumericDigits *digits)
{
	uint128 integer = 0;

	for (int i = 0; i < digits->count; i++)
		integer = integer * GROUP_BASE + group_at(digits, i);
	return integer;
}

bool
numeric_unscaled_int64(const NumericDigits *digits, int scale, int64 *unscaled)
{
	int power = missing_power(digits, scale);
	uint64 integer = 0;

	*unscaled = 0;
	if (digits->count == 0)
		return true;
	if (digits->count > WORD_GROUPS || digits->count * GROUP_DIGITS + power > WORD_DIGITS)
		return false;
	for (int i = 0; i < digits->count; i++)
		integer = integer * GROUP_BASE + group_at(digits, i);
	if (power >= 0)
		integer *= powers_of_ten[power];
	else if (power > -GROUP_DIGITS && integer % powers_of_ten[-power] == 0)
		integer /= powers_of_ten[-power];
	else
		return false;
	*unscaled = digits->negative ? -(int64) integer : (int64) integer;
	return true;
}

/* Drops the bytes at the front that only repeat the sign. */
static const char *
shortest_form(const char *bytes, Size *size)
{
	while (*size > 1 &&
		   ((bytes[0] == 0 && !IS_HIGHBIT_SET(bytes[1])) || (bytes[0] == (char) 0xFF && IS_HIGHBIT_SET(bytes[1]))))
	{
		bytes++;
		(*size)--;
	}
	return bytes;
}

static const char *
bytes_of_int64(int64 value, char *small, Size *size)
{
	uint64 big_endian = pg_hton64((uint64) value);
	uint64 magnitude = (uint64) (value < 0 ? ~value : value);
	int bits = magnitude != 0 ? pg_leftmost_one_pos64(magnitude) + 1 : 0;

	memcpy(small, &big_endian, sizeof(big_endian));
	*size = bits / 8 + 1;
	return small + sizeof(big_endian) - *size;
}

static const char *
bytes_of_int128(int128 value, char *small, Size *size)
{
	for (int i = UNSCALED_SMALL - 1; i >= 0; i--)
	{
		small[i] = (char) value;
		value >>= 8;
	}
	*size = UNSCALED_SMALL;
	return shortest_form(small, size);
}

/*-------------------------------------------------------------------------
 * Integers of any size
 *-------------------------------------------------------------------------
 */

/* A magnitude, least significant word first. */
typedef struct BigInteger
{
	uint64 *words;
	int count;
} BigInteger;

/* Room for that many decimal digits: 10^3 < 2^10. */
static void
big_init(BigInteger *big, int decimal_digits)
{
	big->words = palloc(sizeof(uint64) * (decimal_digits * 10 / (3 * 64) + 3));
	big->count = 0;
}

static void
big_multiply_add(BigInteger *big, uint64 factor, uint64 addend)
{
	uint128 carry = addend;

	for (int i = 0; i < big->count; i++)
	{
		carry += (uint128) big->words[i] * factor;
		big->words[i] = (uint64) carry;
		carry >>= 64;
	}
	if (carry != 0)
		big->words[big->count++] = (uint64) carry;
}

/* Two's complement with a byte of sign in front. */
static const char *
big_bytes(const BigInteger *big, bool negative, Size *size)
{
	Size length = (Size) big->count * sizeof(uint64) + 1;
	char *bytes = palloc(length);
	uint64 borrow = negative ? 1 : 0;
	uint64 flip = negative ? PG_UINT64_MAX : 0;

	bytes[0] = (char) flip;
	for (int i = 0; i < big->count; i++)
	{
		/* -m is the complement of m - 1. */
		uint64 word = (big->words[i] - borrow) ^ flip;

		if (big->words[i] != 0)
			borrow = 0;
		for (int byte = 0; byte < (int) sizeof(uint64); byte++)
			bytes[length - 1 - i * sizeof(uint64) - byte] = (char) (word >> (8 * byte));
	}
	*size = length;
	return shortest_form(bytes, size);
}

/* All groups but the last power digits of the last one, which are zeros; power <= 0. */
static void
big_add_groups(BigInteger *big, const NumericDigits *digits, int dropped_digits)
{
	uint64 word = 0;
	uint64 factor = 1;

	for (int i = 0; i < digits->count; i++)
	{
		uint64 group = group_at(digits, i);
		uint64 base = GROUP_BASE;

		if (i == digits->count - 1)
		{
			group /= powers_of_ten[dropped_digits];
			base /= powers_of_ten[dropped_digits];
		}
		word = word * base + group;
		factor *= base;
		if (i % WORD_GROUPS == WORD_GROUPS - 1 || i == digits->count - 1)
		{
			big_multiply_add(big, factor, word);
			word = 0;
			factor = 1;
			CHECK_FOR_INTERRUPTS();
		}
	}
}

static const char *
big_unscaled(const NumericDigits *digits, int power, Size *size)
{
	BigInteger big;

	big_init(&big, digits->count * GROUP_DIGITS + Max(power, 0));
	big_add_groups(&big, digits, Max(-power, 0));
	for (; power > 0; power -= WORD_DIGITS)
		big_multiply_add(&big, powers_of_ten[Min(power, WORD_DIGITS)], 0);
	return big_bytes(&big, digits->negative, size);
}

const char *
numeric_unscaled(const NumericDigits *digits, int scale, char *small, Size *size)
{
	int power = missing_power(digits, scale);
	int64 value;

	if (numeric_unscaled_int64(digits, scale, &value))
		return bytes_of_int64(value, small, size);
	/* 38 digits fit into 127 bits. */
	if (digits->count * GROUP_DIGITS + Max(power, 0) <= 38)
	{
		uint128 integer = small_integer(digits);

		if (power < 0)
			integer /= powers_of_ten[-power];
		for (; power > 0; power -= WORD_DIGITS)
			integer *= powers_of_ten[Min(power, WORD_DIGITS)];
		return bytes_of_int128(digits->negative ? -(int128) integer : (int128) integer, small, size);
	}
	return big_unscaled(digits, power, size);
}

/*-------------------------------------------------------------------------
 * Text
 *-------------------------------------------------------------------------
 */

static char *
put_group(char *out, int group)
{
	out[3] = (char) ('0' + group % 10);
	out[2] = (char) ('0' + group / 10 % 10);
	out[1] = (char) ('0' + group / 100 % 10);
	out[0] = (char) ('0' + group / 1000);
	return out + GROUP_DIGITS;
}

/* The group with that weight, zero outside the stored ones. */
static int
group_of_weight(const NumericDigits *digits, int weight)
{
	int i = digits->weight - weight;

	return i >= 0 && i < digits->count ? group_at(digits, i) : 0;
}

char *
numeric_plain_text(const NumericDigits *digits, int scale, Size *size)
{
	int whole = digits->count > 0 ? Max(digits->weight, 0) : 0;
	/* sign, point, whole groups, and fraction rounded up to whole groups */
	char *text = palloc((Size) (whole + 1) * GROUP_DIGITS + scale + GROUP_DIGITS + 8);
	char *start = text + 1;
	char *out = start;

	for (int weight = whole; weight >= 0; weight--)
		out = put_group(out, group_of_weight(digits, weight));
	while (start < out - 1 && *start == '0')
		start++;
	if (scale > 0)
	{
		char *fraction = out + 1;

		*out = '.';
		for (int done = 0; done < scale; done += GROUP_DIGITS)
			put_group(fraction + done, group_of_weight(digits, -1 - done / GROUP_DIGITS));
		out = fraction + scale;
	}
	if (digits->negative)
		*--start = '-';
	*out = '\0';
	*size = out - start;
	return start;
}
