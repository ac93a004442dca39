/*-------------------------------------------------------------------------
 *
 * transform_outbox.c
 *	  io.debezium.transforms.outbox.EventRouter: rows of an outbox table as
 *	  events of their own, routed by one of their columns
 *	  (EventRouterDelegate).
 *
 * Columns that nobody has to look at are moved as they are, still deferred:
 * the payload goes from the row to the record's bytes by its encoder.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "java_text.h"
#include "json_schema_data.h"
#include "outbox_plan.h"
#include "outbox_schema.h"
#include "outbox_topic.h"

typedef struct EventRouter
{
	Transform transform;
	List *placements; /* of OutboxPlacement */
	bool has_envelope;
	OutboxTopics *topics;
	OutboxNames *names;
	JsonSchemaModes expansion;
	bool warned; /* of a payload that cannot be expanded */
} EventRouter;

/* One event while it is made. */
typedef struct OutboxEvent
{
	ConnectRecord *record;
	OutboxPlan *plan;
	ConnectValue *row; /* the fields of "after" */
	const char *route;
	const char *topic;
	const ConnectSchema *payload_schema;
	ConnectValue payload;
	int64 timestamp;
	int32 partition;
} OutboxEvent;

/* Debezium acts on these only with OpenTelemetry on Kafka Connect's class path. */
static void
warn_of_tracing(const Transform *transform)
{
	for (int i = OUTBOX_TRACING_FIELD; i <= OUTBOX_TRACING_REQUIRED; i++)
		if (transform_is_set(transform, i))
			ereport(WARNING, (errcode(ERRCODE_WARNING),
							  errmsg("option \"%s%s\" has no effect", transform->prefix, outbox_options[i].name),
							  errdetail("Nothing is traced here.")));
}

static void
router_configure(Transform *transform, const PluginOptions *options)
{
	EventRouter *router = (EventRouter *) transform;
	const char *replacement = transform_text(transform, OUTBOX_TOPIC_REPLACEMENT);
	JavaRegex *regex = transform_regex(transform, OUTBOX_TOPIC_REGEX, options);
	ListCell *cell;

	warn_of_tracing(transform);
	java_replacement_check(regex, psprintf("%s%s", transform->prefix, outbox_options[OUTBOX_TOPIC_REPLACEMENT].name),
						   replacement);
	router->topics = outbox_topics_new(regex, transform_text(transform, OUTBOX_TOPIC_REGEX), replacement);
	router->placements = outbox_placements(transform);
	foreach (cell, router->placements)
		router->has_envelope |= ((const OutboxPlacement *) lfirst(cell))->kind == PLACE_ENVELOPE;
	if (router->has_envelope)
		router->names = outbox_names_new();
	router->expansion.null_is_bytes = transform_number(transform, OUTBOX_EXPAND_NULL) != 0;
	router->expansion.empty_array_is_strings = transform_number(transform, OUTBOX_EXPAND_EMPTY_ARRAY) != 0;
}

static void *
build_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	return outbox_plan_new(transform, ((const EventRouter *) transform)->placements, schema);
}

/* ---------------------------------------------------------------- columns */

/* Struct#getInt32 and the like: no default. */
static const ConnectValue *
plain_value(const OutboxEvent *event, const OutboxField *field)
{
	ConnectValue *value = &event->row[field->index];

	connect_value_resolve(field->schema, value);
	return value;
}

/* Struct#get: null is the default, if there is one; without, nobody needs to know whether it is null. */
static ConnectValue
value_of(const OutboxEvent *event, const OutboxField *field)
{
	if (field->schema->default_json == NULL)
		return event->row[field->index];
	if (plain_value(event, field)->kind == VALUE_NULL)
		return connect_default(field->schema);
	return event->row[field->index];
}

/* When Debezium processed the change. */
static int64
processing_time(const OutboxEvent *event)
{
	const OutboxPlan *plan = event->plan;
	ConnectValue *clock = plan->clock >= 0 ? &event->record->value.items[plan->clock] : NULL;

	if (clock == NULL)
		return -1;
	connect_value_resolve(connect_field_schema(plan->envelope, plan->clock), clock);
	return clock->kind == VALUE_INTEGER ? clock->integer : -1;
}

