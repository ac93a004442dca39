/*-------------------------------------------------------------------------
 *
 * structured_value.h
 *	  The structs of time.precision.mode=structured: which fields each has,
 *	  their schema and their values.
 *
 * Source: io.debezium.time.Structured*.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STRUCTURED_VALUE_H
#define STRUCTURED_VALUE_H

#include "value_encoder.h"

typedef enum StructuredField
{
	STRUCTURED_YEAR,
	STRUCTURED_MONTH,
	STRUCTURED_DAY,
	STRUCTURED_HOUR,
	STRUCTURED_MINUTE,
	STRUCTURED_SECOND,
	STRUCTURED_YEARS,
	STRUCTURED_MONTHS,
	STRUCTURED_DAYS,
	STRUCTURED_HOURS,
	STRUCTURED_MINUTES,
	STRUCTURED_SECONDS,
	STRUCTURED_NANOS,
	STRUCTURED_OFFSET_SECONDS,
	STRUCTURED_ZONE_ID,
	STRUCTURED_SPECIAL_VALUE,
	STRUCTURED_PRECISION,
	STRUCTURED_FIELD_COUNT
} StructuredField;

/* Precision comes from the codec; with a special value all numbers are null. */
typedef struct StructuredValue
{
	int64 number[STRUCTURED_FIELD_COUNT];
	const char *zone_id;
	const char *special_value;
} StructuredValue;

/* What codec->extra of such a codec points to; a constant. */
typedef struct StructuredLayout
{
	const char *name;
	const StructuredField *fields;
	int count;
} StructuredLayout;

/* ValueEncoder.schema of a codec with such an extra. */
extern ConnectSchema *structured_schema(const ValueCodec *codec);

extern void structured_write(const ValueCodec *codec, const StructuredValue *value, JsonWriter *writer);

#endif /* STRUCTURED_VALUE_H */
