/*-------------------------------------------------------------------------
 *
 * transform_predicates.c
 *	  The predicates of Kafka Connect
 *	  (org.apache.kafka.connect.transforms.predicates).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform.h"

/* The one option that two of them have. */
#define ONLY_OPTION 0

static void
refuse_empty(const Transform *predicate)
{
	if (*transform_text(predicate, ONLY_OPTION) == '\0')
		transform_option_error(predicate, ONLY_OPTION, "It must not be empty.", NULL);
}

typedef struct TopicNameMatches
{
	Transform transform;
	JavaRegex *pattern;
} TopicNameMatches;

static const TransformOption topic_options[] = {{"pattern", OPTION_TEXT, .required = true}};

static void
topic_configure(Transform *predicate, const PluginOptions *options)
{
	refuse_empty(predicate);
	((TopicNameMatches *) predicate)->pattern = transform_regex(predicate, ONLY_OPTION, options);
}

static bool
topic_test(Transform *predicate, const ConnectRecord *record)
{
	const TopicNameMatches *matches = (const TopicNameMatches *) predicate;

	return record->topic != NULL && java_regex_matches(matches->pattern, record->topic, strlen(record->topic));
}

const TransformClass predicate_topic_name_matches = {
	.type = "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
	.size = sizeof(TopicNameMatches),
	TRANSFORM_OPTIONS(topic_options),
	.configure = topic_configure,
	.test = topic_test,
};

/* The value alone decides: it may still have a schema. */
static bool
tombstone_test(Transform *predicate, const ConnectRecord *record)
{
	ConnectValue value = record->value;

	if (record->value_schema != NULL)
		connect_value_resolve(record->value_schema, &value);
	return value.kind == VALUE_NULL;
}

const TransformClass predicate_record_is_tombstone = {
	.type = "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
	.size = sizeof(Transform),
	.test = tombstone_test,
};

static const TransformOption header_options[] = {{"name", OPTION_TEXT, .required = true}};

static void
header_configure(Transform *predicate, const PluginOptions *options)
{
	refuse_empty(predicate);
}

static bool
header_test(Transform *predicate, const ConnectRecord *record)
{
	return record_header(record, transform_text(predicate, ONLY_OPTION)) != NULL;
}

const TransformClass predicate_has_header_key = {
	.type = "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
	.size = sizeof(Transform),
	TRANSFORM_OPTIONS(header_options),
	.configure = header_configure,
	.test = header_test,
};
