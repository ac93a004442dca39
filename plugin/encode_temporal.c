/*-------------------------------------------------------------------------
 *
 * encode_temporal.c
 *	  Dates and times as numbers and as ISO 8601 text.
 *
 * One encoder per type and form; which one a column gets is decided once, in
 * temporal_codec().  Quirks of Debezium's Java are kept where a consumer
 * would see the difference (its numbers for infinity), its damage is not:
 * numbers that wrap around, and dates in snapshots, which look like the
 * stream's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "encode_temporal.h"
#include "temporal_shapes.h"
#include "temporal_text.h"

#define EPOCH_OFFSET_USEC (POSTGRES_EPOCH_DAY * USECS_PER_DAY)
#define EPOCH_OFFSET_MSEC (POSTGRES_EPOCH_DAY * (USECS_PER_DAY / 1000))
#define NSECS_PER_DAY (USECS_PER_DAY * 1000)

/* What Debezium makes of infinity. */
#define DATE_INFINITY 2146033979
#define DATE_MINUS_INFINITY (-2147472691)
#define DATE_INFINITY_TEXT "+5877611-06-21Z"
#define DATE_MINUS_INFINITY_TEXT "-5877611-06-22Z"
#define MILLIS_INFINITY INT64CONST(9223372036825200000)
#define MILLIS_MINUS_INFINITY INT64CONST(-9223372036832400000)
#define TIMESTAMP_INFINITY_TEXT "+292278994-08-16T23:00:00Z"
#define TIMESTAMP_MINUS_INFINITY_TEXT "-292275055-05-16T23:00:00Z"

ConnectSchema *
temporal_schema(const ValueCodec *codec)
{
	const TemporalShape *shape = (const TemporalShape *) codec->encoder;

	return connect_schema_named(shape->type, shape->name, 1);
}

bool
temporal_filler(const ValueCodec *codec, JsonWriter *writer)
{
	const TemporalShape *shape = (const TemporalShape *) codec->encoder;

	if (shape->zero)
		json_cstring(writer, shape->zero);
	else
		json_char(writer, '0');
	return true;
}

static inline char *
put_quote(const JsonWriter *writer, char *out)
{
	if (writer->strings == STRINGS_JSON)
		*out++ = '"';
	return out;
}

/* Ends a text begun at start (the opening quote): Z, quote, and counts it. */
static inline void
finish_text(JsonWriter *writer, const char *start, char *out)
{
	*out++ = 'Z';
	out = put_quote(writer, out);
	writer->len += out - start;
}

static bool
encode_date_days(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	DateADT date = DatumGetDateADT(datum);

	if (DATE_IS_NOEND(date))
		json_int64(writer, DATE_INFINITY);
	else if (DATE_IS_NOBEGIN(date))
		json_int64(writer, DATE_MINUS_INFINITY);
	else
		json_int64(writer, (int64) date + POSTGRES_EPOCH_DAY);
	return true;
}

static bool
encode_date_iso(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	DateADT date = DatumGetDateADT(datum);
	char *start;
	char *out;

	if (DATE_NOT_FINITE(date))
	{
		json_cstring(writer, DATE_IS_NOEND(date) ? DATE_INFINITY_TEXT : DATE_MINUS_INFINITY_TEXT);
		return true;
	}
	start = out = json_reserve(writer, TEMPORAL_TEXT_MAX);
	out = put_quote(writer, out);
	out = text_date(out, (int64) date + POSTGRES_EPOCH_DAY);
	finish_text(writer, start, out);
	return true;
}

static bool
encode_time_millis(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_int64(writer, DatumGetTimeADT(datum) / 1000);
	return true;
}

static bool
encode_time_micros(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_int64(writer, DatumGetTimeADT(datum));
	return true;
}

static bool
encode_time_nanos(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_int64(writer, DatumGetTimeADT(datum) * 1000);
	return true;
}

/* Writes a time of day, at most 24:00, which prints as 00:00. */
static void
write_time(JsonWriter *writer, int64 time)
{
	char *start = json_reserve(writer, TEMPORAL_TEXT_MAX);
	char *out = start;
	int32 second = (int32) (time / USECS_PER_SEC);

	out = put_quote(writer, out);
	out = text_clock(out, second == SECS_PER_DAY ? 0 : second);
	out = text_short_fraction(out, (int32) (time - second * USECS_PER_SEC));
	finish_text(writer, start, out);
}

static bool
encode_time_iso(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	write_time(writer, DatumGetTimeADT(datum));
	return true;
}

/*
 * In UTC.  java.time refuses offsets with seconds in this format.  24:00 is
 * kept at offset 0 since 3.7, everywhere else it is the start of a day.
 */
