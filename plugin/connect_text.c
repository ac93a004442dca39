/*-------------------------------------------------------------------------
 *
 * connect_text.c
 *	  See connect_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "connect_text.h"

#define CONNECT_DATA "org.apache.kafka.connect.data."

typedef struct Cursor
{
	const char *at;
	const char *end;
} Cursor;

static void write_value(const ConnectSchema *schema, Cursor *cursor, JsonWriter *out);

const char *
connect_text_obstacle(const ConnectSchema *schema)
{
	const char *name = schema->name ? schema->name : "";
	const char *obstacle = NULL;
	ListCell *cell;

	if (strcmp(schema->type, "bytes") == 0 && strcmp(name, CONNECT_DATA "Decimal") != 0)
		return "the text of bytes in Java does not show them";
	if (strcmp(name, CONNECT_DATA "Date") == 0 || strcmp(name, CONNECT_DATA "Time") == 0 ||
		strcmp(name, CONNECT_DATA "Timestamp") == 0)
		return "the text of a date in Java depends on the time zone of its machine";
	if (schema->items)
		obstacle = connect_text_obstacle(schema->items);
	if (obstacle == NULL && schema->keys)
		obstacle = connect_text_obstacle(schema->keys);
	if (obstacle == NULL && schema->values)
		obstacle = connect_text_obstacle(schema->values);
	foreach (cell, schema->fields)
		if (obstacle == NULL)
			obstacle = connect_text_obstacle(lfirst(cell));
	return obstacle;
}

static char
peek(const Cursor *cursor)
{
	if (cursor->at >= cursor->end)
		elog(ERROR, "rendered value ends too early");
	return *cursor->at;
}

static void
expect(Cursor *cursor, char c)
{
	if (peek(cursor) != c)
		elog(ERROR, "rendered value has \"%c\" instead of \"%c\"", *cursor->at, c);
	cursor->at++;
}

static bool
at_null(const Cursor *cursor)
{
	return cursor->end - cursor->at >= 4 && memcmp(cursor->at, "null", 4) == 0;
}

/* The four digits of a \u escape. */
static pg_wchar
read_unit(Cursor *cursor)
{
	pg_wchar unit = 0;

	for (int i = 0; i < 4; i++)
	{
		char c = peek(cursor);

		unit = unit << 4 | (pg_wchar) (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
		cursor->at++;
	}
	return unit;
}

/* Behind a backslash. */
static void
write_escape(Cursor *cursor, JsonWriter *out)
{
	static const char letters[] = "bfnrt";
	static const char values[] = "\b\f\n\r\t";
	unsigned char utf8[MAX_MULTIBYTE_CHAR_LEN];
	char c = peek(cursor);
	const char *letter = strchr(letters, c);
	pg_wchar unit;

	cursor->at++;
	if (c != 'u')
	{
		json_char(out, letter ? values[letter - letters] : c);
		return;
	}
	unit = read_unit(cursor);
	if (unit >= 0xD800 && unit <= 0xDBFF)
	{
		/* what a truncation left of a character */
		if (peek(cursor) == '"')
		{
			json_char(out, '?');
			return;
		}
		expect(cursor, '\\');
		expect(cursor, 'u');
		unit = 0x10000 + ((unit - 0xD800) << 10) + (read_unit(cursor) - 0xDC00);
	}
	unicode_to_utf8(unit, utf8);
	json_raw(out, (char *) utf8, pg_utf_mblen(utf8));
}

/* A JSON string; out NULL: skipped. */
static void
read_string(Cursor *cursor, JsonWriter *out)
{
	expect(cursor, '"');
	while (peek(cursor) != '"')
	{
		const char *start = cursor->at;

		while (peek(cursor) != '"' && *cursor->at != '\\')
			cursor->at++;
		if (out)
			json_raw(out, start, cursor->at - start);
		if (*cursor->at != '\\')
			continue;
		cursor->at++;
		if (out)
			write_escape(cursor, out);
		else
			cursor->at++;
	}
	cursor->at++;
}

/* A number or a boolean; its JSON is Java's text. */
static void
write_literal(Cursor *cursor, JsonWriter *out)
{
	const char *start = cursor->at;

	while (cursor->at < cursor->end && strchr(",:]}", *cursor->at) == NULL)
		cursor->at++;
	json_raw(out, start, cursor->at - start);
}

/* Struct{a=1,b=x}: fields that are null are left out. */
static void
write_struct(const ConnectSchema *schema, Cursor *cursor, JsonWriter *out)
{
	bool first = true;
	ListCell *cell;

	json_literal(out, "Struct{");
	expect(cursor, '{');
	foreach (cell, schema->fields)
	{
		const ConnectSchema *field = lfirst(cell);

		if (foreach_current_index(cell) > 0)
			expect(cursor, ',');
		read_string(cursor, NULL);
		expect(cursor, ':');
		if (at_null(cursor))
		{
			cursor->at += 4;
			continue;
		}
		if (!first)
			json_char(out, ',');
		first = false;
		json_raw(out, field->field, strlen(field->field));
		json_char(out, '=');
		write_value(field, cursor, out);
	}
	expect(cursor, '}');
	json_char(out, '}');
}

/* [a, null, b] */
static void
write_array(const ConnectSchema *schema, Cursor *cursor, JsonWriter *out)
{
	expect(cursor, '[');
	json_char(out, '[');
	while (peek(cursor) != ']')
	{
		if (*cursor->at == ',')
		{
			cursor->at++;
			json_literal(out, ", ");
		}
		write_value(schema->items, cursor, out);
	}
	cursor->at++;
	json_char(out, ']');
}

/* {k=v, l=w}: JSON has maps whose keys are strings as objects, and Debezium knows no others. */
static void
write_map(const ConnectSchema *schema, Cursor *cursor, JsonWriter *out)
{
	expect(cursor, '{');
	json_char(out, '{');
	while (peek(cursor) != '}')
	{
		if (*cursor->at == ',')
		{
			cursor->at++;
			json_literal(out, ", ");
		}
		read_string(cursor, out);
		expect(cursor, ':');
		json_char(out, '=');
		write_value(schema->values, cursor, out);
	}
	cursor->at++;
	json_char(out, '}');
}

static void
write_value(const ConnectSchema *schema, Cursor *cursor, JsonWriter *out)
{
	check_stack_depth();
	if (at_null(cursor))
		write_literal(cursor, out);
	else if (strcmp(schema->type, "struct") == 0)
		write_struct(schema, cursor, out);
	else if (strcmp(schema->type, "array") == 0)
		write_array(schema, cursor, out);
	else if (strcmp(schema->type, "map") == 0)
		write_map(schema, cursor, out);
	else if (peek(cursor) == '"') /* text, NaN and infinities */
		read_string(cursor, out);
	else
		write_literal(cursor, out);
}

void
connect_text(const ConnectSchema *schema, const char *json, Size size, JsonWriter *out)
{
	Cursor cursor = {json, json + size};

	write_value(schema, &cursor, out);
}

void
connect_scalar_text(const char *json, Size size, JsonWriter *out)
{
	Cursor cursor = {json, json + size};

	if (peek(&cursor) == '"')
		read_string(&cursor, out);
	else
		json_raw(out, json, size);
}