static void
read_timestamp(OutboxEvent *event)
{
	const OutboxPlan *plan = event->plan;
	const ConnectValue *value = plan->timestamp.index >= 0 ? plain_value(event, &plan->timestamp) : NULL;

	if (value == NULL || value->kind == VALUE_NULL)
	{
		event->timestamp = processing_time(event);
		return;
	}
	if (plan->timestamp_problem != NULL)
	{
		record_refuse(event->record, "%s", plan->timestamp_problem);
		return;
	}
	event->timestamp = value->integer / (int64) plan->unit;
	if (event->timestamp < -1)
		record_refuse(event->record, "Invalid record timestamp " INT64_FORMAT, event->timestamp);
}

static void
read_route(EventRouter *router, OutboxEvent *event)
{
	const ConnectValue *value = plain_value(event, &event->plan->route);
	const char *name = transform_text(router, OUTBOX_ROUTE);

	if (value->kind != VALUE_STRING)
		record_refuse(event->record, "NullPointerException: field \"%s\", which the event is routed by, is null", name);
	else if (memchr(value->bytes, '\0', value->size) != NULL)
		record_refuse(event->record, "Invalid topic: field \"%s\" has the character \\u0000", name);
	else
	{
		event->route = pnstrdup(value->bytes, value->size);
		event->topic = outbox_topic(router->topics, value->bytes, value->size);
	}
}

/* ---------------------------------------------------------------- payload */

static void
warn_of_expansion(EventRouter *router, const OutboxEvent *event, const char *problem)
{
	if (router->warned)
		return;
	router->warned = true;
	ereport(WARNING, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					  errmsg("could not expand the payload of a record for topic \"%s\"", event->topic),
					  errdetail("Reason: %s.", problem),
					  errhint("Such payloads stay as they are. Further ones are not reported in this session.")));
}

/*
 * The payload as JSON with a schema of its own.  Where text has a schema but
 * does not fit it, Debezium leaves the text and puts it under that schema, so
 * that JsonConverter fails; a text of "[]" is left without schema.
 */
static void
expand_text(EventRouter *router, OutboxEvent *event)
{
	const char *text = event->payload.bytes;
	Size size = event->payload.size;
	const char *problem = "it does not begin with a brace or a bracket";
	JsonNode *root = NULL;
	ConnectSchema *schema;
	ConnectValue value;

	if (size > 0 && (text[0] == '{' || text[0] == '['))
		root = json_tree_parse(text, size, &problem);
	if (root == NULL ||
		!json_node_schema(&router->expansion, transform_text(router, OUTBOX_PAYLOAD), root, &schema, &problem))
	{
		warn_of_expansion(router, event, problem);
		return;
	}
	event->payload_schema = schema;
	if (schema == NULL)
		warn_of_expansion(router, event, "it is an empty array");
	else if (json_node_struct(root, schema, &value, &problem))
		event->payload = value;
	else
		warn_of_expansion(router, event, problem);
}

static void
expand(EventRouter *router, OutboxEvent *event)
{
	connect_value_resolve(event->payload_schema, &event->payload);
	if (event->payload.kind == VALUE_STRING)
		expand_text(router, event);
	else if (event->payload.kind != VALUE_NULL)
		warn_of_expansion(router, event, "it is not text");
}

/* Null, or text of nothing but blanks. */
static bool
is_empty(OutboxEvent *event)
{
	ConnectValue *payload = &event->payload;

	if (payload->kind == VALUE_DEFERRED)
		connect_value_resolve(event->payload_schema, payload);
	return payload->kind == VALUE_NULL ||
		   (payload->kind == VALUE_STRING && java_is_blank(payload->bytes, payload->size));
}

/* ---------------------------------------------------------------- value */

static const ConnectSchema *
kept_schema(const OutboxPlan *plan, int version)
{
	ListCell *cell;

	foreach (cell, plan->value_schemas)
	{
		const KeptSchema *kept = lfirst(cell);

		if (kept->version == version)
			return kept->schema;
	}
	return NULL;
}

static void
keep_schema(OutboxPlan *plan, int version, const ConnectSchema *schema)
{
	MemoryContext previous = MemoryContextSwitchTo(GetMemoryChunkContext(plan));
	KeptSchema *kept = palloc(sizeof(KeptSchema));

	kept->version = version;
	kept->schema = schema;
	plan->value_schemas = lappend(plan->value_schemas, kept);
	MemoryContextSwitchTo(previous);
}

