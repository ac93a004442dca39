/*
 * notification_text.c
 *	  Keys, values and log lines of notifications.
 */
#include "notification_text.h"

#include <stdlib.h>
#include <string.h>

#include "java_order.h"
#include "memory.h"
#include "record_schema.h"

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
gen_type(yajl_gen gen, const char *type, bool optional)
{
	json_put(gen, "type", type);
	json_put_flag(gen, "optional", optional);
}

static void
gen_string_schema(yajl_gen gen, const char *name)
{
	json_put_text(gen, name);
	yajl_gen_map_open(gen);
	gen_type(gen, "string", false);
	yajl_gen_map_close(gen);
}

static void
gen_additional_data_field(yajl_gen gen)
{
	yajl_gen_map_open(gen);
	json_put(gen, "type", "map");
	gen_string_schema(gen, "keys");
	gen_string_schema(gen, "values");
	json_put_flag(gen, "optional", true);
	json_put(gen, "field", "additional_data");
	yajl_gen_map_close(gen);
}

static char *
json_key(const Notification *notification, bool with_schema)
{
	yajl_gen gen = json_begin();

	if (with_schema)
	{
		record_schema_open(gen);
		record_schema_field(gen, "string", "id");
		record_schema_close(gen, "io.debezium.connector.common.NotificationKey");
	}
	yajl_gen_map_open(gen);
	json_put(gen, "id", notification->id);
	yajl_gen_map_close(gen);
	if (with_schema)
		yajl_gen_map_close(gen);
	return json_end(gen);
}

static void
gen_value_schema(yajl_gen gen)
{
	record_schema_open(gen);
	record_schema_field(gen, "string", "id");
	record_schema_field(gen, "string", "type");
	record_schema_field(gen, "string", "aggregate_type");
	gen_additional_data_field(gen);
	record_schema_field(gen, "int64", "timestamp");
	record_schema_close(gen, "io.debezium.connector.common.Notification");
}

static char *
json_value(const Notification *notification, bool with_schema)
{
	yajl_gen gen = json_begin();
	Entries entries;

	take_entries(&entries, notification);
	if (with_schema)
		gen_value_schema(gen);
	yajl_gen_map_open(gen);
	json_put(gen, "id", notification->id);
	json_put(gen, "type", notification->type);
	json_put(gen, "aggregate_type", notification->aggregate_type);
	json_put_text(gen, "additional_data");
	yajl_gen_map_open(gen);
	for (size_t i = 0; i < entries.count; i++)
		json_put(gen, entries.items[i].name, entries.items[i].value);
	yajl_gen_map_close(gen);
	json_put_number(gen, "timestamp", notification->timestamp_ms);
	yajl_gen_map_close(gen);
	if (with_schema)
		yajl_gen_map_close(gen);
	return json_end(gen);
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
