/*-------------------------------------------------------------------------
 *
 * encode_numeric.h
 *	  numeric and money in the three decimal.handling.modes (reference 4.1,
 *	  13.2).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_NUMERIC_H
#define ENCODE_NUMERIC_H

#include "postgres.h"

#include "value_encoder.h"

/* Completes the codec from type, typmod and modes; false: not a type of this file. */
extern bool numeric_codec(ValueCodec *codec);

#endif /* ENCODE_NUMERIC_H */