/* Versions whose schemas a plan keeps; more are made for each record. */
#define MAX_KEPT 64

static bool
is_text(const OutboxEvent *event)
{
	return event->payload.kind == VALUE_STRING ||
		   (event->payload.kind == VALUE_DEFERRED && strcmp(event->payload_schema->type, "string") == 0);
}

/* A schema of the payload's column is made once; one that was seen from the payload is the event's. */
static const ConnectSchema *
value_schema(EventRouter *router, OutboxEvent *event, int version)
{
	OutboxPlan *plan = event->plan;
	bool keep = event->payload_schema == plan->payload.schema && event->payload.kind != VALUE_NULL &&
				list_length(plan->value_schemas) < MAX_KEPT;
	MemoryContext context;
	const char *problem;
	const ConnectSchema *schema = keep ? kept_schema(plan, version) : NULL;
	OutboxValueSchema wanted = {.row_name = plan->row_schema->name,
								.route = event->route,
								.by_version = plan->version.index >= 0,
								.version = version,
								.payload = event->payload_schema,
								.text = is_text(event),
								.null = event->payload.kind == VALUE_NULL,
								.names = plan->envelope_names,
								.schemas = plan->envelope_schemas};

	if (schema != NULL)
		return schema;
	context = keep ? GetMemoryChunkContext(plan) : CurrentMemoryContext;
	schema = outbox_value_schema(router->names, &wanted, context, &problem);
	if (schema == NULL)
		record_refuse(event->record, "%s", problem);
	else if (keep)
		keep_schema(plan, version, schema);
	return schema;
}

/* As ConnectSchema has it. */
static int
read_version(const OutboxEvent *event)
{
	const OutboxField *field = &event->plan->version;
	const ConnectValue *value = field->index >= 0 ? plain_value(event, field) : NULL;

	if (value == NULL || value->kind != VALUE_INTEGER)
		return 0;
	return value->integer == 0 ? SCHEMA_VERSION_ZERO : (int) value->integer;
}

/* The payload in a structure, beside what is placed there. */
static void
wrap_payload(EventRouter *router, OutboxEvent *event)
{
	const OutboxPlan *plan = event->plan;
	const ConnectSchema *schema = value_schema(router, event, read_version(event));
	ConnectValue value;
	int next = 1;
	ListCell *cell;

	if (schema == NULL)
		return;
	value = connect_struct(schema);
	value.items[0] = event->payload;
	foreach (cell, router->placements)
	{
		const OutboxField *place = &plan->places[foreach_current_index(cell)];

		if (((const OutboxPlacement *) lfirst(cell))->kind == PLACE_ENVELOPE && place->index >= 0)
			value.items[next++] = value_of(event, place);
	}
	event->payload_schema = schema;
	event->payload = value;
}

/* ---------------------------------------------------------------- event */

static void
place_partition(OutboxEvent *event, const OutboxField *place)
{
	const ConnectValue *value = plain_value(event, place);

	event->partition = value->kind == VALUE_INTEGER ? (int32) value->integer : -1;
	if (value->kind == VALUE_INTEGER && value->integer < 0)
		record_refuse(event->record, "Invalid partition: %d. Partition number should always be non-negative or null.",
					  event->partition);
}

static void
place_fields(EventRouter *router, OutboxEvent *event)
{
	ListCell *cell;

	foreach (cell, router->placements)
	{
		const OutboxPlacement *placement = lfirst(cell);
		const OutboxField *place = &event->plan->places[foreach_current_index(cell)];

		if (place->index < 0)
			continue;
		if (placement->kind == PLACE_HEADER)
			record_add_header(event->record, placement->alias, place->schema, value_of(event, place));
		else if (placement->kind == PLACE_PARTITION)
			place_partition(event, place);
	}
}

static void
finish(EventRouter *router, OutboxEvent *event, bool tombstone)
{
	ConnectRecord *record = event->record;

	record->topic = event->topic;
	record->partition = event->partition;
	record->timestamp = event->timestamp;
	record->key_schema = event->plan->key.schema;
	record->key = value_of(event, &event->plan->key);
	record->value_schema = tombstone ? NULL : event->payload_schema;
	record->value = tombstone ? connect_null() : event->payload;
}

