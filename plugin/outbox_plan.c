/*-------------------------------------------------------------------------
 *
 * outbox_plan.c
 *	  See outbox_plan.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "java_text.h"
#include "outbox_plan.h"
#include "schema_copy.h"

#define DEBEZIUM_TIME "io.debezium.time."
#define CONNECT_TIMESTAMP "org.apache.kafka.connect.data.Timestamp"

/* In the order of InvalidOperation, and of JsonSchemaModes false and true. */
const TransformOption outbox_options[OUTBOX_OPTIONS] = {
	[OUTBOX_INVALID_OPERATION] = {"table.op.invalid.behavior", OPTION_ENUM, "warn", "warn|error|fatal"},
	[OUTBOX_ID] = {"table.field.event.id", OPTION_TEXT, "id"},
	[OUTBOX_KEY] = {"table.field.event.key", OPTION_TEXT, "aggregateid"},
	/* Debezium reads this one, too, and does nothing with it */
	[OUTBOX_TYPE] = {"table.field.event.type", OPTION_TEXT, "type"},
	[OUTBOX_PAYLOAD] = {"table.field.event.payload", OPTION_TEXT, "payload"},
	[OUTBOX_TIMESTAMP] = {"table.field.event.timestamp", OPTION_TEXT},
	[OUTBOX_PLACEMENT] = {"table.fields.additional.placement", OPTION_TEXT},
	[OUTBOX_MISSING] = {"table.field.additional.missing", OPTION_ENUM, "error", "error|ignore"},
	[OUTBOX_SCHEMA_VERSION] = {"table.field.event.schema.version", OPTION_TEXT},
	[OUTBOX_ROUTE] = {"route.by.field", OPTION_TEXT, "aggregatetype"},
	[OUTBOX_TOPIC_REGEX] = {"route.topic.regex", OPTION_TEXT, "(?<routedByValue>.*)"},
	[OUTBOX_TOPIC_REPLACEMENT] = {"route.topic.replacement", OPTION_TEXT, "outbox.event.${routedByValue}"},
	[OUTBOX_TOMBSTONES] = {"route.tombstone.on.empty.payload", OPTION_BOOL, "false"},
	[OUTBOX_EXPAND] = {"table.expand.json.payload", OPTION_BOOL, "false"},
	[OUTBOX_EXPAND_NULL] = {"table.json.payload.null.behavior", OPTION_ENUM, "ignore", "ignore|optional_bytes"},
	[OUTBOX_EXPAND_EMPTY_ARRAY] = {"table.json.payload.empty.array.behavior", OPTION_ENUM, "ignore",
								   "ignore|optional_string"},
	/* no effect: Debezium traces if OpenTelemetry is on Connect's class path, and changes no record by it but its headers */
	[OUTBOX_TRACING_FIELD] = {"tracing.span.context.field", OPTION_TEXT, "tracingspancontext"},
	[OUTBOX_TRACING_OPERATION] = {"tracing.operation.name", OPTION_TEXT, "debezium-read"},
	[OUTBOX_TRACING_REQUIRED] = {"tracing.with.context.field.only", OPTION_BOOL, "false"},
};

/* ---------------------------------------------------------------- placements */

#define PLACEMENT_HINT "Write column:header, column:envelope or column:partition, and :alias behind it if you want one."

static char *
trimmed(const char *start, const char *end)
{
	while (start < end && (unsigned char) *start <= ' ')
		start++;
	while (end > start && (unsigned char) end[-1] <= ' ')
		end--;
	return pnstrdup(start, end - start);
}

static void
malformed(const Transform *transform, const char *item)
{
	transform_option_error(transform, OUTBOX_PLACEMENT, psprintf("\"%s\" is not a placement.", item), PLACEMENT_HINT);
}

static PlacementKind
placement_kind(const Transform *transform, const char *item, const char *name)
{
	static const char *const kinds[] = {"header", "envelope", "partition"};

	for (int i = 0; i < lengthof(kinds); i++)
		if (pg_strcasecmp(kinds[i], name) == 0)
			return (PlacementKind) i;
	malformed(transform, item);
	return PLACE_HEADER;
}

static OutboxPlacement *
read_placement(const Transform *transform, const char *item)
{
	OutboxPlacement *placement = palloc0(sizeof(OutboxPlacement));
	const char *kind = strchr(item, ':');
	const char *alias = kind ? strchr(kind + 1, ':') : NULL;
	const char *end = item + strlen(item);

	if (kind == NULL || (alias != NULL && strchr(alias + 1, ':') != NULL))
		malformed(transform, item);
	placement->field = trimmed(item, kind);
	placement->kind = placement_kind(transform, item, trimmed(kind + 1, alias ? alias : end));
	placement->alias = alias && alias + 1 < end ? trimmed(alias + 1, end) : placement->field;
	if (*placement->field == '\0' || *placement->alias == '\0')
		malformed(transform, item);
	return placement;
}

List *
outbox_placements(const Transform *transform)
{
	const char *text = transform_text(transform, OUTBOX_PLACEMENT);
	List *placements = NIL;

	if (text == NULL)
		return NIL;
	for (;;)
	{
		const char *end = strchrnul(text, ',');

		placements = lappend(placements, read_placement(transform, trimmed(text, end)));
		if (end[0] == '\0' || end[1] == '\0')
			return placements;
		text = end + 1;
	}
}

/* ---------------------------------------------------------------- columns */

