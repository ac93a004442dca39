/*-------------------------------------------------------------------------
 *
 * encode_interval.c
 *	  interval as microseconds (a month being a twelfth of 365.25 days), as
 *	  ISO 8601 text or structured.
 *
 * Debezium reads PostgreSQL's text with the driver's PGInterval; the parts
 * here are the ones that text has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "datatype/timestamp.h"
#include "utils/timestamp.h"

#include "structured_value.h"
#include "temporal_shapes.h"
#include "temporal_text.h"

#define DAYS_PER_MONTH_AVERAGE (365.25 / 12.0)

bool
interval_parts(const Interval *interval, IntervalParts *parts)
{
	int64 minutes = interval->time / USECS_PER_MINUTE;
	int64 hours = minutes / MINS_PER_HOUR;

	if (hours > PG_INT32_MAX || hours < PG_INT32_MIN)
		return false;
	parts->years = interval->month / MONTHS_PER_YEAR;
	parts->months = interval->month % MONTHS_PER_YEAR;
	parts->days = interval->day;
	parts->hours = (int32) hours;
	parts->minutes = (int32) (minutes % MINS_PER_HOUR);
	parts->micros = (int32) (interval->time % USECS_PER_MINUTE);
	return true;
}

/* A double to long as Java does it: towards zero, saturating. */
static int64
java_long(double value)
{
	if (value >= 9223372036854775808.0)
		return PG_INT64_MAX;
	if (value <= -9223372036854775808.0)
		return PG_INT64_MIN;
	return (int64) value;
}

/*
 * The same operations on doubles in the same order as Debezium's
 * MicroDuration, because their rounding shows.  volatile keeps the compiler
 * from fusing a multiplication and an addition into one.
 */
static int64
duration_micros(const IntervalParts *parts)
{
	double seconds = parts->micros / USECS_PER_SEC + (double) (parts->micros % USECS_PER_SEC) / 1000000.0;
	volatile double product = (parts->years * MONTHS_PER_YEAR + parts->months) * DAYS_PER_MONTH_AVERAGE;
	double sum = product + parts->days;

	product = sum * 24;
	sum = product + parts->hours;
	product = sum * 60;
	sum = product + parts->minutes;
	product = sum * 60;
	sum = product + seconds;
	product = sum * 1e6;
	return java_long(product);
}

static void
write_part(JsonWriter *writer, int32 value, char unit)
{
	json_int64(writer, value);
	json_char(writer, unit);
}

static void
write_iso(const IntervalParts *parts, JsonWriter *writer)
{
	int32 seconds = (int32) (parts->micros / USECS_PER_SEC);
	int32 fraction = (int32) (parts->micros % USECS_PER_SEC);
	char *out;

	json_quote(writer);
	json_char(writer, 'P');
	write_part(writer, parts->years, 'Y');
	write_part(writer, parts->months, 'M');
	write_part(writer, parts->days, 'D');
	json_char(writer, 'T');
	write_part(writer, parts->hours, 'H');
	write_part(writer, parts->minutes, 'M');
	if (seconds == 0 && fraction < 0)
		json_char(writer, '-');
	json_int64(writer, seconds);
	out = json_reserve(writer, TEMPORAL_TEXT_MAX);
	writer->len += text_short_fraction(out, abs(fraction)) - out;
	json_char(writer, 'S');
	json_quote(writer);
}

static void
write_structured(const ValueCodec *codec, const IntervalParts *parts, JsonWriter *writer)
{
	StructuredValue value = {0};

	value.number[STRUCTURED_YEARS] = parts->years;
	value.number[STRUCTURED_MONTHS] = parts->months;
	value.number[STRUCTURED_DAYS] = parts->days;
	value.number[STRUCTURED_HOURS] = parts->hours;
	value.number[STRUCTURED_MINUTES] = parts->minutes;
	value.number[STRUCTURED_SECONDS] = parts->micros / USECS_PER_SEC;
	value.number[STRUCTURED_NANOS] = parts->micros % USECS_PER_SEC * 1000;
	structured_write(codec, &value, writer);
}

static void
write_interval(const ValueCodec *codec, const IntervalParts *parts, JsonWriter *writer)
{
	if (codec->modes->temporal == TEMPORAL_STRUCTURED)
		write_structured(codec, parts, writer);
	else if (codec->modes->interval == INTERVAL_STRING)
		write_iso(parts, writer);
	else
		json_int64(writer, duration_micros(parts));
}

