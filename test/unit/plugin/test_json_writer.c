/*
 * test_json_writer.c
 *	  Bytes as Jackson and Java write them, and the limit of a record.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#undef printf
#undef vprintf

#include "json_writer.h"
#include "unit.h"

/* The two functions of the server that the writer calls. */
void *
MemoryContextAllocHuge(MemoryContext context pg_attribute_unused(), Size size)
{
	return malloc(size);
}

void *
repalloc_huge(void *pointer, Size size)
{
	return realloc(pointer, size);
}

/* What was written since the last call, with a terminating zero. */
static const char *
written(JsonWriter *writer)
{
	json_char(writer, '\0');
	writer->len = 0;
	return writer->data;
}

static void
is_double(JsonWriter *writer, double value, const char *expected)
{
	json_double(writer, value);
	unit_is_str(written(writer), expected, "double %s", expected);
}

static void
is_float(JsonWriter *writer, float value, const char *expected)
{
	json_float(writer, value);
	unit_is_str(written(writer), expected, "float %s", expected);
}

static void
is_string(JsonWriter *writer, const char *text, const char *expected)
{
	json_cstring(writer, text);
	unit_is_str(written(writer), expected, "string %s", expected);
}

static void
test_integers(JsonWriter *writer)
{
	static const int64 values[] = {0, 7, 10, 99, 100, -1, -100, 12345, PG_INT64_MAX, PG_INT64_MIN};

	for (int i = 0; i < (int) lengthof(values); i++)
	{
		char expected[32];

		sprintf(expected, INT64_FORMAT, values[i]);
		json_int64(writer, values[i]);
		unit_is_str(written(writer), expected, "integer %s", expected);
	}
	json_uint64(writer, PG_UINT64_MAX);
	unit_is_str(written(writer), "18446744073709551615", "unsigned integer");
}

/* Java 25 printed all of these. */
static void
test_doubles(JsonWriter *writer)
{
	is_double(writer, 0.0, "0.0");
	is_double(writer, -0.0, "-0.0");
	is_double(writer, 1.0, "1.0");
	is_double(writer, -1.0, "-1.0");
	is_double(writer, 100.0, "100.0");
	is_double(writer, 9999999.0, "9999999.0");
	is_double(writer, 9999999.5, "9999999.5");
	is_double(writer, 1e7, "1.0E7");
	is_double(writer, 12345678.0, "1.2345678E7");
	is_double(writer, 0.001, "0.001");
	is_double(writer, 0.00099, "9.9E-4");
	is_double(writer, 123.456, "123.456");
	is_double(writer, 1e23, "1.0E23");
	is_double(writer, 2e23, "2.0E23");
	is_double(writer, 5.12e25, "5.12E25");
	is_double(writer, 9007199254740993.0, "9.007199254740992E15");
	is_double(writer, 1041639684438512.75, "1.0416396844385128E15");
	is_double(writer, 4.9e-324, "4.9E-324");
	is_double(writer, 2e-323, "2.0E-323");
	is_double(writer, DBL_MIN, "2.2250738585072014E-308");
	is_double(writer, DBL_MAX, "1.7976931348623157E308");
	is_double(writer, NAN, "\"NaN\"");
	is_double(writer, INFINITY, "\"Infinity\"");
	is_double(writer, -INFINITY, "\"-Infinity\"");
}

static void
test_floats(JsonWriter *writer)
{
	is_float(writer, 3.14f, "3.14");
	is_float(writer, 3796270.75f, "3796270.8");
	is_float(writer, 8589934592.0f, "8.589935E9");
	is_float(writer, 1.17549435e-38f, "1.1754944E-38");
	is_float(writer, 1.4e-45f, "1.4E-45");
	is_float(writer, 9.8e-45f, "9.8E-45");
	is_float(writer, 1e10f, "1.0E10");
	is_float(writer, FLT_MAX, "3.4028235E38");
	is_float(writer, -0.0f, "-0.0");
}

static void
test_strings(JsonWriter *writer)
{
	is_string(writer, "", "\"\"");
	is_string(writer, "a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	is_string(writer, "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"");
	is_string(writer, "\x01\x0b\x1f\x7f", "\"\\u0001\\u000B\\u001F\x7f\"");
	is_string(writer, "é€\xe2\x80\xa8", "\"é€\xe2\x80\xa8\"");
	is_string(writer, "\xf0\x9f\x98\x80", "\"\\uD83D\\uDE00\"");
	is_string(writer, "\xf4\x8f\xbf\xbf", "\"\\uDBFF\\uDFFF\"");
	is_string(writer, "cut \xf0\x9f", "\"cut \xef\xbf\xbd\"");
	/* an escape at each place of a word */
	for (int i = 0; i < 20; i++)
	{
		char text[] = "abcdefghijklmnopqrst";
		char expected[64];

		text[i] = '\n';
		sprintf(expected, "\"%.*s\\n%s\"", i, "abcdefghijklmnopqrst", text + i + 1);
		is_string(writer, text, expected);
	}
}

static bool
writes(JsonWriter *writer, const char *text, const char *expected)
{
	json_cstring(writer, text);
	return strcmp(written(writer), expected) == 0;
}

