/*-------------------------------------------------------------------------
 *
 * transform.h
 *	  What a single message transform or predicate is.
 *
 * To add one: write a file with a TransformClass, and name that in
 * transform_table.def.  apply() looks at what it needs and replaces what it
 * changes; what it does not look at is never made.  Whatever depends on the
 * schema only (output schema, positions of fields) belongs into a plan
 * (record_plan()).
 *
 *-------------------------------------------------------------------------
 */
#ifndef TRANSFORM_H
#define TRANSFORM_H

#include "postgres.h"

#include "java_regex.h"
#include "plugin_options.h"
#include "record.h"

/* An option behind transforms.<alias>. or predicates.<alias>. */
typedef struct TransformOption
{
	const char *name;
	OptionKind kind;
	const char *default_value; /* NULL: none */
	const char *allowed;	   /* of OPTION_ENUM a|b|c, of OPTION_INT low..high; NULL: anything */
	bool required;
} TransformOption;

typedef enum TransformResult
{
	RECORD_KEPT,
	RECORD_DROPPED
} TransformResult;

typedef struct TransformClass
{
	const char *type; /* the Java class, as transforms.<alias>.type has it */
	Size size;		  /* of the struct that begins with Transform */
	const TransformOption *options;
	int option_count;

	/*
	 * Checks options and derives what is needed from them, in the session's
	 * context, which is current.  ERROR: transform_option_error().  NULL:
	 * nothing to do.
	 */
	void (*configure)(Transform *transform, const PluginOptions *options);

	/*
	 * Changes the record in place, in the event's context.  A failure is
	 * record_refuse()d.  NULL: a predicate.
	 */
	TransformResult (*apply)(Transform *transform, ConnectRecord *record);

	/*
	 * What it adds to the headers of a delete is on the tombstone, too: in
	 * Java both records have one Headers object, until a transform copies it.
	 */
	bool keeps_headers;

	/* Of a predicate. */
	bool (*test)(Transform *transform, const ConnectRecord *record);
} TransformClass;

/* All classes that there are. */
#define TRANSFORM(object) extern const TransformClass object;
#define PREDICATE(object) extern const TransformClass object;
#include "transform_table.def"
#undef TRANSFORM
#undef PREDICATE

/* One configured transform or predicate; extended by its class. */
struct Transform
{
	const TransformClass *class;
	const char *prefix;	  /* "transforms.<alias>." */
	OptionValue *values;  /* by index in class->options */
	Transform *predicate; /* NULL: always applied */
	bool negate;
};

#define transform_text(transform, index) (((const Transform *) (transform))->values[index].text)
#define transform_bool(transform, index) (((const Transform *) (transform))->values[index].boolean)
#define transform_number(transform, index) (((const Transform *) (transform))->values[index].number)
#define transform_is_set(transform, index) (((const Transform *) (transform))->values[index].is_set)

/* The items of a comma-separated list, trimmed, empty ones left out: List of char *. */
extern List *transform_list(const Transform *transform, int index);

/* Is name among them? */
extern bool transform_lists(const List *names, const char *name);

/* ERROR: the option's name, its value, what is wrong and what to do about it (NULL: nothing to say). */
extern void transform_option_error(const Transform *transform, int index, const char *detail, const char *hint)
	__attribute__((noreturn));

/* The option as a pattern in Java's dialect, compiled; ERROR names the option. */
extern JavaRegex *transform_regex(const Transform *transform, int index, const PluginOptions *options);

#define TRANSFORM_OPTIONS(array) .options = (array), .option_count = lengthof(array)

#endif /* TRANSFORM_H */
