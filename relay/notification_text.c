/*
 * notification_text.c
 *	  Keys, values and log lines of notifications.
 */
#include "notification_text.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "java_order.h"
#include "memory.h"

#define CONNECTOR_NAME "connector_name"
/* new HashMap(), before a thirteenth entry. */
#define HASHED_SIZE 16
#define ENTRIES_MAX (NOTIFICATION_FIELDS_MAX + 1)

/* additional_data as Java's HashMap gives it. */
typedef struct Entries
{
	NotificationField items[ENTRIES_MAX];
	size_t count;
} Entries;

static void
reorder(Entries *entries, size_t table_size)
{
	const char *keys[ENTRIES_MAX] = {NULL};
	size_t order[ENTRIES_MAX];
	Entries before = *entries;

	for (size_t i = 0; i < before.count; i++)
		keys[i] = before.items[i].name;
	java_map_order(keys, before.count, table_size, order);
	for (size_t i = 0; i < before.count; i++)
		entries->items[i] = before.items[order[i]];
}

/* The entries are copied from one map to another, where the connector's name joins them. */
static void
take_entries(Entries *entries, const Notification *notification)
{
	entries->count = notification->field_count;
	memcpy(entries->items, notification->fields, entries->count * sizeof(NotificationField));
	if (notification->hashed)
		reorder(entries, HASHED_SIZE);
	entries->items[entries->count++] = (NotificationField){CONNECTOR_NAME, notification->connector_name};
	reorder(entries, java_copied_map_size(notification->field_count, 1));
}

/* ---- JSON ---- */

static void
gen_text(yajl_gen gen, const char *text)
{
	yajl_gen_string(gen, (const unsigned char *) text, strlen(text));
}

static void
gen_pair(yajl_gen gen, const char *name, const char *value)
{
	gen_text(gen, name);
	gen_text(gen, value);
}

static void
gen_flag(yajl_gen gen, const char *name, bool value)
{
	gen_text(gen, name);
	yajl_gen_bool(gen, value);
}

static void
gen_type(yajl_gen gen, const char *type, bool optional)
{
	gen_pair(gen, "type", type);
	gen_flag(gen, "optional", optional);
}

static void
gen_field(yajl_gen gen, const char *type, const char *name)
{
	yajl_gen_map_open(gen);
	gen_type(gen, type, false);
	gen_pair(gen, "field", name);
	yajl_gen_map_close(gen);
}

static void
gen_string_schema(yajl_gen gen, const char *name)
{
	gen_text(gen, name);
	yajl_gen_map_open(gen);
	gen_type(gen, "string", false);
	yajl_gen_map_close(gen);
}

static void
gen_additional_data_field(yajl_gen gen)
{
	yajl_gen_map_open(gen);
	gen_pair(gen, "type", "map");
	gen_string_schema(gen, "keys");
	gen_string_schema(gen, "values");
	gen_flag(gen, "optional", true);
	gen_pair(gen, "field", "additional_data");
	yajl_gen_map_close(gen);
}

static void
open_schema(yajl_gen gen)
{
	yajl_gen_map_open(gen);
	gen_text(gen, "schema");
	yajl_gen_map_open(gen);
	gen_pair(gen, "type", "struct");
	gen_text(gen, "fields");
	yajl_gen_array_open(gen);
}

static void
close_schema(yajl_gen gen, const char *name)
{
	yajl_gen_array_close(gen);
	gen_flag(gen, "optional", false);
	gen_pair(gen, "name", name);
	gen_text(gen, "version");
	yajl_gen_integer(gen, 1);
	yajl_gen_map_close(gen);
	gen_text(gen, "payload");
}

static char *
take_text(yajl_gen gen)
{
	const unsigned char *buffer;
	size_t size;
	char *text;

	yajl_gen_get_buf(gen, &buffer, &size);
	text = bytes_copy_text((const char *) buffer, size);
	yajl_gen_free(gen);
	return text;
}

