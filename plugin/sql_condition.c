/*-------------------------------------------------------------------------
 *
 * sql_condition.c
 *	  See sql_condition.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "relation_schema.h"
#include "sql_condition.h"
#include "sql_expression.h"
#include "sql_hint.h"
#include "sql_program.h"

/* Bytes of a text that is shown where something fails. */
#define SHOWN_LIMIT 300

/* Indexes in the allowed list of null.handling.mode. */
enum
{
	NULL_KEEP,
	NULL_DROP,
	NULL_EVALUATE
};

/* A failure, said in the server's encoding. */
typedef struct Failure
{
	bool compiling;
	const char *message;
} Failure;

/* ---------------------------------------------------------------- options */

/* Hint for a script, if it is one that SQL can be proposed for. */
static char *
translation(const SqlCondition *condition)
{
	char *sql = sql_hint(transform_text(condition, CONDITION_EXPRESSION));
	MemoryContext previous = CurrentMemoryContext;
	volatile bool valid = false;

	if (sql == NULL || GetDatabaseEncoding() != PG_UTF8)
		return NULL;
	PG_TRY();
	{
		sql_expression_parse(sql);
		valid = true;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(previous);
		FlushErrorState();
	}
	PG_END_TRY();
	return valid ? sql : NULL;
}

static void
check_language(const SqlCondition *condition)
{
	const TransformOption *expression = &condition->transform.class->options[CONDITION_EXPRESSION];
	const char *example = "op = 'u' AND before.id = 2";
	char *sql;

	if (strcmp(transform_text(condition, CONDITION_LANGUAGE), "sql") == 0)
		return;
	sql = translation(condition);
	if (sql != NULL)
		transform_option_error(&condition->transform, CONDITION_LANGUAGE, "Conditions run in the server, in SQL.",
							   psprintf("Set language=sql and %s=%s", expression->name, sql));
	transform_option_error(
		&condition->transform, CONDITION_LANGUAGE, "Conditions run in the server, in SQL.",
		psprintf("Set language=sql and write the expression in SQL; value.op == 'u' && value.before.id == 2, for one, "
				 "is %s.  See docs/conditions.md.",
				 example));
}

/* In the settings' care, since what a backslash in a literal means is one of them. */
static void
parse(void *arg)
{
	SqlCondition *condition = arg;

	condition->tree = sql_expression_parse(condition->text);
}

static void
parse_expression(SqlCondition *condition)
{
	const char *text = transform_text(condition, CONDITION_EXPRESSION);
	MemoryContext previous = CurrentMemoryContext;
	ErrorData *volatile error = NULL;

	PG_TRY();
	{
		condition->text = pg_any_to_server(text, strlen(text), PG_UTF8);
		with_pinned_settings(parse, condition);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(previous);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	if (error != NULL) /* always goes on as another error */
		transform_option_error(&condition->transform, CONDITION_EXPRESSION,
							   error->detail ? psprintf("%s: %s", error->message, error->detail) : error->message,
							   error->hint);
}

void
sql_condition_configure(SqlCondition *condition, const PluginOptions *options, Oid result)
{
	const char *regex = transform_text(condition, CONDITION_TOPIC_REGEX);

	condition->options = options;
	condition->result = result;
	check_language(condition);
	parse_expression(condition);
	if (regex != NULL && *regex != '\0')
		condition->topic_regex = transform_regex(&condition->transform, CONDITION_TOPIC_REGEX, options);
}

/* ---------------------------------------------------------------- evaluation */

/* What is kept for the records of one origin. */
typedef struct ConditionPlan
{
	MemoryContext context;
	SqlProgram *program; /* NULL: not compiled yet, or it failed */
} ConditionPlan;

static void *
new_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	ConditionPlan *plan = palloc0(sizeof(ConditionPlan));

	plan->context = CurrentMemoryContext;
	return plan;
}

static Datum
evaluate(const SqlCondition *condition, ConditionPlan *plan, const ConnectRecord *record, bool *is_null)
{
	if (plan->program == NULL)
	{
		SqlTarget target = {.text = condition->text,
							.result = condition->result,
							.rel = record->change->rel,
							.key = record->change->key};

		plan->program = sql_program_new(plan->context, condition->tree, &target, condition->options);
	}
	return sql_program_run(plan->program, record, is_null);
}

