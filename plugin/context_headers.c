/*-------------------------------------------------------------------------
 *
 * context_headers.c
 *	  See context_headers.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "connect_schema.h"
#include "context_headers.h"
#include "frame_batch.h"
#include "frame_format.h"
#include "json_writer.h"

#define RELEASE_CONTEXT_HEADERS 302
#define RELEASE_RUN_ID_HEADER 304

/* A header whose value is a string: bare with SimpleHeaderConverter, JSON with JsonConverter (reference 1.9). */
static void
append_text_header(StringInfo wire, const PluginOptions *options, const char *name, const char *text)
{
	JsonWriter writer;
	ConnectSchema *schema = connect_schema_new("string");

	if (option_number(options, HEADER_CONVERTER) != HEADER_JSON)
	{
		header_append(wire, name, text, strlen(text));
		return;
	}
	json_writer_init(&writer, CurrentMemoryContext, 128);
	if (option_bool(options, HEADER_CONVERTER_SCHEMAS_ENABLE))
	{
		json_literal(&writer, JSON_FIRST("schema"));
		connect_schema_render(schema, &writer);
		json_literal(&writer, JSON_NEXT("payload"));
	}
	json_cstring(&writer, text);
	if (option_bool(options, HEADER_CONVERTER_SCHEMAS_ENABLE))
		json_char(&writer, '}');
	header_append(wire, name, writer.data, writer.len);
}

typedef struct ContextHeader
{
	const char *name;
	const char *text;
} ContextHeader;

#define MAX_CONTEXT_HEADERS 4

/* How many there are. */
static int
list_headers(const PluginOptions *options, const char *run_id, ContextHeader *headers)
{
	int count = 0;

	if (!option_bool(options, EXTENDED_HEADERS_ENABLED) || options->release < RELEASE_CONTEXT_HEADERS)
		return 0;
	headers[count++] = (ContextHeader){"__debezium.context.connectorLogicalName", options->topic_prefix};
	headers[count++] = (ContextHeader){"__debezium.context.taskId", "0"};
	headers[count++] = (ContextHeader){"__debezium.context.connectorName", "postgresql"};
	if (options->release >= RELEASE_RUN_ID_HEADER)
		headers[count++] = (ContextHeader){"__debezium.context.runId", run_id};
	return count;
}

DictionaryEntry *
context_headers(const PluginOptions *options, Dictionary *dictionary, const char *run_id)
{
	ContextHeader headers[MAX_CONTEXT_HEADERS];
	int count = list_headers(options, run_id, headers);
	StringInfoData wire;

	if (count == 0)
		return NULL;
	initStringInfo(&wire);
	appendStringInfoChar(&wire, (char) count);
	appendStringInfoChar(&wire, 0);
	for (int i = 0; i < count; i++)
		append_text_header(&wire, options, headers[i].name, headers[i].text);
	return dictionary_intern(dictionary, ENTRY_HEADERSET, wire.data, wire.len);
}

List *
context_header_list(const PluginOptions *options, const char *run_id)
{
	ContextHeader headers[MAX_CONTEXT_HEADERS];
	int count = list_headers(options, run_id, headers);
	List *list = NIL;

	for (int i = 0; i < count; i++)
	{
		RecordHeader *header = palloc0(sizeof(RecordHeader));

		header->name = headers[i].name;
		header->schema = connect_schema_new("string");
		header->value = connect_string(headers[i].text);
		header->constant = true;
		list = lappend(list, header);
	}
	return list;
}