static bool
encode_timetz_iso(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	const TimeTzADT *value = DatumGetTimeTzADTP(datum);
	int64 time = value->time + value->zone * USECS_PER_SEC;

	if (value->zone % SECS_PER_MINUTE != 0)
		return false;
	if (value->time == USECS_PER_DAY && value->zone == 0 && codec->modes->release >= 307)
	{
		json_cstring(writer, "24:00:00Z");
		return true;
	}
	if (time < 0)
		time += USECS_PER_DAY;
	else if (time >= USECS_PER_DAY)
		time -= USECS_PER_DAY;
	write_time(writer, time);
	return true;
}

/* The last 29 years that PostgreSQL knows do not fit; Debezium's number wraps around there. */
static bool
encode_timestamp_micros(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	int64 micros;

	if (TIMESTAMP_NOT_FINITE(timestamp))
		micros = TIMESTAMP_IS_NOEND(timestamp) ? PG_INT64_MAX : PG_INT64_MIN;
	else if (unlikely(pg_add_s64_overflow(timestamp, EPOCH_OFFSET_USEC, &micros)))
		return false;
	json_int64(writer, micros);
	return true;
}

static bool
encode_timestamp_millis(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	int64 millis = timestamp / 1000;

	if (TIMESTAMP_NOT_FINITE(timestamp))
		millis = TIMESTAMP_IS_NOEND(timestamp) ? MILLIS_INFINITY : MILLIS_MINUS_INFINITY;
	else
		millis += EPOCH_OFFSET_MSEC - (timestamp < millis * 1000);
	json_int64(writer, millis);
	return true;
}

/* The day's nanoseconds must fit by themselves, so the range ends at the whole day 1677-09-22. */
static bool
encode_timestamp_nanos(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	SplitTimestamp parts;
	int64 nanos;

	if (TIMESTAMP_NOT_FINITE(timestamp))
	{
		json_int64(writer, TIMESTAMP_IS_NOEND(timestamp) ? PG_INT64_MAX : PG_INT64_MIN);
		return true;
	}
	parts = split_timestamp(timestamp);
	if (pg_mul_s64_overflow(parts.epoch_day, NSECS_PER_DAY, &nanos) ||
		pg_add_s64_overflow(nanos, (parts.second * USECS_PER_SEC + parts.micros) * 1000, &nanos))
		return false;
	json_int64(writer, nanos);
	return true;
}

/* Date, T and clock; the caller writes the fraction and the end. */
static inline char *
begin_timestamp(const JsonWriter *writer, char *out, const SplitTimestamp *parts)
{
	out = put_quote(writer, out);
	out = text_date(out, parts->epoch_day);
	*out++ = 'T';
	return text_clock(out, parts->second);
}

static bool
encode_timestamp_iso(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	SplitTimestamp parts;
	char *start;

	if (TIMESTAMP_NOT_FINITE(timestamp))
	{
		json_cstring(writer, TIMESTAMP_IS_NOEND(timestamp) ? TIMESTAMP_INFINITY_TEXT : TIMESTAMP_MINUS_INFINITY_TEXT);
		return true;
	}
	parts = split_timestamp(timestamp);
	start = json_reserve(writer, TEMPORAL_TEXT_MAX);
	finish_text(writer, start, text_short_fraction(begin_timestamp(writer, start, &parts), parts.micros));
	return true;
}

static bool
encode_timestamptz_iso(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	TimestampTz timestamp = DatumGetTimestampTz(datum);
	SplitTimestamp parts;
	char *start;
	char *start_of_fraction;

	if (TIMESTAMP_NOT_FINITE(timestamp))
	{
		json_cstring(writer, TIMESTAMP_IS_NOEND(timestamp) ? "infinity" : "-infinity");
		return true;
	}
	parts = split_timestamp(timestamp);
	start = json_reserve(writer, TEMPORAL_TEXT_MAX);
	start_of_fraction = begin_timestamp(writer, start, &parts);
	/* a width of 0 is none to ZonedTimestamp: a default that no server has rounded keeps its digits */
	finish_text(writer, start,
				codec->precision > 0 ? text_fraction(start_of_fraction, parts.micros, codec->precision)
									 : text_short_fraction(start_of_fraction, parts.micros));
	return true;
}

#define SHAPE(encode_function, default_function, type_name, schema_name, zero_text) \
	{ \
		.encoder = {.name = schema_name, \
					.schema = temporal_schema, \
					.encode = encode_function, \
					.filler = temporal_filler, \
					.default_value = default_function}, \
		.type = type_name, .name = schema_name, .zero = zero_text \
	}

#define DEBEZIUM_TIME "io.debezium.time."
#define CONNECT_DATA "org.apache.kafka.connect.data."

