/*-------------------------------------------------------------------------
 *
 * flatten_fields.c
 *	  See flatten_fields.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "flatten_fields.h"
#include "java_split.h"
#include "schema_copy.h"

/* ---------------------------------------------------------------- reading */

/* The structure of a field that is named alone. */
static const char *
usual_parent(const char *field)
{
	static const char *const of_envelope[] = {"op", "ts_ms", "ts_us", "ts_ns"};
	static const char *const of_transaction[] = {"id", "data_collection_order", "total_order"};

	for (int i = 0; i < lengthof(of_envelope); i++)
		if (strcmp(field, of_envelope[i]) == 0)
			return NULL;
	for (int i = 0; i < lengthof(of_transaction); i++)
		if (strcmp(field, of_transaction[i]) == 0)
			return "transaction";
	return strcmp(field, "updateDescription") == 0 ? field : "source";
}

FieldReference *
field_reference(const char *text, const char *prefix)
{
	FieldReference *reference = palloc0(sizeof(FieldReference));
	List *names = java_split(text, ':');
	List *path = java_split(linitial(names), '.');
	bool bare = list_length(path) == 1;

	if (list_length(names) > 2)
		return NULL;
	reference->field = bare ? linitial(path) : lsecond(path);
	reference->parent = bare ? usual_parent(reference->field) : linitial(path);
	if (list_length(names) == 2)
		reference->new_name = psprintf("%s%s", prefix, (const char *) lsecond(names));
	else if (bare)
		reference->new_name = psprintf("%s%s", prefix, reference->field);
	else
		reference->new_name = psprintf("%s%s_%s", prefix, reference->parent, reference->field);
	return reference;
}

/* ---------------------------------------------------------------- places */

/* False: no such field, or (refusal) no such structure. */
static bool
locate(AddedField *field, const ConnectSchema *envelope, const char **refusal)
{
	const FieldReference *reference = field->reference;
	const ConnectSchema *parent = envelope;

	field->parent = field->index = field->outer = -1;
	if (reference->parent != NULL)
	{
		field->parent = connect_field_index(envelope, reference->parent);
		if (field->parent < 0)
		{
			*refusal = psprintf("the envelope has no field '%s' (java.lang.NullPointerException)", reference->parent);
			return false;
		}
		parent = connect_field_schema(envelope, field->parent);
		if (strcmp(parent->type, "struct") != 0)
		{
			*refusal = psprintf("Cannot look up fields on non-struct type: field '%s'", reference->parent);
			return false;
		}
	}
	field->index = connect_field_index(parent, reference->field);
	if (field->index < 0)
	{
		field->outer = connect_field_index(envelope, reference->field);
		parent = envelope;
	}
	if (field->index < 0 && field->outer < 0)
		return false;
	field->source = connect_field_schema(parent, Max(field->index, field->outer));
	return true;
}

AddedFields *
added_fields_new(const List *references, const ConnectSchema *envelope)
{
	AddedFields *fields = palloc0(offsetof(AddedFields, items) + list_length(references) * sizeof(AddedField));
	ListCell *cell;

	foreach (cell, references)
	{
		AddedField *field = &fields->items[fields->count];

		field->reference = lfirst(cell);
		if (!locate(field, envelope, &fields->refusal))
			continue;
		field->schema = schema_basics(field->source);
		field->schema->optional = true;
		fields->count++;
	}
	return fields;
}

const char *
added_fields_append(const AddedFields *fields, ConnectSchema *schema)
{
	const char *refusal = fields->refusal;

	for (int i = 0; i < fields->count && refusal == NULL; i++)
		refusal = schema_append(schema, fields->items[i].reference->new_name, fields->items[i].schema);
	return refusal;
}

/* ---------------------------------------------------------------- values */

ConnectValue
added_field_value(const AddedField *field, const ConnectSchema *envelope, ConnectValue *value)
{
	ConnectValue *parent = value;
	ConnectValue found;

	if (field->parent >= 0)
	{
		parent = &value->items[field->parent];
		connect_value_resolve(connect_field_schema(envelope, field->parent), parent);
		if (parent->kind != VALUE_STRUCT) /* null, or not taken apart */
			return connect_null();
	}
	found = field->index >= 0 ? parent->items[field->index] : value->items[field->outer];
	if (field->source->default_json != NULL)
		connect_value_resolve(field->source, &found);
	return found;
}

bool
added_field_fits(const AddedField *field, ConnectValue *value)
{
	if (field->source->fields == NIL && field->source->values == NULL)
		return true;
	connect_value_resolve(field->source, value);
	return value->kind == VALUE_NULL;
}
