/*-------------------------------------------------------------------------
 *
 * connect_literal.c
 *	  See connect_literal.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "connect_literal.h"
#include "java_calendar.h"
#include "java_date_format.h"
#include "java_number.h"

#define CONNECT_DATA "org.apache.kafka.connect.data."

/* Tokens of a time or timestamp: its two colons are tokens of their own. */
#define CLOCK_TOKENS 5

/* Digits that surely are too many for a long. */
#define LONG_DIGITS 40

static void
set(ConnectLiteral *literal, const char *type, ConnectValue value)
{
	literal->schema = connect_schema_new(type);
	literal->value = value;
}

/* The text up to the next delimiter that no backslash precedes, or that delimiter. */
static Size
token_size(const char *text)
{
	bool escaped = false;
	Size size;

	for (size = 0; text[size] != '\0'; size++)
	{
		if (text[size] == '\\')
			escaped = !escaped;
		else if (!escaped && strchr(":,{}[]\x22", text[size]) != NULL)
			return Max(size, 1);
		else
			escaped = false;
	}
	return size;
}

static char *
trimmed(const char *text, Size size)
{
	while (size > 0 && (unsigned char) *text <= ' ')
	{
		text++;
		size--;
	}
	while (size > 0 && (unsigned char) text[size - 1] <= ' ')
		size--;
	return pnstrdup(text, size);
}

/* ---------------------------------------------------------------- dates */

/* With the backslashes gone that hid colons. */
static char *
without_escapes(const char *text)
{
	char *plain = pstrdup(text);
	char *out = plain;

	for (; *text != '\0'; text++)
	{
		if (text[0] == '\\' && text[1] == ':')
			continue;
		*out++ = *text;
	}
	*out = '\0';
	return plain;
}

/* The length of the text decides which of the three it may be. */
static bool
parse_temporal(const char *text, ConnectLiteral *literal)
{
	static const struct
	{
		int length;
		const char *pattern;
		const char *type;
		const char *name;
		int64 unit;
	} shapes[] = {
		{10, "yyyy-MM-dd", "int32", CONNECT_DATA "Date", MILLIS_PER_DAY},
		{13, "HH:mm:ss.SSS'Z'", "int32", CONNECT_DATA "Time", 1},
		{24, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "int64", CONNECT_DATA "Timestamp", 1},
	};
	char *plain = without_escapes(text);
	const char *problem;
	int64 millis;

	for (int i = 0; i < lengthof(shapes); i++)
	{
		if (strlen(plain) != shapes[i].length ||
			!java_date_parse(java_date_format_new(shapes[i].pattern, &problem), plain, 0, &millis))
			continue;
		literal->schema = connect_schema_named(shapes[i].type, shapes[i].name, 1);
		literal->value = connect_integer(millis / shapes[i].unit);
		return true;
	}
	return false;
}

/* The first token with the four that follow, if there are as many, or alone. */
static bool
parse_date(const char *text, const char *token, ConnectLiteral *literal)
{
	Size first = token_size(text);
	Size size = first;
	int count = 1;

	while (count < CLOCK_TOKENS && text[size] != '\0')
	{
		size += token_size(text + size);
		count++;
	}
	if (count == CLOCK_TOKENS && parse_temporal(psprintf("%s%s", token, pnstrdup(text + first, size - first)), literal))
		return true;
	return parse_temporal(token, literal);
}

/* ---------------------------------------------------------------- numbers */

static bool
integer_of(const JavaDecimal *decimal, int64 *integer)
{
	int64 digits = (int64) decimal->count - decimal->scale;
	char text[LONG_DIGITS + 2];
	int size = 0;

	*integer = 0;
	if (!java_decimal_is_integer(decimal))
		return false;
	if (decimal->digits[0] == '0' || digits <= 0)
		return true;
	if (digits > LONG_DIGITS)
		return false;
	if (decimal->negative)
		text[size++] = '-';
	for (int i = 0; i < digits; i++)
		text[size++] = i < decimal->count ? decimal->digits[i] : '0';
	text[size] = '\0';
	return java_parse_integer(text, PG_INT64_MIN, PG_INT64_MAX, integer);
}

static const char *
integer_type(int64 number)
{
	if (number == (int8) number)
		return "int8";
	if (number == (int16) number)
		return "int16";
	return number == (int32) number ? "int32" : "int64";
}

static void
set_decimal(const JavaDecimal *decimal, ConnectLiteral *literal)
{
	ConnectSchema *schema = connect_schema_named("bytes", CONNECT_DATA "Decimal", 1);
	Size size;
	const char *unscaled = java_decimal_unscaled(decimal, &size);

	connect_schema_parameter(schema, "scale", psprintf("%d", decimal->scale));
	literal->schema = schema;
	literal->value = connect_bytes(unscaled, size);
}

static const char *
set_number(const JavaDecimal *decimal, ConnectLiteral *literal)
{
	int64 integer;
	float single = java_decimal_float(decimal);
	double number = java_decimal_double(decimal);

	if (integer_of(decimal, &integer))
		set(literal, integer_type(integer), connect_integer(integer));
	else if (!isinf(single) && decimal->scale != 0)
		set(literal, "float", connect_float(single));
	else if (!isinf(number) && decimal->scale != 0)
		set(literal, "double", connect_float(number));
	else if (decimal->scale == 0)
		set_decimal(decimal, literal);
	else
		return "Connect makes a Decimal of this number with a scale below zero, which is not built.";
	return NULL;
}

/* ---------------------------------------------------------------- all of it */

const char *
connect_literal_parse(const char *text, ConnectLiteral *literal)
{
	char *whole = trimmed(text, strlen(text));
	char *token = trimmed(whole, token_size(whole));
	JavaDecimal decimal;

	set(literal, "string", connect_string(text));
	if (strcmp(whole, "null") == 0)
	{
		literal->schema = NULL;
		literal->value = connect_null();
	}
	else if (strcmp(whole, "true") == 0 || strcmp(whole, "false") == 0)
		set(literal, "boolean", connect_boolean(*whole == 't'));
	else if (*whole == '[' || *whole == '{')
		return "Connect may make an array or a map of this text, which is not built.";
	else if (isdigit((unsigned char) *token) && parse_date(whole, token, literal))
		return NULL;
	else if (*token != '\0' && (isdigit((unsigned char) *token) || strchr("+-", *token) != NULL) &&
			 java_decimal_parse(token, &decimal))
		return set_number(&decimal, literal);
	return NULL;
}
