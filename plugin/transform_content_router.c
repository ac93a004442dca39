/*-------------------------------------------------------------------------
 *
 * transform_content_router.c
 *	  io.debezium.transforms.ContentBasedRouter: the topic is what an
 *	  expression gives, or stays where that is null.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "sql_condition.h"
#include "topic_name.h"

static const TransformOption router_options[] = {CONDITION_OPTION_LIST("topic.expression")};

static void
router_configure(Transform *transform, const PluginOptions *options)
{
	sql_condition_configure((SqlCondition *) transform, options, TEXTOID);
}

static TransformResult
router_apply(Transform *transform, ConnectRecord *record)
{
	Datum value;
	bool is_null;
	const char *topic;

	switch (sql_condition_apply((SqlCondition *) transform, record, &value, &is_null))
	{
		case CONDITION_KEEP:
			return RECORD_KEPT;
		case CONDITION_DROP:
			return RECORD_DROPPED;
		case CONDITION_EVALUATED:
			break;
	}
	if (is_null)
		return RECORD_KEPT;
	topic = TextDatumGetCString(value);
	/* other names could as well be whole rows */
	if (topic_is_valid(topic))
		record->topic = topic;
	else
		record_refuse(record,
					  "%stopic.expression gave '%s' for a row of table %s.%s, which Kafka does not take as the name of "
					  "a topic: letters, digits, '.', '_' and '-', at most %d",
					  transform->prefix, sql_condition_shown(topic), record->change->schema_name,
					  record->change->table_name, TOPIC_MAX_SIZE);
	return RECORD_KEPT;
}

const TransformClass transform_content_router = {
	.type = "io.debezium.transforms.ContentBasedRouter",
	.size = sizeof(SqlCondition),
	TRANSFORM_OPTIONS(router_options),
	.configure = router_configure,
	.apply = router_apply,
};
