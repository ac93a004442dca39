/*-------------------------------------------------------------------------
 *
 * sql_condition.h
 *	  What Debezium's Filter and ContentBasedRouter have in common
 *	  (io.debezium.transforms.ScriptingTransformation): an expression over
 *	  each change.  Ours are in SQL; docs/conditions.md describes them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_CONDITION_H
#define SQL_CONDITION_H

#include "postgres.h"

#include "transform.h"

/* The options of such a transform, in this order. */
enum
{
	CONDITION_LANGUAGE,
	CONDITION_EXPRESSION,
	CONDITION_TOPIC_REGEX,
	CONDITION_NULL_HANDLING,
	CONDITION_OPTIONS
};

#define CONDITION_OPTION_LIST(expression) \
	[CONDITION_LANGUAGE] = {"language", OPTION_TEXT, .required = true}, \
	[CONDITION_EXPRESSION] = {(expression), OPTION_TEXT, .required = true}, \
	[CONDITION_TOPIC_REGEX] = {"topic.regex", OPTION_TEXT}, \
	[CONDITION_NULL_HANDLING] = {"null.handling.mode", OPTION_ENUM, "keep", "keep|drop|evaluate"}

/* Such a transform begins with it. */
typedef struct SqlCondition
{
	Transform transform;
	const PluginOptions *options;
	const char *text; /* in the server's encoding */
	const Node *tree;
	Oid result;
	JavaRegex *topic_regex; /* NULL: all topics */
} SqlCondition;

/* What to do with a record. */
typedef enum ConditionOutcome
{
	CONDITION_KEEP, /* the expression does not concern it, or it is refused */
	CONDITION_DROP,
	CONDITION_EVALUATED
} ConditionOutcome;

/* For TransformClass.configure; the expression's result is BOOLOID or TEXTOID.  ERROR names the option. */
extern void sql_condition_configure(SqlCondition *condition, const PluginOptions *options, Oid result);

/*
 * Evaluates the expression for the record; *value is in the current context.
 * If it fails, event.processing.failure.handling.mode decides; if it cannot
 * be had for this table at all, the record is refused.  Runs in a
 * subtransaction, so that whatever fails leaves nothing behind.
 */
extern ConditionOutcome sql_condition_apply(SqlCondition *condition, ConnectRecord *record, Datum *value,
											bool *is_null);

/* Server text as UTF-8, cut to what fits into a message. */
extern const char *sql_condition_shown(const char *text);

#endif /* SQL_CONDITION_H */
