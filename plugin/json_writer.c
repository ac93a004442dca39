/*-------------------------------------------------------------------------
 *
 * json_writer.c
 *	  Quotes, escapes and numbers as Kafka Connect's JsonConverter (Jackson)
 *	  writes them.
 *
 * Overflow is found without a test per write: the capacity that the inline
 * functions look at ends where the record's limit ends, so passing the limit
 * takes the slow path anyway.  An overflowed record is written in circles over
 * its own beginning.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"

#include "json_writer.h"

/* What one json_reserve() may ask for. */
#define MAX_RESERVE (128 * 1024)

/* Input bytes handled between two reservations, a multiple of 3 and 8. */
#define CHUNK_SIZE (48 * 1024)

/* The longest escape: a surrogate pair. */
#define ESCAPE_SIZE 12

/* Text of a number and then some: int64 needs 20, a double 24, base64 of Decimal has its own. */
#define NUMBER_SIZE 32

static const char digit_pairs[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

static const char upper_hex[] = "0123456789ABCDEF";
static const char lower_hex[] = "0123456789abcdef";

void
json_writer_init(JsonWriter *writer, MemoryContext context, Size initial_size)
{
	writer->context = context;
	writer->allocated = Max(initial_size, 64);
	writer->data = MemoryContextAllocHuge(context, writer->allocated);
	writer->len = 0;
	json_mark(writer, 0);
}

static void
set_allocated(JsonWriter *writer, Size size)
{
	writer->data = repalloc_huge(writer->data, size);
	writer->allocated = size;
}

/* From here to the next json_mark() everything is thrown away. */
static void
start_overflow(JsonWriter *writer)
{
	writer->overflowed = true;
	writer->len = writer->mark;
	if (writer->allocated - writer->mark < MAX_RESERVE)
		set_allocated(writer, writer->mark + MAX_RESERVE);
	writer->capacity = writer->allocated;
}

void
json_writer_grow(JsonWriter *writer, Size extra)
{
	Size end = writer->mark + writer->limit;

	Assert(extra <= MAX_RESERVE);
	if (writer->overflowed || writer->len + extra > end)
	{
		start_overflow(writer);
		return;
	}
	set_allocated(writer, Max(writer->allocated * 2, writer->len + extra));
	writer->capacity = Min(writer->allocated, end);
}

void
json_raw_long(JsonWriter *writer, const char *bytes, Size size)
{
	/* As a whole first, so that the limit is met exactly and the buffer grows once. */
	if (size > MAX_RESERVE && !writer->overflowed &&
		writer->len + size <= writer->mark + writer->limit)
	{
		set_allocated(writer, Max(writer->allocated * 2, writer->len + size));
		writer->capacity = Min(writer->allocated, writer->mark + writer->limit);
	}
	while (size > 0)
	{
		Size part = Min(size, MAX_RESERVE);

		memcpy(json_reserve(writer, part), bytes, part);
		writer->len += part;
		bytes += part;
		size -= part;
		if (writer->overflowed)
			return;
	}
}

/* Digits of value right-aligned before end; returns where they begin. */
static char *
put_digits(char *end, uint64 value)
{
	while (value >= 100)
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

void
json_uint64(JsonWriter *writer, uint64 value)
{
	char digits[NUMBER_SIZE];
	char *end = digits + sizeof(digits);
	char *start = put_digits(end, value);

	json_raw(writer, start, end - start);
}

void
json_int64(JsonWriter *writer, int64 value)
{
	char digits[NUMBER_SIZE];
	char *end = digits + sizeof(digits);
	uint64 magnitude = value < 0 ? -(uint64) value : (uint64) value;
	char *start = put_digits(end, magnitude);

	if (value < 0)
		*--start = '-';
	json_raw(writer, start, end - start);
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

	snprintf(text, sizeof(text), "%s0.%.*se%d", decimal->negative ? "-" : "",
			 decimal->count, decimal->digits, decimal->exponent);
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
		json_literal(writer, "\"NaN\"");
	else if (isinf(value) && value > 0)
		json_literal(writer, "\"Infinity\"");
	else if (isinf(value))
		json_literal(writer, "\"-Infinity\"");
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

/*-------------------------------------------------------------------------
 * Strings
 *-------------------------------------------------------------------------
 */

/* The bytes that cannot be copied as they are. */
static inline bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0xF0;
}

/* The same for eight bytes at once; may only err for bytes after a true one. */
static inline bool
word_needs_escape(uint64 word)
{
	const uint64 ones = UINT64CONST(0x0101010101010101);
	const uint64 highs = UINT64CONST(0x8080808080808080);
	uint64 quotes = word ^ (ones * '"');
	uint64 backslashes = word ^ (ones * '\\');
	uint64 found;

	found = (word - ones * 0x20) & ~word;
	found |= (quotes - ones) & ~quotes;
	found |= (backslashes - ones) & ~backslashes;
	found |= word & (word << 1) & (word << 2) & (word << 3);
	return (found & highs) != 0;
}

/* Copies up to the first byte that needs an escape; out must have room for all. Returns how many. */
static inline Size
copy_clean(char *out, const char *in, Size size)
{
	Size done = 0;

	while (size - done >= sizeof(uint64))
	{
		uint64 word;

		memcpy(&word, in + done, sizeof(word));
		if (word_needs_escape(word))
			break;
		memcpy(out + done, &word, sizeof(word));
		done += sizeof(word);
	}
	while (done < size && !needs_escape((unsigned char) in[done]))
	{
		out[done] = in[done];
		done++;
	}
	return done;
}

static char *
put_unicode_escape(char *out, uint32 code_unit)
{
	*out++ = '\\';
	*out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*out++ = upper_hex[(code_unit >> shift) & 0xF];
	return out;
}

/* A character above the BMP, as an escaped surrogate pair. */
static char *
put_surrogates(char *out, const unsigned char *in)
{
	uint32 code = ((in[0] & 0x07) << 18) | ((in[1] & 0x3F) << 12) | ((in[2] & 0x3F) << 6) | (in[3] & 0x3F);

	code -= 0x10000;
	out = put_unicode_escape(out, 0xD800 | (code >> 10));
	return put_unicode_escape(out, 0xDC00 | (code & 0x3FF));
}

static char
short_escape(char c)
{
	switch (c)
	{
		case '"':
		case '\\':
			return c;
		case '\b':
			return 'b';
		case '\t':
			return 't';
		case '\n':
			return 'n';
		case '\f':
			return 'f';
		case '\r':
			return 'r';
		default:
			return 0;
	}
}

/* Escapes the one character at in, into at most ESCAPE_SIZE bytes; returns how many bytes of in it took. */
static Size
write_escape(JsonWriter *writer, const char *in, Size size)
{
	char *start = json_reserve(writer, ESCAPE_SIZE);
	char *out = start;
	Size taken = 1;
	char letter = short_escape(*in);

	if (letter != 0)
	{
		*out++ = '\\';
		*out++ = letter;
	}
	else if ((unsigned char) *in < 0x20)
		out = put_unicode_escape(out, (unsigned char) *in);
	else if (size >= 4)
	{
		out = put_surrogates(out, (const unsigned char *) in);
		taken = 4;
	}
	else
	{
		/* Not UTF-8, against the contract: keep the JSON valid at least. */
		memcpy(out, "\xEF\xBF\xBD", 3);
		out += 3;
		taken = size;
	}
	writer->len += out - start;
	return taken;
}

void
json_string_content(JsonWriter *writer, const char *utf8, Size size)
{
	while (size > 0)
	{
		Size part = Min(size, CHUNK_SIZE);
		Size clean = copy_clean(json_reserve(writer, part), utf8, part);

		writer->len += clean;
		utf8 += clean;
		size -= clean;
		if (clean < part)
		{
			Size taken = write_escape(writer, utf8, size);

			utf8 += taken;
			size -= taken;
		}
		if (writer->overflowed)
			return;
	}
}

void
json_string(JsonWriter *writer, const char *utf8, Size size)
{
	json_char(writer, '"');
	json_string_content(writer, utf8, size);
	json_char(writer, '"');
}

void
json_cstring(JsonWriter *writer, const char *utf8)
{
	json_string(writer, utf8, strlen(utf8));
}

char *
json_member_prefix(MemoryContext context, char before, const char *utf8_name, Size *size)
{
	JsonWriter writer;

	json_writer_init(&writer, context, strlen(utf8_name) + 8);
	json_char(&writer, before);
	json_cstring(&writer, utf8_name);
	json_char(&writer, ':');
	*size = writer.len;
	json_char(&writer, '\0');
	return writer.data;
}

/*-------------------------------------------------------------------------
 * Bytes
 *-------------------------------------------------------------------------
 */

static const char standard_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *
put_base64(char *out, const unsigned char *in, Size size, const char *alphabet)
{
	for (; size >= 3; size -= 3, in += 3)
	{
		uint32 group = (in[0] << 16) | (in[1] << 8) | in[2];

		out[0] = alphabet[group >> 18];
		out[1] = alphabet[(group >> 12) & 0x3F];
		out[2] = alphabet[(group >> 6) & 0x3F];
		out[3] = alphabet[group & 0x3F];
		out += 4;
	}
	if (size > 0)
	{
		uint32 group = (in[0] << 16) | (size > 1 ? in[1] << 8 : 0);

		out[0] = alphabet[group >> 18];
		out[1] = alphabet[(group >> 12) & 0x3F];
		out[2] = size > 1 ? alphabet[(group >> 6) & 0x3F] : '=';
		out[3] = '=';
		out += 4;
	}
	return out;
}

void
json_base64(JsonWriter *writer, const char *bytes, Size size, bool url_safe)
{
	const char *alphabet = url_safe ? url_safe_alphabet : standard_alphabet;

	json_char(writer, '"');
	while (size > 0 && !writer->overflowed)
	{
		Size part = Min(size, CHUNK_SIZE);
		char *start = json_reserve(writer, (part + 2) / 3 * 4);
		char *end = put_base64(start, (const unsigned char *) bytes, part, alphabet);

		writer->len += end - start;
		bytes += part;
		size -= part;
	}
	json_char(writer, '"');
}

void
json_hex(JsonWriter *writer, const char *bytes, Size size)
{
	json_char(writer, '"');
	while (size > 0 && !writer->overflowed)
	{
		Size part = Min(size, CHUNK_SIZE);
		char *out = json_reserve(writer, 2 * part);

		for (Size i = 0; i < part; i++)
		{
			unsigned char byte = (unsigned char) bytes[i];

			*out++ = lower_hex[byte >> 4];
			*out++ = lower_hex[byte & 0xF];
		}
		writer->len += 2 * part;
		bytes += part;
		size -= part;
	}
	json_char(writer, '"');
}