static bool
encode_interval(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	IntervalParts parts;

	if (!interval_parts(DatumGetIntervalP(datum), &parts))
		return false;
	write_interval(codec, &parts, writer);
	return true;
}

static bool
interval_filler(const ValueCodec *codec, JsonWriter *writer)
{
	IntervalParts zero = {0};

	write_interval(codec, &zero, writer);
	return true;
}

/* A whole number and what follows it; false if there is none. */
static bool
scan_number(const char **text, int64 *number)
{
	char *end;

	errno = 0;
	*number = strtol(*text, &end, 10);
	if (end == *text || errno != 0 || *number > PG_INT32_MAX || *number < PG_INT32_MIN)
		return false;
	*text = end;
	return true;
}

/* [+-]HH:MM:SS[.ffffff], the sign being for all of it. */
static bool
parse_interval_clock(const char *text, IntervalParts *parts)
{
	int hours;
	int minutes;
	double seconds;
	int sign = *text == '-' ? -1 : 1;
	int used = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (sscanf(text, "%d:%2d:%lf%n", &hours, &minutes, &seconds, &used) != 3 || text[used] != '\0' ||
		!(seconds >= 0 && seconds < 60) || hours < 0 || minutes < 0)
		return false;
	parts->hours = sign * hours;
	parts->minutes = sign * minutes;
	parts->micros = sign * (int32) rint(seconds * 1000000.0);
	return true;
}

static bool
set_unit(const char *unit, int size, int32 number, IntervalParts *parts)
{
	if (size >= 4 && strncmp(unit, "year", 4) == 0)
		parts->years = number;
	else if (size >= 3 && strncmp(unit, "mon", 3) == 0)
		parts->months = number;
	else if (size >= 3 && strncmp(unit, "day", 3) == 0)
		parts->days = number;
	else
		return false;
	return true;
}

/* PostgreSQL's own style: "1 year 2 mons -3 days +04:05:06.78". */
static bool
parse_interval(const char *text, IntervalParts *parts)
{
	while (*text != '\0')
	{
		const char *start = text;
		int64 number;
		int size;

		if (!scan_number(&text, &number))
			return false;
		if (*text == ':')
			return parse_interval_clock(start, parts);
		if (*text++ != ' ')
			return false;
		size = (int) strcspn(text, " ");
		if (!set_unit(text, size, (int32) number, parts))
			return false;
		text += size;
		if (*text == ' ')
			text++;
	}
	return true;
}

bool
interval_default(const ValueCodec *codec, const char *literal, JsonWriter *writer)
{
	IntervalParts parts = {0};

	if (literal && (*literal == '\0' || !parse_interval(literal, &parts)))
		return false;
	write_interval(codec, &parts, writer);
	return true;
}

#define INTERVAL_SHAPE(type_name, schema_name) \
	{ \
		.encoder = {.name = schema_name, \
					.schema = temporal_schema, \
					.encode = encode_interval, \
					.filler = interval_filler, \
					.default_value = interval_default}, \
		.type = type_name, .name = schema_name \
	}

static const TemporalShape interval_numeric = INTERVAL_SHAPE("int64", "io.debezium.time.MicroDuration");
static const TemporalShape interval_string = INTERVAL_SHAPE("string", "io.debezium.time.Interval");

static const ValueEncoder interval_structured = {
	.name = "structured",
	.schema = structured_schema,
	.encode = encode_interval,
	.filler = interval_filler,
};

static const StructuredField duration_fields[] = {STRUCTURED_YEARS, STRUCTURED_MONTHS,	 STRUCTURED_DAYS,
												  STRUCTURED_HOURS, STRUCTURED_MINUTES,	 STRUCTURED_SECONDS,
												  STRUCTURED_NANOS, STRUCTURED_PRECISION};

static const StructuredLayout duration_layout = {
	.name = "io.debezium.time.StructuredDuration",
	.fields = duration_fields,
	.count = lengthof(duration_fields),
};

void
interval_codec(ValueCodec *codec)
{
	/* Fields of an interval (YEAR TO MONTH) stay out, an unset precision shows as 65535: so the driver reads it. */
	codec->precision = codec->typmod < 0 ? TEMPORAL_PRECISION_DEFAULT : codec->typmod & 0xFFFF;
	if (codec->modes->temporal == TEMPORAL_STRUCTURED)
	{
		codec->encoder = &interval_structured;
		codec->extra = unconstify(StructuredLayout *, &duration_layout);
	}
	else if (codec->modes->interval == INTERVAL_STRING)
		codec->encoder = &interval_string.encoder;
	else
		codec->encoder = &interval_numeric.encoder;
}