static const TemporalShape date_days = SHAPE(encode_date_days, date_default, "int32", DEBEZIUM_TIME "Date", NULL);
static const TemporalShape date_connect = SHAPE(encode_date_days, date_default, "int32", CONNECT_DATA "Date", NULL);
static const TemporalShape date_iso =
	SHAPE(encode_date_iso, date_default, "string", DEBEZIUM_TIME "IsoDate", "1970-01-01Z");

static const TemporalShape time_millis = SHAPE(encode_time_millis, time_default, "int32", DEBEZIUM_TIME "Time", NULL);
static const TemporalShape time_connect = SHAPE(encode_time_millis, time_default, "int32", CONNECT_DATA "Time", NULL);
static const TemporalShape time_micros =
	SHAPE(encode_time_micros, time_default, "int64", DEBEZIUM_TIME "MicroTime", NULL);
static const TemporalShape time_nanos = SHAPE(encode_time_nanos, time_default, "int64", DEBEZIUM_TIME "NanoTime", NULL);
static const TemporalShape time_iso =
	SHAPE(encode_time_iso, time_default, "string", DEBEZIUM_TIME "IsoTime", "00:00:00Z");

static const TemporalShape timestamp_millis =
	SHAPE(encode_timestamp_millis, timestamp_default, "int64", DEBEZIUM_TIME "Timestamp", NULL);
static const TemporalShape timestamp_connect =
	SHAPE(encode_timestamp_millis, timestamp_default, "int64", CONNECT_DATA "Timestamp", NULL);
static const TemporalShape timestamp_micros =
	SHAPE(encode_timestamp_micros, timestamp_default, "int64", DEBEZIUM_TIME "MicroTimestamp", NULL);
static const TemporalShape timestamp_iso =
	SHAPE(encode_timestamp_iso, timestamp_default, "string", DEBEZIUM_TIME "IsoTimestamp", "1970-01-01T00:00:00Z");

/* Debezium has no filler for this one. */
static const TemporalShape timestamp_nanos = {
	.encoder = {.name = DEBEZIUM_TIME "NanoTimestamp",
				.schema = temporal_schema,
				.encode = encode_timestamp_nanos,
				.default_value = timestamp_default},
	.type = "int64",
	.name = DEBEZIUM_TIME "NanoTimestamp",
};

static const TemporalShape timestamptz_iso = SHAPE(encode_timestamptz_iso, timestamptz_default, "string",
												   DEBEZIUM_TIME "ZonedTimestamp", "1970-01-01T00:00:00Z");
static const TemporalShape timetz_iso =
	SHAPE(encode_timetz_iso, NULL, "string", DEBEZIUM_TIME "ZonedTime", "00:00:00Z");

static const TemporalShape *
date_shape(TemporalMode mode)
{
	switch (mode)
	{
		case TEMPORAL_CONNECT:
			return &date_connect;
		case TEMPORAL_ISOSTRING:
			return &date_iso;
		default:
			return &date_days;
	}
}

static const TemporalShape *
time_shape(TemporalMode mode, int precision)
{
	switch (mode)
	{
		case TEMPORAL_CONNECT:
			return &time_connect;
		case TEMPORAL_ISOSTRING:
			return &time_iso;
		case TEMPORAL_NANOSECONDS:
			return &time_nanos;
		case TEMPORAL_ADAPTIVE:
			return precision <= 3 ? &time_millis : &time_micros;
		default:
			return &time_micros;
	}
}

static const TemporalShape *
timestamp_shape(TemporalMode mode, int precision)
{
	switch (mode)
	{
		case TEMPORAL_CONNECT:
			return &timestamp_connect;
		case TEMPORAL_ISOSTRING:
			return &timestamp_iso;
		case TEMPORAL_NANOSECONDS:
			return &timestamp_nanos;
		case TEMPORAL_MICROSECONDS:
			return &timestamp_micros;
		default:
			return precision <= 3 ? &timestamp_millis : &timestamp_micros;
	}
}

static const TemporalShape *
temporal_shape(const ValueCodec *codec)
{
	switch (codec->type)
	{
		case DATEOID:
			return date_shape(codec->modes->temporal);
		case TIMEOID:
			return time_shape(codec->modes->temporal, codec->precision);
		case TIMESTAMPOID:
			return timestamp_shape(codec->modes->temporal, codec->precision);
		case TIMESTAMPTZOID:
			return &timestamptz_iso;
		default:
			return &timetz_iso;
	}
}

bool
temporal_codec(ValueCodec *codec)
{
	switch (codec->type)
	{
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			codec->precision = codec->typmod < 0 ? TEMPORAL_PRECISION_DEFAULT : codec->typmod;
			if (codec->modes->temporal == TEMPORAL_STRUCTURED)
				structured_codec(codec);
			else
				codec->encoder = &temporal_shape(codec)->encoder;
			return true;
		case INTERVALOID:
			interval_codec(codec);
			return true;
		default:
			return false;
	}
}
