/*-------------------------------------------------------------------------
 *
 * transform_operand.h
 *	  What Kafka Connect's transforms of keys and values share: each comes
 *	  as <name>$Key and <name>$Value, and most make a structure out of
 *	  another one's fields.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TRANSFORM_OPERAND_H
#define TRANSFORM_OPERAND_H

#include "postgres.h"

#include "schema_copy.h"
#include "transform.h"

#define CONNECT_TRANSFORMS "org.apache.kafka.connect.transforms."
#define CONNECT_DATA "org.apache.kafka.connect.data."

#define REPLACE_NULL_WITH_DEFAULT \
	{ \
		"replace.null.with.default", OPTION_BOOL, .default_value = "true" \
	}

/* The two classes of a transform that is Java's java_name$Key and java_name$Value. */
#define KEY_AND_VALUE_CLASSES(name, java_name, struct_name, option_array, configure_function, apply_function) \
	const TransformClass transform_##name##_key = { \
		.type = CONNECT_TRANSFORMS java_name "$Key", \
		.size = sizeof(struct_name), \
		TRANSFORM_OPTIONS(option_array), \
		.configure = (configure_function), \
		.apply = (apply_function), \
	}; \
	const TransformClass transform_##name##_value = { \
		.type = CONNECT_TRANSFORMS java_name "$Value", \
		.size = sizeof(struct_name), \
		TRANSFORM_OPTIONS(option_array), \
		.configure = (configure_function), \
		.apply = (apply_function), \
	}

/* The key or the value of a record: what the transform works on. */
typedef struct Operand
{
	ConnectRecord *record;
	const ConnectSchema **schema;
	ConnectValue *value; /* resolved */
} Operand;

extern Operand operand_of(const Transform *transform, ConnectRecord *record);

static inline bool
operand_is_null(const Operand *operand)
{
	return operand->value->kind == VALUE_NULL;
}

/*
 * Is it a structure that can be taken apart?  If not, the record is refused
 * in the words of Requirements.requireStruct, or requireMap where there is no
 * schema.
 */
extern bool operand_is_struct(const Operand *operand, const char *purpose);

/* The same for a structure inside of one. */
extern bool require_struct(ConnectRecord *record, const ConnectSchema *schema, const ConnectValue *value,
						   const char *purpose);

/* The Java class of a resolved value, as Debezium's records have it. */
extern const char *java_class_of(const ConnectSchema *schema, const ConnectValue *value);

/* Schema.Type as Java prints it: INT8, FLOAT32, STRUCT. */
extern const char *java_type_name(const ConnectSchema *schema);

/* Is the schema that logical type of Connect ("Decimal", "Date", "Time", "Timestamp")? */
extern bool is_connect_type(const ConnectSchema *schema, const char *name);

/* A schema as field `field` of another structure: the same if that is its name already, else a copy. */
extern const ConnectSchema *schema_as_field(const ConnectSchema *schema, const char *field);

/* How a structure is made out of another one. */
typedef struct StructPlan
{
	ConnectSchema *schema; /* of what is made */
	const char *refusal;   /* why that cannot be had, for every record; NULL: it can */
	List *sources;		   /* of FieldSource *, one per field of schema */
} StructPlan;

typedef struct FieldSource
{
	int index;					 /* of the field that the value comes from; -1: none, it stays null */
	const ConnectSchema *schema; /* of that field */
} FieldSource;

/* An empty plan whose structure will be of that schema, which has no fields yet. */
extern StructPlan *struct_plan_new(ConnectSchema *schema);

/* A plan for a copy: the schema stays the very same. */
extern StructPlan *struct_plan_same(const ConnectSchema *schema);

/* Appends a field named name, of that schema, whose values come from input's field at index, or (-1) from nowhere. */
extern void struct_plan_add(StructPlan *plan, const char *name, const ConnectSchema *schema, const ConnectSchema *input,
							int index);

/* Appends input's field as it is. */
extern void struct_plan_keep(StructPlan *plan, const ConnectSchema *input, int index);

/* The same for all of its fields. */
extern void struct_plan_keep_all(StructPlan *plan, const ConnectSchema *input);

/* The structure; with defaults, fields that are null have their schema's default (Struct#get). */
extern ConnectValue struct_plan_apply(const StructPlan *plan, const ConnectValue *input, bool defaults);

/* Replaces the operand by what the plan makes of it, or refuses the record if the plan does. */
extern void operand_replace(Operand *operand, const StructPlan *plan, bool defaults);

/* One field's value of a resolved structure, resolved; with defaults, its default if it is null. */
extern ConnectValue struct_item(const ConnectSchema *schema, const ConnectValue *value, int index, bool defaults);

#endif /* TRANSFORM_OPERAND_H */
