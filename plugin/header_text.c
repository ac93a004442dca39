/*-------------------------------------------------------------------------
 *
 * header_text.c
 *	  See header_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "header_text.h"
#include "java_calendar.h"

HeaderShape
header_shape(const ConnectSchema *schema)
{
	const char *name = schema->name ? schema->name : "";
	HeaderShape items;

	if (strcmp(schema->type, "array") == 0)
	{
		items = header_shape(schema->items);
		return items == HEADER_ESCAPED || items >= HEADER_ITEMS ? HEADER_ESCAPED : items + HEADER_ITEMS;
	}
	if (strcmp(schema->type, "float") == 0 || strcmp(schema->type, "double") == 0)
		return HEADER_BARE;
	if (strcmp(name, "org.apache.kafka.connect.data.Date") == 0)
		return HEADER_DAYS;
	if (strcmp(name, "org.apache.kafka.connect.data.Time") == 0 ||
		strcmp(name, "org.apache.kafka.connect.data.Timestamp") == 0)
		return HEADER_MILLIS;
	return HEADER_ESCAPED;
}

/*
 * Values#dateFormatFor: the first day of 1970 and all before it are shown as a
 * time of day.  UTC, as in a JVM that runs there.
 */
static void
write_date(int64 millis, JsonWriter *out)
{
	JavaCalendar date = java_calendar(millis);
	bool midnight = millis >= MILLIS_PER_DAY && java_time_of_day(millis) == 0;
	char text[64];
	int size = 0;

	if (millis >= MILLIS_PER_DAY)
		size = snprintf(text, sizeof(text), "%04lld-%02d-%02d%s", (long long) date.year, date.month, date.day,
						midnight ? "" : "T");
	if (!midnight)
		size += snprintf(text + size, sizeof(text) - size, "%02d:%02d:%02d.%03dZ", date.hour, date.minute, date.second,
						 date.millis);
	json_raw(out, text, size);
}

/* The four digits of an escape. */
static unsigned int
escaped_unit(const char *digits)
{
	return (unsigned int) strtoul(pnstrdup(digits, 4), NULL, 16);
}

/* A \u escape, or the two of a surrogate pair, as UTF-8; returns the bytes read. */
static Size
write_unescaped(const char *at, Size left, JsonWriter *out)
{
	pg_wchar c = escaped_unit(at + 2);
	unsigned char utf8[MAX_MULTIBYTE_CHAR_LEN];
	Size size = 6;

	if (c >= 0xD800 && c <= 0xDBFF && left >= 12)
	{
		c = 0x10000 + ((c - 0xD800) << 10) + (escaped_unit(at + 8) - 0xDC00);
		size = 12;
	}
	unicode_to_utf8(c, utf8);
	json_raw(out, (char *) utf8, pg_utf_mblen(utf8));
	return size;
}

static void
write_escaped(const char *json, Size size, JsonWriter *out)
{
	static const char letters[] = "bfnrt";
	static const char values[] = "\b\f\n\r\t";

	for (Size at = 0; at < size;)
	{
		const char *letter = json[at] == '\\' && at + 1 < size ? strchr(letters, json[at + 1]) : NULL;

		if (json[at] == '\\' && at + 5 < size && json[at + 1] == 'u')
			at += write_unescaped(json + at, size - at, out);
		else if (letter != NULL)
		{
			json_char(out, values[letter - letters]);
			at += 2;
		}
		else if (json[at] == '\\' && at + 1 < size)
		{
			json_raw(out, json + at, 2);
			at += 2;
		}
		else
			json_char(out, json[at++]);
	}
}

/* An array of numbers, where a comma is always one between items. */
static void
write_items(HeaderShape shape, const char *json, Size size, JsonWriter *out)
{
	const char *end = json + size - 1;
	const char *item = json + 1;

	json_char(out, '[');
	while (item < end)
	{
		const char *comma = memchr(item, ',', end - item);
		const char *next = comma ? comma : end;

		header_text(shape, item, next - item, out);
		if (comma)
			json_char(out, ',');
		item = next + 1;
	}
	json_char(out, ']');
}

void
header_text(HeaderShape shape, const char *json, Size size, JsonWriter *out)
{
	bool is_number = size > 0 && (json[0] == '-' || (json[0] >= '0' && json[0] <= '9'));

	if (shape > HEADER_ITEMS && size > 1 && json[0] == '[')
		write_items(shape - HEADER_ITEMS, json, size, out);
	else if (shape == HEADER_BARE && size > 2 && json[0] == '"')
		json_raw(out, json + 1, size - 2);
	else if (shape == HEADER_DAYS && is_number)
		write_date(strtoll(pnstrdup(json, size), NULL, 10) * MILLIS_PER_DAY, out);
	else if (shape == HEADER_MILLIS && is_number)
		write_date(strtoll(pnstrdup(json, size), NULL, 10), out);
	else
		write_escaped(json, size, out);
}
