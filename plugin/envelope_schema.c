/*-------------------------------------------------------------------------
 *
 * envelope_schema.c
 *	  See envelope_schema.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "envelope_schema.h"
#include "frame_format.h"
#include "source_block.h"

static void
add_row(ConnectSchema *parent, const char *field, const ConnectSchema *row)
{
	connect_schema_field(parent, field, connect_schema_copy(row))->optional = true;
}

static void
add_transaction(ConnectSchema *parent)
{
	ConnectSchema *block = connect_schema_named("struct", "event.block", 1);

	connect_schema_add(block, "id", "string", false);
	connect_schema_add(block, "total_order", "int64", false);
	connect_schema_add(block, "data_collection_order", "int64", false);
	connect_schema_field(parent, "transaction", block)->optional = true;
}

ConnectSchema *
envelope_schema(const PluginOptions *options, const char *name, const ConnectSchema *row)
{
	bool resolutions = options->release >= RELEASE_TS_RESOLUTIONS;
	bool early = options->release >= RELEASE_TRANSACTION_BEFORE_OP;
	ConnectSchema *schema = connect_schema_named("struct", name, resolutions ? 2 : 1);

	add_row(schema, "before", row);
	add_row(schema, "after", row);
	connect_schema_field(schema, "source", source_schema(options));
	if (early)
		add_transaction(schema);
	connect_schema_add(schema, "op", "string", false);
	connect_schema_add(schema, "ts_ms", "int64", true);
	if (resolutions)
	{
		connect_schema_add(schema, "ts_us", "int64", true);
		connect_schema_add(schema, "ts_ns", "int64", true);
	}
	if (!early)
		add_transaction(schema);
	return schema;
}

ConnectSchema *
message_key_schema(void)
{
	ConnectSchema *schema = connect_schema_named("struct", "io.debezium.connector.postgresql.MessageKey", 1);

	connect_schema_add(schema, "prefix", "string", true);
	return schema;
}

ConnectSchema *
message_value_schema(const PluginOptions *options)
{
	ConnectSchema *schema = connect_schema_named("struct", "io.debezium.connector.postgresql.MessageValue", 1);
	ConnectSchema *message = connect_schema_named("struct", "io.debezium.connector.postgresql.Message", 1);

	connect_schema_add(schema, "op", "string", false);
	connect_schema_add(schema, "ts_ms", "int64", true);
	connect_schema_field(schema, "source", source_schema(options));
	if (options->release >= RELEASE_MESSAGE_TRANSACTION)
		add_transaction(schema);
	connect_schema_add(message, "prefix", "string", true);
	connect_schema_add(message, "content", options->value_modes.binary == BINARY_BYTES ? "bytes" : "string", true);
	connect_schema_field(schema, "message", message);
	return schema;
}

ConnectSchema *
transaction_key_schema(void)
{
	ConnectSchema *schema = connect_schema_named("struct", "io.debezium.connector.common.TransactionMetadataKey", 1);

	connect_schema_add(schema, "id", "string", false);
	return schema;
}

ConnectSchema *
transaction_value_schema(void)
{
	ConnectSchema *schema = connect_schema_named("struct", "io.debezium.connector.common.TransactionMetadataValue", 1);
	ConnectSchema *list = connect_schema_new("array");
	ConnectSchema *item = connect_schema_named("struct", "event.collection", 1);

	connect_schema_add(schema, "status", "string", false);
	connect_schema_add(schema, "id", "string", false);
	connect_schema_add(schema, "event_count", "int64", true);
	connect_schema_add(item, "data_collection", "string", false);
	connect_schema_add(item, "event_count", "int64", false);
	item->optional = true;
	list->items = item;
	list->optional = true;
	connect_schema_field(schema, "data_collections", list);
	connect_schema_add(schema, "ts_ms", "int64", false);
	return schema;
}

void
schema_open(const ConnectSchema *schema, JsonWriter *writer)
{
	json_literal(writer, JSON_FIRST("schema"));
	if (schema != NULL)
		connect_schema_render(schema, writer);
	else
		json_null(writer);
	json_literal(writer, JSON_NEXT("payload"));
}

DictionaryEntry *
schema_entry(Dictionary *dictionary, const ConnectSchema *schema)
{
	JsonWriter writer;

	if (schema == NULL)
		return NULL;
	json_writer_init(&writer, CurrentMemoryContext, 4096);
	schema_open(schema, &writer);
	return dictionary_intern_string(dictionary, ENTRY_SCHEMA, writer.data, writer.len);
}
