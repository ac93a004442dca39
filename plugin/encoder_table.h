/*-------------------------------------------------------------------------
 *
 * encoder_table.h
 *	  What the encoders need to know about types: the only look-ups in the
 *	  catalogue besides relation_schema's.  All of it happens when a codec is
 *	  made, except enum_new_label().
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODER_TABLE_H
#define ENCODER_TABLE_H

#include "postgres.h"

#include "value_encoder.h"

/* Whether the type has that pg_type name, whatever schema holds it. */
extern bool type_name_is(Oid type, const char *name);
/* The same for the name in UTF-8; in the current context, NULL if there is no such type. */
extern char *type_name(Oid type);

/* Fills codec->output with the type's output function, in the current context. */
extern void codec_set_output(ValueCodec *codec);

/* One label of an enum, in UTF-8. */
typedef struct EnumLabel
{
	Oid value;
	float4 sort_order;
	const char *text;
} EnumLabel;

/* All labels in the order of the type, in the current context. */
extern EnumLabel *enum_labels(Oid type, int *count);

/* Label of a value that is newer than the codec, in the current context; NULL if there is none. */
extern const char *enum_new_label(Oid value);

#endif /* ENCODER_TABLE_H */
