/*-------------------------------------------------------------------------
 *
 * encode_structured.c
 *	  Dates and times in time.precision.mode=structured.
 *
 * Such columns never have a default in the schema: Connect cannot carry a
 * struct there (KAFKA-12694).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "structured_value.h"
#include "temporal_shapes.h"
#include "temporal_text.h"

#define POSITIVE_INFINITY "POSITIVE_INFINITY"
#define NEGATIVE_INFINITY "NEGATIVE_INFINITY"

static void
set_date(StructuredValue *value, int64 epoch_day)
{
	CivilDate date = civil_date(epoch_day);

	value->number[STRUCTURED_YEAR] = date.year;
	value->number[STRUCTURED_MONTH] = date.month;
	value->number[STRUCTURED_DAY] = date.day;
}

static void
set_clock(StructuredValue *value, int32 second_of_day, int32 micros)
{
	value->number[STRUCTURED_HOUR] = second_of_day / SECS_PER_HOUR;
	value->number[STRUCTURED_MINUTE] = second_of_day / SECS_PER_MINUTE % MINS_PER_HOUR;
	value->number[STRUCTURED_SECOND] = second_of_day % SECS_PER_MINUTE;
	value->number[STRUCTURED_NANOS] = micros * 1000;
}

static bool
encode_date(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	DateADT date = DatumGetDateADT(datum);
	StructuredValue value = {0};

	if (DATE_NOT_FINITE(date))
		value.special_value = DATE_IS_NOEND(date) ? POSITIVE_INFINITY : NEGATIVE_INFINITY;
	else
		set_date(&value, (int64) date + POSTGRES_EPOCH_DAY);
	structured_write(codec, &value, writer);
	return true;
}

/* java.time.LocalTime has no 24:00. */
static bool
encode_time(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	TimeADT time = DatumGetTimeADT(datum);
	StructuredValue value = {0};

	if (time >= USECS_PER_DAY)
		return false;
	set_clock(&value, (int32) (time / USECS_PER_SEC), (int32) (time % USECS_PER_SEC));
	structured_write(codec, &value, writer);
	return true;
}

/* Clock and offset as they stand, 24:00 included. */
static bool
encode_timetz(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	const TimeTzADT *time = DatumGetTimeTzADTP(datum);
	StructuredValue value = {0};

	set_clock(&value, (int32) (time->time / USECS_PER_SEC), (int32) (time->time % USECS_PER_SEC));
	value.number[STRUCTURED_OFFSET_SECONDS] = -time->zone;
	structured_write(codec, &value, writer);
	return true;
}

/* timestamp, and timestamptz in UTC. */
static bool
encode_timestamp(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	StructuredValue value = {0};

	if (TIMESTAMP_NOT_FINITE(timestamp))
		value.special_value = TIMESTAMP_IS_NOEND(timestamp) ? POSITIVE_INFINITY : NEGATIVE_INFINITY;
	else
	{
		SplitTimestamp parts = split_timestamp(timestamp);

		set_date(&value, parts.epoch_day);
		set_clock(&value, parts.second, parts.micros);
		value.zone_id = "Z";
	}
	structured_write(codec, &value, writer);
	return true;
}

/* 1970-01-01, 00:00:00 and no zone. */
static bool
structured_filler(const ValueCodec *codec, JsonWriter *writer)
{
	StructuredValue value = {0};

	set_date(&value, 0);
	structured_write(codec, &value, writer);
	return true;
}

#define STRUCTURED_ENCODER(encode_function) \
	{ \
		.name = "structured", .schema = structured_schema, .encode = encode_function, .filler = structured_filler \
	}

static const ValueEncoder date_encoder = STRUCTURED_ENCODER(encode_date);
static const ValueEncoder time_encoder = STRUCTURED_ENCODER(encode_time);
static const ValueEncoder timetz_encoder = STRUCTURED_ENCODER(encode_timetz);
static const ValueEncoder timestamp_encoder = STRUCTURED_ENCODER(encode_timestamp);

static const StructuredField date_fields[] = {STRUCTURED_YEAR, STRUCTURED_MONTH, STRUCTURED_DAY,
											  STRUCTURED_SPECIAL_VALUE};
static const StructuredField time_fields[] = {STRUCTURED_HOUR, STRUCTURED_MINUTE, STRUCTURED_SECOND, STRUCTURED_NANOS,
											  STRUCTURED_PRECISION};
static const StructuredField timetz_fields[] = {STRUCTURED_HOUR,  STRUCTURED_MINUTE,		 STRUCTURED_SECOND,
												STRUCTURED_NANOS, STRUCTURED_OFFSET_SECONDS, STRUCTURED_PRECISION};
static const StructuredField timestamp_fields[] = {STRUCTURED_YEAR,	 STRUCTURED_MONTH,		   STRUCTURED_DAY,
												   STRUCTURED_HOUR,	 STRUCTURED_MINUTE,		   STRUCTURED_SECOND,
												   STRUCTURED_NANOS, STRUCTURED_SPECIAL_VALUE, STRUCTURED_PRECISION};
static const StructuredField timestamptz_fields[] = {
	STRUCTURED_YEAR,	STRUCTURED_MONTH,		  STRUCTURED_DAY,	   STRUCTURED_HOUR,
	STRUCTURED_MINUTE,	STRUCTURED_SECOND,		  STRUCTURED_NANOS,	   STRUCTURED_OFFSET_SECONDS,
	STRUCTURED_ZONE_ID, STRUCTURED_SPECIAL_VALUE, STRUCTURED_PRECISION};

#define LAYOUT(schema_name, field_list) \
	{ \
		.name = "io.debezium.time." schema_name, .fields = field_list, .count = lengthof(field_list) \
	}

static const StructuredLayout date_layout = LAYOUT("StructuredDate", date_fields);
static const StructuredLayout time_layout = LAYOUT("StructuredTime", time_fields);
static const StructuredLayout timetz_layout = LAYOUT("StructuredZonedTime", timetz_fields);
static const StructuredLayout timestamp_layout = LAYOUT("StructuredTimestamp", timestamp_fields);
static const StructuredLayout timestamptz_layout = LAYOUT("StructuredZonedTimestamp", timestamptz_fields);

static const struct
{
	Oid type;
	const ValueEncoder *encoder;
	const StructuredLayout *layout;
} structured_types[] = {
	{DATEOID, &date_encoder, &date_layout},
	{TIMEOID, &time_encoder, &time_layout},
	{TIMETZOID, &timetz_encoder, &timetz_layout},
	{TIMESTAMPOID, &timestamp_encoder, &timestamp_layout},
	{TIMESTAMPTZOID, &timestamp_encoder, &timestamptz_layout},
};

void
structured_codec(ValueCodec *codec)
{
	for (int i = 0; i < (int) lengthof(structured_types); i++)
	{
		if (structured_types[i].type != codec->type)
			continue;
		codec->encoder = structured_types[i].encoder;
		codec->extra = unconstify(StructuredLayout *, structured_types[i].layout);
	}
}
