/*-------------------------------------------------------------------------
 *
 * temporal_shapes.h
 *	  What encode_temporal.c, encode_structured.c, encode_interval.c and
 *	  temporal_default.c share; not for others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEMPORAL_SHAPES_H
#define TEMPORAL_SHAPES_H

#include "datatype/timestamp.h"

#include "value_encoder.h"

/* What PostgreSQL keeps of a time when there is no typmod. */
#define TEMPORAL_PRECISION_DEFAULT 6

/* An encoder and the one schema it has; the encoder comes first, so codec->encoder leads back here. */
typedef struct TemporalShape
{
	ValueEncoder encoder;
	const char *type;
	const char *name;
	const char *zero; /* filler text, NULL: the number 0 */
} TemporalShape;

extern ConnectSchema *temporal_schema(const ValueCodec *codec);
extern bool temporal_filler(const ValueCodec *codec, JsonWriter *writer);

/* time.precision.mode=structured: fills encoder and extra, precision is set already. */
extern void structured_codec(ValueCodec *codec);

extern void interval_codec(ValueCodec *codec);

/* Years to minutes as Debezium's PGInterval splits them, all of the sign of what they come from. */
typedef struct IntervalParts
{
	int32 years;
	int32 months;
	int32 days;
	int32 hours;
	int32 minutes;
	int32 micros; /* seconds and their fraction */
} IntervalParts;

/* False if it does not fit, as an infinite interval or more hours than an int. */
extern bool interval_parts(const Interval *interval, IntervalParts *parts);

/* Callbacks of ValueEncoder.default_value. */
extern bool date_default(const ValueCodec *codec, const char *literal, JsonWriter *writer);
extern bool time_default(const ValueCodec *codec, const char *literal, JsonWriter *writer);
extern bool timestamp_default(const ValueCodec *codec, const char *literal, JsonWriter *writer);
extern bool timestamptz_default(const ValueCodec *codec, const char *literal, JsonWriter *writer);
extern bool interval_default(const ValueCodec *codec, const char *literal, JsonWriter *writer);

#endif /* TEMPORAL_SHAPES_H */
