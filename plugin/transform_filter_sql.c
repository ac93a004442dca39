/*-------------------------------------------------------------------------
 *
 * transform_filter_sql.c
 *	  io.debezium.transforms.Filter: keeps the records for which a condition
 *	  is true.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "sql_condition.h"

static const TransformOption filter_options[] = {CONDITION_OPTION_LIST("condition")};

static void
filter_configure(Transform *transform, const PluginOptions *options)
{
	sql_condition_configure((SqlCondition *) transform, options, BOOLOID);
}

/* NULL is not true, as in WHERE; a script that gives null fails in Debezium. */
static TransformResult
filter_apply(Transform *transform, ConnectRecord *record)
{
	Datum value;
	bool is_null;

	switch (sql_condition_apply((SqlCondition *) transform, record, &value, &is_null))
	{
		case CONDITION_KEEP:
			return RECORD_KEPT;
		case CONDITION_DROP:
			return RECORD_DROPPED;
		case CONDITION_EVALUATED:
			break;
	}
	return !is_null && DatumGetBool(value) ? RECORD_KEPT : RECORD_DROPPED;
}

const TransformClass transform_filter_sql = {
	.type = "io.debezium.transforms.Filter",
	.size = sizeof(SqlCondition),
	TRANSFORM_OPTIONS(filter_options),
	.configure = filter_configure,
	.apply = filter_apply,
};
