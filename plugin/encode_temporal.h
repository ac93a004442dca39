/*-------------------------------------------------------------------------
 *
 * encode_temporal.h
 *	  date, time, timetz, timestamp, timestamptz and interval in all values
 *	  of time.precision.mode and interval.handling.mode.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_TEMPORAL_H
#define ENCODE_TEMPORAL_H

#include "value_encoder.h"

/*
 * Fills encoder, precision and extra from type, typmod and modes.  False, and
 * nothing changed, if the type is none of the six.
 */
extern bool temporal_codec(ValueCodec *codec);

#endif /* ENCODE_TEMPORAL_H */
