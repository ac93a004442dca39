/*-------------------------------------------------------------------------
 *
 * encode_binary.h
 *	  bytea, types Debezium does not know, and bit strings (reference 4.1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_BINARY_H
#define ENCODE_BINARY_H

#include "postgres.h"

#include "value_encoder.h"

/* Completes the codec from type, typmod and modes; false: not a type of this file. */
extern bool binary_codec(ValueCodec *codec);

/* Makes it the codec of a type Debezium does not know: its text as binary (include.unknown.datatypes). */
extern void unknown_codec(ValueCodec *codec);

#endif /* ENCODE_BINARY_H */
