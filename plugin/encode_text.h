/*-------------------------------------------------------------------------
 *
 * encode_text.h
 *	  Text-like types, UUIDs, enums and ranges: all that is a JSON string (reference 4.1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_TEXT_H
#define ENCODE_TEXT_H

#include "postgres.h"

#include "value_encoder.h"

/* Completes the codec from type, typmod and modes; false: not a type of this file. */
extern bool text_codec(ValueCodec *codec);

/*
 * The same for an array's element that is a domain over an enum; false: it is
 * no such domain.  Its schema has no labels (TypeRegistry.SQL_TYPES joins
 * pg_enum by the domain itself).
 */
extern bool enum_domain_codec(ValueCodec *codec);

/* Server text as a JSON string; false, and nothing written, if it is not valid text. */
extern bool write_text(JsonWriter *writer, const char *text, Size size);

/* Callbacks for other types whose JSON is a string. */
extern ConnectSchema *string_schema(const ValueCodec *codec);
extern bool string_filler(const ValueCodec *codec, JsonWriter *writer);
extern bool string_placeholder(const ValueCodec *codec, JsonWriter *writer);

#endif /* ENCODE_TEXT_H */
