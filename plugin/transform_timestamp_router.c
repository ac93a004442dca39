/*-------------------------------------------------------------------------
 *
 * transform_timestamp_router.c
 *	  org.apache.kafka.connect.transforms.TimestampRouter: topics named by the
 *	  time of the record.
 *
 * Debezium gives records no timestamp; the outbox transform can.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "java_date_format.h"
#include "transform_operand.h"

typedef struct TimestampRouter
{
	Transform transform;
	JavaDateFormat *format;
} TimestampRouter;

enum
{
	TOPIC_FORMAT,
	TIMESTAMP_FORMAT
};

static const TransformOption router_options[] = {
	[TOPIC_FORMAT] = {"topic.format", OPTION_TEXT, .default_value = "${topic}-${timestamp}"},
	[TIMESTAMP_FORMAT] = {"timestamp.format", OPTION_TEXT, .default_value = "yyyyMMdd"},
};

static void
router_configure(Transform *transform, const PluginOptions *options)
{
	TimestampRouter *router = (TimestampRouter *) transform;
	const char *problem;

	router->format = java_date_format_new(transform_text(transform, TIMESTAMP_FORMAT), &problem);
	if (problem != NULL)
		transform_option_error(transform, TIMESTAMP_FORMAT, problem, NULL);
}

static char *
replace_all(const char *text, const char *placeholder, const char *replacement)
{
	StringInfoData out;
	const char *found;

	initStringInfo(&out);
	while ((found = strstr(text, placeholder)) != NULL)
	{
		appendBinaryStringInfo(&out, text, found - text);
		appendStringInfoString(&out, replacement);
		text = found + strlen(placeholder);
	}
	appendStringInfoString(&out, text);
	return out.data;
}

static TransformResult
router_apply(Transform *transform, ConnectRecord *record)
{
	const TimestampRouter *router = (const TimestampRouter *) transform;
	char *topic;

	if (record->timestamp < 0)
	{
		record_refuse(record, "Timestamp missing on record of topic %s", record->topic);
		return RECORD_KEPT;
	}
	topic = replace_all(transform_text(transform, TOPIC_FORMAT), "${topic}", record->topic);
	record->topic = replace_all(topic, "${timestamp}", java_date_format(router->format, record->timestamp));
	return RECORD_KEPT;
}

const TransformClass transform_timestamp_router = {
	.type = CONNECT_TRANSFORMS "TimestampRouter",
	.size = sizeof(TimestampRouter),
	TRANSFORM_OPTIONS(router_options),
	.configure = router_configure,
	.apply = router_apply,
};
