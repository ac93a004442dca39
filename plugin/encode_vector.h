/*-------------------------------------------------------------------------
 *
 * encode_vector.h
 *	  pgvector's vector, halfvec and sparsevec (reference 4.1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_VECTOR_H
#define ENCODE_VECTOR_H

#include "value_encoder.h"

/*
 * Completes the codec from type and modes; false: not a type of this file, or
 * debezium.version is before 3.0.
 */
extern bool vector_codec(ValueCodec *codec);

#endif /* ENCODE_VECTOR_H */
