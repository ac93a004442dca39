/*-------------------------------------------------------------------------
 *
 * connect_value.h
 *	  Values of Kafka Connect schemas, for records that a transform looks at
 *	  or that another converter than JsonConverter writes.
 *
 * A value is deferred as long as nobody looks at it: a column, or all of
 * "source", then goes from the row to the record's bytes by the very encoder
 * that records without transforms use.  connect_value_resolve() makes what is
 * deferred concrete; only scalars and structures are taken apart, arrays, maps
 * and structures of one column (a point, an interval) stay rendered JSON.
 *
 * Values, like all that transforms make, live in the event's memory context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONNECT_VALUE_H
#define CONNECT_VALUE_H

#include "postgres.h"

#include "connect_schema.h"
#include "json_writer.h"
#include "value_encoder.h"

typedef enum ValueKind
{
	VALUE_NULL,
	VALUE_BOOLEAN,
	VALUE_INTEGER, /* int8 to int64 */
	VALUE_FLOAT,   /* float and double */
	VALUE_STRING,  /* UTF-8 */
	VALUE_BYTES,   /* of a Decimal: its unscaled value, big endian */
	VALUE_ARRAY,   /* items of schema->items */
	VALUE_STRUCT,  /* items in the order of schema->fields */
	VALUE_JSON,	   /* array, map or structure of one column, as JsonConverter writes it */
	VALUE_HOLE,	   /* text that the reader of the frames fills in: HOLE_* */
	VALUE_DEFERRED
} ValueKind;

typedef struct ConnectValue ConnectValue;
typedef struct ConnectOutput ConnectOutput;

/* Where a deferred value comes from. index is the value's own, a column number for instance. */
typedef struct DeferredMethods
{
	/* Writes the value as JsonConverter does. */
	void (*write)(const void *source, int index, ConnectOutput *output);
	/* Makes it concrete. */
	void (*resolve)(const void *source, int index, const ConnectSchema *schema, ConnectValue *value);
	/* How many holes write() leaves; NULL: none. */
	int (*holes)(const void *source);
} DeferredMethods;

struct ConnectValue
{
	ValueKind kind;
	int count; /* items; index of a deferred value */
	union
	{
		bool boolean;
		int64 integer;
		double number;
		ConnectValue *items;
		struct
		{
			const char *bytes;
			Size size;
		};
		struct
		{
			const DeferredMethods *methods;
			const void *source;
		};
	};
};

/* What a snapshot says where nobody fills in which of its rows it is. */
#define HOLE_TEXT "true"

/* The same for any HOLE_*: a sequence without its LSNs. */
extern const char *connect_hole_text(uint8 kind);

/* How and where JSON is written. */
struct ConnectOutput
{
	JsonWriter *writer;
	DecimalFormat decimal_format;
	bool show_defaults; /* replace.null.with.default */
	bool resolve;		/* what is deferred would write itself for another converter */
	/* Leaves a hole at that offset of the writer; NULL: connect_hole_text() is written. */
	void (*hole)(void *arg, uint8 kind, Size offset);
	void *arg;
	const char *obstacle; /* set to why a value cannot be written; NULL: all was */
};

extern ConnectValue connect_null(void);
extern ConnectValue connect_boolean(bool value);
extern ConnectValue connect_integer(int64 value);
extern ConnectValue connect_float(double value);
/* Borrowed: the text must live as long as the event. */
extern ConnectValue connect_string(const char *utf8);
extern ConnectValue connect_string_sized(const char *utf8, Size size);
extern ConnectValue connect_bytes(const char *bytes, Size size);
/* A structure of that schema with all fields null, to be filled. */
extern ConnectValue connect_struct(const ConnectSchema *schema);

/* Makes value concrete; of a structure not its fields.  A NULL kind may come out of it. */
extern void connect_value_resolve(const ConnectSchema *schema, ConnectValue *value);

/* Index of the field of that name in a struct schema, -1: there is none. */
extern int connect_field_index(const ConnectSchema *schema, const char *name);

/* The schema of a field by index. */
extern const ConnectSchema *connect_field_schema(const ConnectSchema *schema, int index);

/*
 * The field of a structure, not resolved; NULL if it has none of that name or
 * is null itself.  Resolves the structure.  *field: its schema.
 */
extern ConnectValue *connect_field(const ConnectSchema *schema, ConnectValue *value, const char *name,
								   const ConnectSchema **field);

/* The same, with the field resolved and, if it is null, replaced by its schema's default (Struct#get). */
extern ConnectValue *connect_get(const ConnectSchema *schema, ConnectValue *value, const char *name,
								 const ConnectSchema **field);

/* The default of a schema as a value; null if it has none. */
extern ConnectValue connect_default(const ConnectSchema *schema);

/* As JsonConverter writes the payload; a required value that is null is an obstacle. */
extern void connect_value_json(const ConnectSchema *schema, ConnectValue *value, ConnectOutput *output);

/* How many holes connect_value_json() leaves. */
extern int connect_value_holes(const ConnectValue *value);

/*
 * Java's toString() of the value (StringConverter, String.valueOf): text bare,
 * Struct{a=1}.  Bytes and dates are an obstacle (connect_text_obstacle()),
 * which it returns; NULL: it was written.
 */
extern const char *connect_value_text(const ConnectSchema *schema, ConnectValue *value, JsonWriter *writer);

/* The same as a C string in the current context; NULL for null and for what has no text. */
extern char *connect_value_cstring(const ConnectSchema *schema, ConnectValue *value);

#endif /* CONNECT_VALUE_H */