/* The session's, or the server's, end is no failure of the expression. */
static bool
is_interrupt(const ErrorData *error)
{
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION;
}

/* The detail ends with a full stop, the message does not. */
static char *
message_of(const ErrorData *error)
{
	char *message = error->detail ? psprintf("%s: %s", error->message, error->detail) : error->message;

	return error->hint ? psprintf("%s%s Hint: %s", message, error->detail ? "" : ".", error->hint) : message;
}

/* Caught errors must not leave locks, pins and references behind: the subtransaction's end takes them. */
static Failure *
evaluate_safely(const SqlCondition *condition, ConditionPlan *plan, const ConnectRecord *record, Datum *value,
				bool *is_null)
{
	MemoryContext event = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Failure *volatile failure = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(event);
	PG_TRY();
	{
		*value = evaluate(condition, plan, record, is_null);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(event);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(event);
		CurrentResourceOwner = owner;
		if (is_interrupt(error))
			ReThrowError(error);
		failure = palloc(sizeof(Failure));
		failure->compiling = plan->program == NULL;
		failure->message = message_of(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(event);
	CurrentResourceOwner = owner;
	return failure;
}

/* ---------------------------------------------------------------- failures */

const char *
sql_condition_shown(const char *text)
{
	Size size;
	const char *utf8 = text_to_utf8(text, strlen(text), &size);

	if (utf8 == NULL)
		return "?";
	if (size <= SHOWN_LIMIT)
		return pnstrdup(utf8, size);
	return psprintf("%.*s...", pg_encoding_mbcliplen(PG_UTF8, utf8, (int) size, SHOWN_LIMIT), utf8);
}

/*
 * The modes of Debezium's EventDispatcher, which meets failures of its own
 * there.  What cannot be compiled would fail for each row of the table, so no
 * mode makes that a silent loss.
 */
static ConditionOutcome
handle_failure(const SqlCondition *condition, ConnectRecord *record, const Failure *failure)
{
	const Transform *transform = &condition->transform;
	const RecordChange *change = record->change;
	const char *name = transform->class->options[CONDITION_EXPRESSION].name;
	const char *expression = sql_condition_shown(condition->text);
	const char *message = sql_condition_shown(failure->message);
	int mode = (int) option_number(condition->options, EVENT_PROCESSING_FAILURE_HANDLING_MODE);

	if (failure->compiling)
		record_refuse(record, "%s%s cannot be used for table %s.%s: %s (%s)", transform->prefix, name,
					  change->schema_name, change->table_name, message, expression);
	else if (mode == FAILURE_FAIL)
		record_refuse(record, "%s%s failed for a row of table %s.%s: %s (%s)", transform->prefix, name,
					  change->schema_name, change->table_name, message, expression);
	if (record->refusal != NULL)
		return CONDITION_KEEP;
	ereport(mode == FAILURE_WARN ? WARNING : DEBUG1,
			(errcode(ERRCODE_WARNING),
			 errmsg("%s%s failed for a row of table %s.%s, the record is skipped: %s", transform->prefix, name,
					change->schema_name, change->table_name, message),
			 errdetail("LSN %X/%X, expression %s", LSN_FORMAT_ARGS(change->lsn), expression)));
	return CONDITION_DROP;
}

ConditionOutcome
sql_condition_apply(SqlCondition *condition, ConnectRecord *record, Datum *value, bool *is_null)
{
	ConditionPlan *plan;
	Failure *failure;

	if (condition->topic_regex != NULL &&
		!java_regex_matches(condition->topic_regex, record->topic, strlen(record->topic)))
		return CONDITION_KEEP;
	if (record->value.kind == VALUE_NULL && transform_number(condition, CONDITION_NULL_HANDLING) != NULL_EVALUATE)
		return transform_number(condition, CONDITION_NULL_HANDLING) == NULL_DROP ? CONDITION_DROP : CONDITION_KEEP;
	if (record->change == NULL || record->change->rel == NULL)
		return CONDITION_KEEP;
	plan = record_plan(record, &condition->transform, NULL, NULL, new_plan);
	failure = evaluate_safely(condition, plan, record, value, is_null);
	if (failure == NULL)
		return CONDITION_EVALUATED;
	if (plan->program != NULL)
		sql_program_free(plan->program);
	plan->program = NULL;
	return handle_failure(condition, record, failure);
}
