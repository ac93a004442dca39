/*-------------------------------------------------------------------------
 *
 * transform_filter.c
 *	  org.apache.kafka.connect.transforms.Filter: drops every record that its
 *	  predicate lets through to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform_operand.h"

static TransformResult
filter_apply(Transform *transform, ConnectRecord *record)
{
	return RECORD_DROPPED;
}

const TransformClass transform_filter = {
	.type = CONNECT_TRANSFORMS "Filter",
	.size = sizeof(Transform),
	.apply = filter_apply,
};
