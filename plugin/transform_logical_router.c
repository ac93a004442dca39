/*-------------------------------------------------------------------------
 *
 * transform_logical_router.c
 *	  io.debezium.transforms.ToLogicalTopicRouter and, under its older name,
 *	  ByLogicalTableRouter: records of several tables in one topic, with the
 *	  names of their schemas after the new topic and a field in the key that
 *	  tells the tables apart.
 *
 * Debezium keeps the renamed schema by the old schema alone, so that a topic
 * that changes from record to record (by another transform before) leaves the
 * first one's name in the schemas; here the names always follow the topic.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "schema_copy.h"
#include "topic_name.h"
#include "transform.h"

enum
{
	TOPIC_REGEX,
	TOPIC_REPLACEMENT,
	KEY_ENFORCE_UNIQUENESS,
	KEY_FIELD_REGEX,
	KEY_FIELD_NAME,
	KEY_FIELD_REPLACEMENT,
	SCHEMA_NAME_ADJUSTMENT_MODE,
	CACHE_SIZE,
	OLD_CACHE_SIZE
};

/* The sizes of caches have no effect on records. */
#define ROUTER_OPTIONS(key_field) \
	[TOPIC_REGEX] = {"topic.regex", OPTION_TEXT, .required = true}, \
	[TOPIC_REPLACEMENT] = {"topic.replacement", OPTION_TEXT, .required = true}, \
	[KEY_ENFORCE_UNIQUENESS] = {"key.enforce.uniqueness", OPTION_BOOL, "true"}, \
	[KEY_FIELD_REGEX] = {"key.field.regex", OPTION_TEXT}, \
	[KEY_FIELD_NAME] = {"key.field.name", OPTION_TEXT, (key_field)}, \
	[KEY_FIELD_REPLACEMENT] = {"key.field.replacement", OPTION_TEXT}, \
	[SCHEMA_NAME_ADJUSTMENT_MODE] = {"schema.name.adjustment.mode", OPTION_ENUM, "none", "none|avro|avro_unicode"}, \
	[CACHE_SIZE] = {"logical.destination.cache.size", OPTION_INT, "16", "1..2147483647"}

static const TransformOption topic_router_options[] = {ROUTER_OPTIONS("__dbz__sourceIdentifier")};

static const TransformOption table_router_options[] = {
	ROUTER_OPTIONS("__dbz__physicalTableIdentifier"),
	[OLD_CACHE_SIZE] = {"logical.table.cache.size", OPTION_INT, "16", "1..2147483647"},
};

typedef struct LogicalRouter
{
	Transform transform;
	JavaRegex *topic_regex;
	JavaRegex *key_regex; /* NULL: the old topic stands in the key */
	AdjustmentMode adjustment;
} LogicalRouter;

/* What becomes of one topic. */
typedef struct TopicPlan
{
	const char *topic;		/* NULL: the records stay as they are */
	const char *identifier; /* for the key */
} TopicPlan;

typedef struct SchemaPlan
{
	const ConnectSchema *schema;
	const char *refusal; /* why there is none; NULL: there is */
} SchemaPlan;

/* ---------------------------------------------------------------- options */

static bool
is_given(const Transform *transform, int index)
{
	const char *text = transform_text(transform, index);

	return text != NULL && *text != '\0';
}

static JavaRegex *
checked_regex(const Transform *transform, int regex, int replacement, const PluginOptions *options)
{
	JavaRegex *compiled = transform_regex(transform, regex, options);

	java_replacement_check(compiled, psprintf("%s%s", transform->prefix, transform->class->options[replacement].name),
						   transform_text(transform, replacement));
	return compiled;
}

static void
router_configure(Transform *transform, const PluginOptions *options)
{
	LogicalRouter *router = (LogicalRouter *) transform;

	router->adjustment = (AdjustmentMode) transform_number(transform, SCHEMA_NAME_ADJUSTMENT_MODE);
	router->topic_regex = checked_regex(transform, TOPIC_REGEX, TOPIC_REPLACEMENT, options);
	if (!is_given(transform, KEY_FIELD_REGEX))
		return;
	if (!is_given(transform, KEY_FIELD_REPLACEMENT))
		transform_option_error(transform, KEY_FIELD_REPLACEMENT, "It must not be empty if key.field.regex is set.",
							   NULL);
	router->key_regex = checked_regex(transform, KEY_FIELD_REGEX, KEY_FIELD_REPLACEMENT, options);
}

/* ---------------------------------------------------------------- plans */

/* NULL: the regular expression does not match all of the topic. */
static char *
replaced(const JavaRegex *regex, const char *topic, const char *replacement)
{
	return java_regex_matches(regex, topic, strlen(topic)) ? java_regex_replace_first(regex, topic, replacement) : NULL;
}

