/*-------------------------------------------------------------------------
 *
 * transform_replace_field.c
 *	  org.apache.kafka.connect.transforms.ReplaceField: fields left out and
 *	  renamed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform_operand.h"

typedef struct Rename
{
	const char *from;
	const char *to;
} Rename;

typedef struct ReplaceField
{
	Transform transform;
	List *exclude; /* of char * */
	List *include; /* of char * */
	List *renames; /* of Rename * */
} ReplaceField;

enum
{
	EXCLUDE,
	INCLUDE,
	RENAMES,
	DEFAULTS
};

static const TransformOption replace_options[] = {
	[EXCLUDE] = {"exclude", OPTION_LIST},
	[INCLUDE] = {"include", OPTION_LIST},
	[RENAMES] = {"renames", OPTION_LIST},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

/* Java's split drops empty parts at the end, so a trailing colon is no second part. */
static Rename *
parse_rename(const Transform *transform, char *text)
{
	Rename *rename = palloc(sizeof(Rename));
	char *colon = strchr(text, ':');
	Size to = colon ? strcspn(colon + 1, ":") : 0;

	if (to == 0 || colon[1 + to + strspn(colon + 1 + to, ":")] != '\0')
		transform_option_error(transform, RENAMES, psprintf("Invalid rename mapping: %s", text),
							   "Pairs look like old:new.");
	rename->from = pnstrdup(text, colon - text);
	rename->to = pnstrdup(colon + 1, to);
	return rename;
}

/* A later pair with the same old name takes the place of an earlier one. */
static void
add_rename(ReplaceField *replace, Rename *rename)
{
	ListCell *cell;

	foreach (cell, replace->renames)
	{
		Rename *other = lfirst(cell);

		if (strcmp(other->from, rename->from) == 0)
		{
			*other = *rename;
			return;
		}
	}
	replace->renames = lappend(replace->renames, rename);
}

/* Which of two fields Connect would take depends on the order of a hash table. */
static void
refuse_common_targets(const ReplaceField *replace)
{
	ListCell *cell;
	ListCell *other;

	foreach (cell, replace->renames)
	{
		for_each_from(other, replace->renames,
					  foreach_current_index(cell) +
						  1) if (strcmp(((Rename *) lfirst(cell))->to, ((Rename *) lfirst(other))->to) == 0)
			transform_option_error(&replace->transform, RENAMES, "Two fields are renamed to the same name.", NULL);
	}
}

static void
replace_configure(Transform *transform, const PluginOptions *options)
{
	ReplaceField *replace = (ReplaceField *) transform;
	ListCell *cell;

	replace->exclude = transform_list(transform, EXCLUDE);
	replace->include = transform_list(transform, INCLUDE);
	foreach (cell, transform_list(transform, RENAMES))
		add_rename(replace, parse_rename(transform, lfirst(cell)));
	refuse_common_targets(replace);
}

static const char *
renamed(const ReplaceField *replace, const char *name)
{
	ListCell *cell;

	foreach (cell, replace->renames)
	{
		if (strcmp(((Rename *) lfirst(cell))->from, name) == 0)
			return ((Rename *) lfirst(cell))->to;
	}
	return name;
}

static const char *
original(const ReplaceField *replace, const char *name)
{
	ListCell *cell;

	foreach (cell, replace->renames)
	{
		if (strcmp(((Rename *) lfirst(cell))->to, name) == 0)
			return ((Rename *) lfirst(cell))->from;
	}
	return name;
}

/*
 * As Connect does, a field's value is found by undoing the renames on its new
 * name: a field that already has the name to which another, excluded one is
 * renamed gets that one's value.
 */
static void
add_field(StructPlan *plan, const ReplaceField *replace, const ConnectSchema *schema, const ConnectSchema *field)
{
	const char *name = renamed(replace, field->field);
	const char *source = original(replace, name);
	int index = connect_field_index(schema, source);

	struct_plan_add(plan, name, field, schema, index);
	if (plan->refusal != NULL)
		return;
	if (index < 0)
		plan->refusal = psprintf("%s is not a valid field name", source);
	else if (strcmp(connect_field_schema(schema, index)->type, field->type) != 0)
		plan->refusal = psprintf("Invalid Java object for schema with type %s for field: %s", field->type, name);
}

static void *
replace_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	const ReplaceField *replace = (const ReplaceField *) transform;
	StructPlan *plan = struct_plan_new(schema_basics(schema));
	ListCell *cell;

	foreach (cell, schema->fields)
	{
		const ConnectSchema *field = lfirst(cell);

		if (!transform_lists(replace->exclude, field->field) &&
			(replace->include == NIL || transform_lists(replace->include, field->field)))
			add_field(plan, replace, schema, field);
	}
	return plan;
}

static TransformResult
replace_apply(Transform *transform, ConnectRecord *record)
{
	Operand operand = operand_of(transform, record);

	if (!operand_is_null(&operand) && operand_is_struct(&operand, "field replacement"))
		operand_replace(&operand, record_plan(record, transform, *operand.schema, NULL, replace_plan),
						transform_bool(transform, DEFAULTS));
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(replace_field, "ReplaceField", ReplaceField, replace_options, replace_configure, replace_apply);
