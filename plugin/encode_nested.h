/*-------------------------------------------------------------------------
 *
 * encode_nested.h
 *	  Arrays and hstore (reference 4.1, 4.3).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_NESTED_H
#define ENCODE_NESTED_H

#include "value_encoder.h"

/*
 * Completes the codec from type, typmod and modes, the element's included.
 * False: not a type of this file, or an array that Debezium leaves out.
 */
extern bool nested_codec(ValueCodec *codec);

#endif /* ENCODE_NESTED_H */