static void *
build_topic(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	const LogicalRouter *router = (const LogicalRouter *) transform;
	TopicPlan *plan = palloc0(sizeof(TopicPlan));
	char *topic = replaced(router->topic_regex, record->topic, transform_text(transform, TOPIC_REPLACEMENT));

	if (topic != NULL && *topic != '\0')
		plan->topic = topic;
	if (router->key_regex != NULL)
		plan->identifier = replaced(router->key_regex, record->topic, transform_text(transform, KEY_FIELD_REPLACEMENT));
	if (plan->identifier == NULL)
		plan->identifier = pstrdup(record->topic);
	return plan;
}

/* All of a schema but its default, under another name. */
static ConnectSchema *
renamed(const LogicalRouter *router, const ConnectSchema *schema, const char *topic, const char *suffix)
{
	ConnectSchema *copy = schema_alone(schema);

	copy->default_json = NULL;
	copy->name = schema_name_adjusted(router->adjustment, topic, suffix);
	return copy;
}

/* The record has its new topic already. */
static void *
build_key(const Transform *transform, ConnectRecord *record, const ConnectSchema *key)
{
	SchemaPlan *plan = palloc0(sizeof(SchemaPlan));
	ConnectSchema *schema = renamed((const LogicalRouter *) transform, key, record->topic, ".Key");

	if (transform_bool(transform, KEY_ENFORCE_UNIQUENESS))
		plan->refusal = schema_append(schema, transform_text(transform, KEY_FIELD_NAME), connect_schema_new("string"));
	plan->schema = schema;
	return plan;
}

static bool
is_row(const ConnectSchema *field)
{
	return strcmp(field->field, "before") == 0 || strcmp(field->field, "after") == 0;
}

/* Both images get one schema, that of "before" if there is one. */
static void *
build_envelope(const Transform *transform, ConnectRecord *record, const ConnectSchema *envelope)
{
	const LogicalRouter *router = (const LogicalRouter *) transform;
	SchemaPlan *plan = palloc0(sizeof(SchemaPlan));
	ConnectSchema *schema = renamed(router, envelope, record->topic, ".Envelope");
	int row = connect_field_index(envelope, "before");
	const ConnectSchema *image = NULL;
	ListCell *cell;

	if (row < 0)
		row = connect_field_index(envelope, "after");
	if (row >= 0)
		image = renamed(router, connect_field_schema(envelope, row), record->topic, ".Value");
	schema->fields = NIL;
	foreach (cell, envelope->fields)
	{
		const ConnectSchema *field = lfirst(cell);
		const ConnectSchema *child = is_row(field) ? image : field;

		if (list_length(child->fields) != list_length(field->fields))
			plan->refusal =
				"before and after have different fields: one of them is not a valid field name of the other";
		(void) schema_append(schema, field->field, child);
	}
	plan->schema = schema;
	return plan;
}

/* ---------------------------------------------------------------- records */

static void
route_key(LogicalRouter *router, ConnectRecord *record, const char *identifier)
{
	const SchemaPlan *plan;
	ConnectValue key;

	if (record->key_schema != NULL)
		connect_value_resolve(record->key_schema, &record->key);
	if (record->key.kind == VALUE_NULL)
	{
		record->key_schema = NULL;
		return;
	}
	if (record->key.kind != VALUE_STRUCT)
	{
		record_refuse(record, "Only Struct objects supported for [Updating schema], found: a key of type %s",
					  record->key_schema ? record->key_schema->type : "none");
		return;
	}
	plan = record_plan(record, &router->transform, record->key_schema, record->topic, build_key);
	if (plan->refusal != NULL)
	{
		record_refuse(record, "%s", plan->refusal);
		return;
	}
	key = connect_struct(plan->schema);
	memcpy(key.items, record->key.items, record->key.count * sizeof(ConnectValue));
	if (transform_bool(router, KEY_ENFORCE_UNIQUENESS))
		key.items[key.count - 1] = connect_string(identifier);
	record->key_schema = plan->schema;
	record->key = key;
}

static TransformResult
router_apply(Transform *transform, ConnectRecord *record)
{
	LogicalRouter *router = (LogicalRouter *) transform;
	const TopicPlan *topic = record_plan(record, transform, NULL, record->topic, build_topic);
	const SchemaPlan *envelope;

	if (topic->topic == NULL)
		return RECORD_KEPT;
	record->topic = topic->topic;
	route_key(router, record, topic->identifier);
	if (!record_is_envelope(record) || record->refusal != NULL)
		return RECORD_KEPT;
	envelope = record_plan(record, transform, record->value_schema, record->topic, build_envelope);
	if (envelope->refusal != NULL)
		record_refuse(record, "%s", envelope->refusal);
	else
		record->value_schema = envelope->schema;
	return RECORD_KEPT;
}

const TransformClass transform_to_logical_topic_router = {
	.type = "io.debezium.transforms.ToLogicalTopicRouter",
	.size = sizeof(LogicalRouter),
	TRANSFORM_OPTIONS(topic_router_options),
	.configure = router_configure,
	.apply = router_apply,
};

const TransformClass transform_by_logical_table_router = {
	.type = "io.debezium.transforms.ByLogicalTableRouter",
	.size = sizeof(LogicalRouter),
	TRANSFORM_OPTIONS(table_router_options),
	.configure = router_configure,
	.apply = router_apply,
};
