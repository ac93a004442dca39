/*-------------------------------------------------------------------------
 *
 * transform_decode_message.c
 *	  io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent:
 *	  logical messages whose content is JSON as inserts of it, for the outbox
 *	  router.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "mb/pg_wchar.h"

#include "java_text.h"
#include "json_schema_data.h"
#include "schema_copy.h"
#include "transform.h"

#define MESSAGE_VALUE "io.debezium.connector.postgresql.MessageValue"
#define ENVELOPE_SUFFIX ".Envelope"

enum
{
	FIELDS_NULL_INCLUDE
};

static const TransformOption decode_options[] = {
	[FIELDS_NULL_INCLUDE] = {"fields.null.include", OPTION_BOOL, "false"},
};

/* Of a message's schema. */
typedef struct MessagePlan
{
	int message; /* fields of the value, of "message" in it */
	int content;
	int operation;
	const ConnectSchema *message_schema;
	const ConnectSchema *content_schema;
	const char *name; /* of what is made */
	List *fields;	  /* schemas of the value's fields but "message" */
	const char *problem;
} MessagePlan;

static void
find_content(MessagePlan *plan, const ConnectSchema *schema)
{
	plan->message = connect_field_index(schema, "message");
	plan->operation = connect_field_index(schema, "op");
	if (plan->message >= 0)
		plan->message_schema = connect_field_schema(schema, plan->message);
	plan->content = plan->message_schema ? connect_field_index(plan->message_schema, "content") : -1;
	if (plan->content < 0)
	{
		plan->problem = "message is not a valid field name";
		return;
	}
	plan->content_schema = connect_field_schema(plan->message_schema, plan->content);
	if (strcmp(plan->content_schema->type, "bytes") != 0)
		plan->problem = "The content of a logical decoding message is non-binary";
}

static void *
build_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	MessagePlan *plan = palloc0(sizeof(MessagePlan));
	ListCell *cell;

	find_content(plan, schema);
	plan->name = psprintf("%s" ENVELOPE_SUFFIX, schema->name);
	foreach (cell, schema->fields)
	{
		if (foreach_current_index(cell) != plan->message)
			plan->fields = lappend(plan->fields, lfirst(cell));
	}
	return plan;
}

/* The text of the message's content, as new String(bytes) in Java; NULL: there is none. */
static const char *
read_content(const MessagePlan *plan, ConnectRecord *record, Size *size)
{
	ConnectValue *message = &record->value.items[plan->message];
	ConnectValue *content;

	connect_value_resolve(plan->message_schema, message);
	if (message->kind != VALUE_STRUCT)
		return NULL;
	content = &message->items[plan->content];
	connect_value_resolve(plan->content_schema, content);
	if (content->kind != VALUE_BYTES)
		return NULL;
	return java_text_of_bytes(content->bytes, content->size, size);
}

/* The content as a structure with its schema; false: the record is refused. */
static bool
decode_content(const Transform *transform, const MessagePlan *plan, ConnectRecord *record, ConnectSchema **schema,
			   ConnectValue *value)
{
	JsonSchemaModes modes = {.null_is_bytes = transform_bool(transform, FIELDS_NULL_INCLUDE)};
	Size size = 0;
	const char *text = read_content(plan, record, &size);
	const char *problem;
	JsonNode *root;

	if (text == NULL || size == 0 || (text[0] != '{' && text[0] != '['))
	{
		record_refuse(record, "Unable to parse logical decoding message content JSON string '%.*s'",
					  text ? pg_encoding_mbcliplen(PG_UTF8, text, (int) Min(size, INT_MAX), 200) : 0, text ? text : "");
		return false;
	}
	root = json_tree_parse(text, size, &problem);
	if (root == NULL)
		record_refuse(record, "Unable to parse the content of a logical decoding message as JSON: %s", problem);
	else if (!json_node_schema(&modes, NULL, root, schema, &problem))
		record_refuse(record, "The content of a logical decoding message has no schema: %s", problem);
	else if (*schema == NULL)
		record_refuse(record, "NullPointerException: the content of a logical decoding message is an empty array");
	else if (!json_node_struct(root, *schema, value, &problem))
		record_refuse(record, "The content of a logical decoding message is no structure: %s", problem);
	return record->refusal == NULL;
}

/* The message's value without "message", with the content as "after". */
static void
replace_value(const MessagePlan *plan, ConnectRecord *record, ConnectSchema *after, const ConnectValue *content)
{
	ConnectSchema *schema = connect_schema_named("struct", plan->name, 0);
	const ConnectValue *old = record->value.items;
	int count = record->value.count;
	ConnectValue value;
	int next = 0;

	schema->fields = list_copy(plan->fields);
	connect_schema_field(schema, "after", after);
	value = connect_struct(schema);
	for (int i = 0; i < count; i++)
	{
		if (i == plan->message)
			continue;
		value.items[next++] = i == plan->operation ? connect_string("c") : old[i];
	}
	value.items[next] = *content;
	record->value_schema = schema;
	record->value = value;
}

static TransformResult
decode_apply(Transform *transform, ConnectRecord *record)
{
	const ConnectSchema *schema = record->value_schema;
	const MessagePlan *plan;
	ConnectSchema *after;
	ConnectValue content;

	if (schema == NULL)
	{
		record_refuse(record, "NullPointerException: a tombstone has no schema; "
							  "keep tombstones from the transform by a predicate");
		return RECORD_KEPT;
	}
	if (schema->name == NULL || strcmp(schema->name, MESSAGE_VALUE) != 0)
		return RECORD_KEPT;
	plan = record_plan(record, transform, schema, NULL, build_plan);
	connect_value_resolve(schema, &record->value);
	if (plan->problem != NULL)
		record_refuse(record, "%s", plan->problem);
	else if (record->value.kind != VALUE_STRUCT)
		record_refuse(record, "Only Struct objects supported for [Retrieve a record value], found: null");
	else if (decode_content(transform, plan, record, &after, &content))
	{
		replace_value(plan, record, after, &content);
		record->key_schema = NULL;
		record->key = connect_null();
	}
	return RECORD_KEPT;
}

const TransformClass transform_decode_message = {
	.type = "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent",
	.size = sizeof(Transform),
	TRANSFORM_OPTIONS(decode_options),
	.configure = NULL,
	.apply = decode_apply,
};