/* An escape at each place of a text that is copied in strides, also behind another one. */
static void
test_strides(JsonWriter *writer)
{
	static const struct
	{
		const char *bytes;
		const char *escaped;
	} cases[] = {{"\"", "\\\""}, {"\\", "\\\\"}, {"\x1f", "\\u001F"}, {"\xf4\x8f\xbf\xbf", "\\uDBFF\\uDFFF"}, {"", ""}};
	const int length = 200;
	char clean[201] = "";
	char text[256];
	char expected[256];

	for (int i = 0; i < length; i++)
		clean[i] = " !#[]\x7f\x80\xef"[i % 8]; /* what is next to the bytes that need escapes */
	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		bool same = true;

		for (int at = 0; at <= length; at++)
		{
			sprintf(text, "%.*s%s%s", at, clean, cases[i].bytes, clean + at);
			sprintf(expected, "\"%.*s%s%s\"", at, clean, cases[i].escaped, clean + at);
			same = same && writes(writer, text, expected);
			sprintf(text, "\n%.*s%s%s", at, clean, cases[i].bytes, clean + at);
			sprintf(expected, "\"\\n%.*s%s%s\"", at, clean, cases[i].escaped, clean + at);
			same = same && writes(writer, text, expected);
		}
		unit_ok(same, "a long text with the escape \"%s\" anywhere", cases[i].escaped);
	}
}

/* A text of several chunks, with a pair of surrogates across each boundary. */
static void
test_long_strings(JsonWriter *writer)
{
	const Size count = 200000;
	char *text = malloc(count * 5);
	Size expected = 2;
	Size size = 0;

	for (Size i = 0; i < count; i++)
	{
		if (i % 3 == 0)
		{
			memcpy(text + size, "\xf0\x9f\x98\x80", 4);
			size += 4;
			expected += 12;
		}
		else
		{
			text[size++] = 'x';
			expected++;
		}
	}
	json_string(writer, text, size);
	unit_is_uint(writer->len, expected, "size of a long string");
	written(writer);
	json_raw(writer, text, size);
	unit_ok(writer->len == size && memcmp(writer->data, text, size) == 0, "long raw bytes");
	written(writer);
	json_base64(writer, text, size, false);
	unit_is_uint(writer->len, (size + 2) / 3 * 4 + 2, "size of long base64");
	written(writer);
	json_hex(writer, text, size);
	unit_is_uint(writer->len, 2 * size + 2, "size of long hex");
	written(writer);
	free(text);
}

static void
test_bytes(JsonWriter *writer)
{
	json_base64(writer, "", 0, false);
	unit_is_str(written(writer), "\"\"", "empty base64");
	json_base64(writer, "\xfb\xff", 2, false);
	unit_is_str(written(writer), "\"+/8=\"", "base64");
	json_base64(writer, "\xfb\xff", 2, true);
	unit_is_str(written(writer), "\"-_8=\"", "url-safe base64");
	json_base64(writer, "abcd", 4, false);
	unit_is_str(written(writer), "\"YWJjZA==\"", "base64 with two pads");
	json_hex(writer, "\xde\xad\x00", 3);
	unit_is_str(written(writer), "\"dead00\"", "hex");
}

static void
test_members(JsonWriter *writer)
{
	Size size;
	char *prefix = json_member_prefix(NULL, ',', "a\"b", &size);

	unit_is_str(prefix, ",\"a\\\"b\":", "member prefix");
	unit_is_uint(size, strlen(prefix), "size of a member prefix");
	free(prefix);
	json_member(writer, '{', "name");
	json_bool(writer, false);
	json_null(writer);
	unit_is_str(written(writer), "{\"name\":falsenull", "member, boolean, null");
}

/* A record at its limit is whole; one byte more and it is thrown away, and the next record is not touched. */
static void
test_limit(void)
{
	char bytes[300];
	JsonWriter writer;

	memset(bytes, 'x', sizeof(bytes));
	json_writer_init(&writer, NULL, 10);
	json_literal(&writer, "before");
	json_mark(&writer, 200);
	json_raw(&writer, bytes, 200);
	unit_ok(!writer.overflowed && writer.len == 206, "a record as large as the limit");
	json_char(&writer, 'x');
	unit_ok(writer.overflowed, "one byte more");
	for (int i = 0; i < 10000; i++)
		json_raw(&writer, bytes, 300);
	unit_ok(writer.overflowed && writer.allocated < 1024 * 1024, "what follows costs no memory");
	writer.len = writer.mark;
	json_mark(&writer, 0);
	json_raw(&writer, bytes, 300);
	unit_ok(!writer.overflowed && writer.len == 306 && memcmp(writer.data, "beforex", 7) == 0, "the next record");
	free(writer.data);
}

/* The limit holds in a buffer that is already larger. */
static void
test_limit_in_large_buffer(void)
{
	char bytes[300] = {0};
	JsonWriter writer;

	json_writer_init(&writer, NULL, 1024 * 1024);
	json_mark(&writer, 100);
	json_string(&writer, bytes, sizeof(bytes));
	unit_ok(writer.overflowed, "a string beyond the limit");
	writer.len = writer.mark;
	json_mark(&writer, 100);
	json_base64(&writer, bytes, sizeof(bytes), false);
	unit_ok(writer.overflowed, "bytes beyond the limit");
	free(writer.data);
}

int
main(void)
{
	JsonWriter writer;

	json_writer_init(&writer, NULL, 1);
	test_integers(&writer);
	test_doubles(&writer);
	test_floats(&writer);
	test_strings(&writer);
	test_strides(&writer);
	test_long_strings(&writer);
	test_bytes(&writer);
	test_members(&writer);
	free(writer.data);
	test_limit();
	test_limit_in_large_buffer();
	return unit_done();
}