static void
make_event(EventRouter *router, OutboxEvent *event)
{
	const OutboxPlan *plan = event->plan;
	bool tombstone;

	read_route(router, event);
	read_timestamp(event);
	if (event->record->refusal != NULL)
		return;
	event->payload_schema = plan->payload.schema;
	event->payload = value_of(event, &plan->payload);
	record_add_header(event->record, "id", plan->id.schema, value_of(event, &plan->id));
	if (transform_bool(router, OUTBOX_EXPAND))
		expand(router, event);
	tombstone = transform_bool(router, OUTBOX_TOMBSTONES) && is_empty(event);
	if (router->has_envelope)
		wrap_payload(router, event);
	place_fields(router, event);
	if (event->record->refusal == NULL)
		finish(router, event, tombstone);
}

/* ---------------------------------------------------------------- operations */

/* A purge or a dispatcher may update all of an outbox: said once. */
static void
warn_of_update(OutboxPlan *plan, const ConnectRecord *record, InvalidOperation behavior)
{
	if (plan->warned)
		return;
	plan->warned = true;
	ereport(
		behavior == INVALID_ERROR ? LOG : WARNING,
		(errcode(ERRCODE_WARNING), errmsg("unexpected update in the outbox of topic \"%s\" is ignored", record->topic),
		 errdetail("Further ones are not reported unless the table changes."),
		 errhint(
			 "An outbox is for rows that are inserted and deleted. Restrict the transform to its table by a predicate.")));
}

static TransformResult
handle_update(EventRouter *router, OutboxPlan *plan, ConnectRecord *record)
{
	InvalidOperation behavior = (InvalidOperation) transform_number(router, OUTBOX_INVALID_OPERATION);
	char *key;

	if (behavior != INVALID_FATAL)
	{
		warn_of_update(plan, record, behavior);
		return RECORD_DROPPED;
	}
	key = record->key_schema ? connect_value_cstring(record->key_schema, &record->key) : NULL;
	record_refuse(record, "Unexpected update message received %s, fail.", key ? key : "null");
	return RECORD_KEPT;
}

static void
route_row(EventRouter *router, OutboxPlan *plan, ConnectRecord *record)
{
	OutboxEvent event = {.record = record, .plan = plan, .partition = -1, .timestamp = -1};
	ConnectValue *row = plan->row >= 0 ? &record->value.items[plan->row] : NULL;

	if (row != NULL)
		connect_value_resolve(plan->row_schema, row);
	if (row != NULL && row->kind != VALUE_STRUCT)
		record_refuse(record, "Only Struct objects supported for [Read Outbox Event], found: null");
	else if (plan->problem != NULL)
		record_refuse(record, "%s", plan->problem);
	else
	{
		event.row = row->items;
		make_event(router, &event);
	}
}

/* The letter of the change, 0: there is none. */
static char
read_operation(const OutboxPlan *plan, ConnectRecord *record)
{
	ConnectValue *operation = plan->operation >= 0 ? &record->value.items[plan->operation] : NULL;

	if (operation == NULL)
		return 0;
	connect_value_resolve(connect_field_schema(plan->envelope, plan->operation), operation);
	return operation->kind == VALUE_STRING && operation->size == 1 ? operation->bytes[0] : 0;
}

static TransformResult
router_apply(Transform *transform, ConnectRecord *record)
{
	EventRouter *router = (EventRouter *) transform;
	OutboxPlan *plan;

	if (record->value.kind == VALUE_NULL)
		return RECORD_DROPPED;
	if (!record_is_envelope(record))
		return RECORD_KEPT;
	connect_value_resolve(record->value_schema, &record->value);
	plan = record_plan(record, transform, record->value_schema, NULL, build_plan);
	switch (read_operation(plan, record))
	{
		case 'd':
			return RECORD_DROPPED;
		case 'u':
			return handle_update(router, plan, record);
		case 0:
			record_refuse(record, "op is not a valid field name");
			return RECORD_KEPT;
		default:
			route_row(router, plan, record);
			return RECORD_KEPT;
	}
}

const TransformClass transform_outbox = {
	.type = "io.debezium.transforms.outbox.EventRouter",
	.size = sizeof(EventRouter),
	.options = outbox_options,
	.option_count = OUTBOX_OPTIONS,
	.configure = router_configure,
	.apply = router_apply,
};