static char *
json_key(const Notification *notification, bool with_schema)
{
	yajl_gen gen = memory_checked(yajl_gen_alloc(NULL));

	if (with_schema)
	{
		open_schema(gen);
		gen_field(gen, "string", "id");
		close_schema(gen, "io.debezium.connector.common.NotificationKey");
	}
	yajl_gen_map_open(gen);
	gen_pair(gen, "id", notification->id);
	yajl_gen_map_close(gen);
	if (with_schema)
		yajl_gen_map_close(gen);
	return take_text(gen);
}

static void
gen_value_schema(yajl_gen gen)
{
	open_schema(gen);
	gen_field(gen, "string", "id");
	gen_field(gen, "string", "type");
	gen_field(gen, "string", "aggregate_type");
	gen_additional_data_field(gen);
	gen_field(gen, "int64", "timestamp");
	close_schema(gen, "io.debezium.connector.common.Notification");
}

static char *
json_value(const Notification *notification, bool with_schema)
{
	yajl_gen gen = memory_checked(yajl_gen_alloc(NULL));
	Entries entries;

	take_entries(&entries, notification);
	if (with_schema)
		gen_value_schema(gen);
	yajl_gen_map_open(gen);
	gen_pair(gen, "id", notification->id);
	gen_pair(gen, "type", notification->type);
	gen_pair(gen, "aggregate_type", notification->aggregate_type);
	gen_text(gen, "additional_data");
	yajl_gen_map_open(gen);
	for (size_t i = 0; i < entries.count; i++)
		gen_pair(gen, entries.items[i].name, entries.items[i].value);
	yajl_gen_map_close(gen);
	gen_text(gen, "timestamp");
	yajl_gen_integer(gen, notification->timestamp_ms);
	yajl_gen_map_close(gen);
	if (with_schema)
		yajl_gen_map_close(gen);
	return take_text(gen);
}

/* ---- Java's toString() ---- */

static void
append_map(Buffer *text, const Notification *notification)
{
	Entries entries;

	take_entries(&entries, notification);
	for (size_t i = 0; i < entries.count; i++)
	{
		buffer_append_text(text, i == 0 ? "{" : ", ");
		buffer_append_text(text, entries.items[i].name);
		buffer_append_text(text, "=");
		buffer_append_text(text, entries.items[i].value);
	}
	buffer_append_text(text, "}");
}

static void
append_part(Buffer *text, const char *before, const char *part)
{
	buffer_append_text(text, before);
	buffer_append_text(text, part);
}

static char *
end_text(Buffer *text)
{
	buffer_append(text, "", 1);
	return text->data;
}

static char *
struct_value(const Notification *notification)
{
	Buffer text = {0};

	append_part(&text, "Struct{id=", notification->id);
	append_part(&text, ",type=", notification->type);
	append_part(&text, ",aggregate_type=", notification->aggregate_type);
	buffer_append_text(&text, ",additional_data=");
	append_map(&text, notification);
	buffer_append_text(&text, ",timestamp=");
	buffer_append_integer(&text, notification->timestamp_ms);
	buffer_append_text(&text, "}");
	return end_text(&text);
}

char *
notification_key(const Notification *notification, ConverterForm form)
{
	switch (form)
	{
		case FORM_TEXT:
			return memory_printf("Struct{id=%s}", notification->id);
		case FORM_BYTES:
			return NULL;
		default:
			return json_key(notification, form == FORM_JSON_WITH_SCHEMA);
	}
}

char *
notification_value(const Notification *notification, ConverterForm form)
{
	switch (form)
	{
		case FORM_TEXT:
			return struct_value(notification);
		case FORM_BYTES:
			return NULL;
		default:
			return json_value(notification, form == FORM_JSON_WITH_SCHEMA);
	}
}

char *
notification_log_line(const Notification *notification)
{
	Buffer text = {0};

	append_part(&text, "[Notification Service]  {id='", notification->id);
	append_part(&text, "', aggregateType='", notification->aggregate_type);
	append_part(&text, "', type='", notification->type);
	buffer_append_text(&text, "', additionalData=");
	append_map(&text, notification);
	buffer_append_text(&text, ", timestamp=");
	buffer_append_integer(&text, notification->timestamp_ms);
	buffer_append_text(&text, "}");
	return end_text(&text);
}
