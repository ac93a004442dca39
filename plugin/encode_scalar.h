/*-------------------------------------------------------------------------
 *
 * encode_scalar.h
 *	  Booleans, integers and floats (reference 4.1, 13.2).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_SCALAR_H
#define ENCODE_SCALAR_H

#include "postgres.h"

#include "value_encoder.h"

/* Completes the codec from type, typmod and modes; false: not a type of this file. */
extern bool scalar_codec(ValueCodec *codec);

/* Whether text is a decimal number as Java's BigDecimal reads it: sign, digits, point, exponent. */
extern bool is_decimal_text(const char *text);

#endif /* ENCODE_SCALAR_H */