/* The column of that name; type: what Struct's getter wants of it, NULL: anything.  The first problem found stays. */
static OutboxField
find_field(OutboxPlan *plan, const char *name, const char *type)
{
	OutboxField field = {.index = connect_field_index(plan->row_schema, name)};

	if (field.index >= 0)
		field.schema = schema_alone(connect_field_schema(plan->row_schema, field.index));
	if (plan->problem != NULL)
		return field;
	if (field.index < 0)
		plan->problem = psprintf("%s is not a valid field name", name);
	else if (type != NULL && strcmp(field.schema->type, type) != 0)
		plan->problem = psprintf("Field '%s' is not of type %s", name, java_schema_type(type));
	return field;
}

static void
find_payload(OutboxPlan *plan, const char *name)
{
	if (connect_field_index(plan->row_schema, name) < 0)
		plan->problem = psprintf("Unable to find payload field %s in event", name);
	else
		plan->payload = find_field(plan, name, NULL);
}

static void
find_unit(OutboxPlan *plan)
{
	const char *name = plan->timestamp.schema->name;

	if (name == NULL)
		plan->timestamp_problem = "Unsupported field type INT64 (without logical schema name) for event timestamp";
	else if (strcmp(name, DEBEZIUM_TIME "Timestamp") == 0)
		plan->unit = UNIT_MILLISECONDS;
	else if (strcmp(name, DEBEZIUM_TIME "MicroTimestamp") == 0)
		plan->unit = UNIT_MICROSECONDS;
	else if (strcmp(name, DEBEZIUM_TIME "NanoTimestamp") == 0)
		plan->unit = UNIT_NANOSECONDS;
	else if (strcmp(name, CONNECT_TIMESTAMP) == 0)
		plan->timestamp_problem = "class java.util.Date cannot be cast to class java.lang.Long for event timestamp";
	else
		plan->timestamp_problem = psprintf("Unsupported field type %s for event timestamp", name);
}

static void
find_timestamp(OutboxPlan *plan, const char *name)
{
	plan->timestamp.index = -1;
	if (name == NULL || plan->problem != NULL)
		return;
	if (connect_field_index(plan->row_schema, name) < 0)
		plan->problem = psprintf("Unable to find timestamp field %s in event", name);
	else
		plan->timestamp = find_field(plan, name, "int64");
	if (plan->problem == NULL)
		find_unit(plan);
}

static bool
is_taken(const OutboxPlan *plan, const char *name)
{
	ListCell *cell;

	foreach (cell, plan->envelope_names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return strcmp(name, "payload") == 0;
}

static void
find_place(OutboxPlan *plan, const OutboxPlacement *placement, OutboxField *place, bool may_miss)
{
	bool missing = connect_field_index(plan->row_schema, placement->field) < 0;

	place->index = -1;
	if (missing && may_miss)
		return;
	if (missing && placement->kind == PLACE_ENVELOPE && plan->problem == NULL)
		plan->problem = psprintf("Unable to find field %s in event", placement->field);
	*place = find_field(plan, placement->field, placement->kind == PLACE_PARTITION ? "int32" : NULL);
	if (placement->kind != PLACE_ENVELOPE || place->index < 0)
		return;
	if (is_taken(plan, placement->alias) && plan->problem == NULL)
		plan->problem = psprintf("Cannot create field because of field name duplication %s", placement->alias);
	plan->envelope_names = lappend(plan->envelope_names, unconstify(char *, placement->alias));
	plan->envelope_schemas = lappend(plan->envelope_schemas, unconstify(ConnectSchema *, place->schema));
}

static void
find_places(OutboxPlan *plan, const Transform *transform, List *placements)
{
	bool may_miss = transform_number(transform, OUTBOX_MISSING) != 0;
	const char *version = transform_text(transform, OUTBOX_SCHEMA_VERSION);
	ListCell *cell;

	plan->places = palloc0(Max(list_length(placements), 1) * sizeof(OutboxField));
	foreach (cell, placements)
		find_place(plan, lfirst(cell), &plan->places[foreach_current_index(cell)], may_miss);
	plan->version.index = -1;
	foreach (cell, placements)
	{
		const OutboxPlacement *placement = lfirst(cell);

		if (version != NULL && placement->kind == PLACE_ENVELOPE && plan->version.index < 0)
			plan->version = find_field(plan, version, "int32");
	}
}

static void
find_columns(OutboxPlan *plan, const Transform *transform, List *placements)
{
	find_payload(plan, transform_text(transform, OUTBOX_PAYLOAD));
	find_timestamp(plan, transform_text(transform, OUTBOX_TIMESTAMP));
	plan->id = find_field(plan, transform_text(transform, OUTBOX_ID), NULL);
	find_places(plan, transform, placements);
	plan->key = find_field(plan, transform_text(transform, OUTBOX_KEY), NULL);
	plan->route = find_field(plan, transform_text(transform, OUTBOX_ROUTE), "string");
}

OutboxPlan *
outbox_plan_new(const Transform *transform, List *placements, const ConnectSchema *envelope)
{
	OutboxPlan *plan = palloc0(sizeof(OutboxPlan));

	plan->envelope = envelope;
	plan->operation = connect_field_index(envelope, "op");
	plan->row = connect_field_index(envelope, "after");
	plan->clock = connect_field_index(envelope, "ts_ms");
	if (plan->row >= 0)
		plan->row_schema = connect_field_schema(envelope, plan->row);
	if (plan->row_schema == NULL || strcmp(plan->row_schema->type, "struct") != 0)
		plan->problem = "Unknown field: after";
	else
		find_columns(plan, transform, placements);
	return plan;
}
