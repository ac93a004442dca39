/*-------------------------------------------------------------------------
 *
 * temporal_default.c
 *	  Defaults of date and time columns, from the text of a constant.
 *
 * PostgresDefaultValueConverter gives the text to the JDBC driver's
 * TimestampUtils; this reads what PostgreSQL prints in ISO style, and gives
 * the value to the column's own encoder.  A function call stands for
 * 1970-01-01 00:00.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "temporal_shapes.h"
#include "temporal_text.h"

/* LocalDate.MAX and MIN, their days cut to an int. */
#define LOCAL_DATE_MAX_DAY 169560311
#define LOCAL_DATE_MIN_DAY (-170999002)

typedef struct ParsedTimestamp
{
	int64 day;	  /* PostgreSQL's */
	int64 clock;  /* microseconds of the day */
	int64 offset; /* microseconds east of UTC */
} ParsedTimestamp;

/* Between min and max digits. */
static bool
scan_digits(const char **text, int min, int max, int *number)
{
	int digits = 0;

	*number = 0;
	for (; digits < max && **text >= '0' && **text <= '9'; digits++)
		*number = *number * 10 + (*(*text)++ - '0');
	return digits >= min;
}

static bool
scan_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool
scan_fraction(const char **text, int64 *micros)
{
	int scale = 100000;

	if (!scan_char(text, '.'))
		return true;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++, scale /= 10)
		*micros += (**text - '0') * scale;
	return true;
}

/* HH:MM[:SS[.f]] as LocalTime.parse() takes it. */
static bool
scan_clock(const char **text, int64 *clock)
{
	int hour;
	int minute;
	int second = 0;
	int64 micros = 0;

	if (!scan_digits(text, 2, 2, &hour) || !scan_char(text, ':') || !scan_digits(text, 2, 2, &minute))
		return false;
	if (scan_char(text, ':') && (!scan_digits(text, 2, 2, &second) || !scan_fraction(text, &micros)))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*clock = (((int64) hour * 60 + minute) * 60 + second) * USECS_PER_SEC + micros;
	return true;
}

/* +HH[:MM[:SS]], or nothing. */
static bool
scan_offset(const char **text, int64 *offset)
{
	int sign = **text == '-' ? -1 : 1;
	int hour;
	int minute = 0;
	int second = 0;

	if (!scan_char(text, '+') && !scan_char(text, '-'))
		return true;
	if (!scan_digits(text, 2, 2, &hour))
		return false;
	if (scan_char(text, ':') && !scan_digits(text, 2, 2, &minute))
		return false;
	if (scan_char(text, ':') && !scan_digits(text, 2, 2, &second))
		return false;
	*offset = sign * (((int64) hour * 60 + minute) * 60 + second) * USECS_PER_SEC;
	return true;
}

static bool
parse_timestamp(const char *text, ParsedTimestamp *parsed)
{
	int year;
	int month;
	int day;

	memset(parsed, 0, sizeof(*parsed));
	if (!scan_digits(&text, 4, 7, &year) || !scan_char(&text, '-') || !scan_digits(&text, 2, 2, &month) ||
		!scan_char(&text, '-') || !scan_digits(&text, 2, 2, &day))
		return false;
	if (text[0] == ' ' && text[1] >= '0' && text[1] <= '9')
	{
		text++;
		if (!scan_clock(&text, &parsed->clock) || !scan_offset(&text, &parsed->offset))
			return false;
	}
	if (strcmp(text, " BC") == 0)
		year = 1 - year;
	else if (*text != '\0')
		return false;
	if (month < 1 || month > MONTHS_PER_YEAR || day < 1 || day > 31 || !IS_VALID_JULIAN(year, month, day))
		return false;
	parsed->day = (int64) date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return true;
}

/* False beyond what a timestamp can hold. */
static bool
to_timestamp(const ParsedTimestamp *parsed, bool in_utc, Timestamp *timestamp)
{
	if (pg_mul_s64_overflow(parsed->day, USECS_PER_DAY, timestamp) ||
		pg_add_s64_overflow(*timestamp, parsed->clock, timestamp) ||
		(in_utc && pg_sub_s64_overflow(*timestamp, parsed->offset, timestamp)))
		return false;
	return IS_VALID_TIMESTAMP(*timestamp);
}

static bool
is_iso(const ValueCodec *codec)
{
	return codec->modes->temporal == TEMPORAL_ISOSTRING;
}

/* 0 for +infinity, 1 for -infinity, else -1. */
static int
infinity_kind(const char *literal)
{
	if (strcmp(literal, "infinity") == 0)
		return 0;
	if (strcmp(literal, "-infinity") == 0)
		return 1;
	return -1;
}

bool
date_default(const ValueCodec *codec, const char *literal, JsonWriter *writer)
{
	static const char *const texts[] = {"+999999999-12-31Z", "-999999999-01-01Z"};
	static const int64 days[] = {LOCAL_DATE_MAX_DAY, LOCAL_DATE_MIN_DAY};
	ParsedTimestamp parsed;
	int kind;

	if (!literal)
		return codec->encoder->filler(codec, writer);
	kind = infinity_kind(literal);
	if (kind >= 0 && is_iso(codec))
		json_cstring(writer, texts[kind]);
	else if (kind >= 0)
		json_int64(writer, days[kind]);
	else if (!parse_timestamp(literal, &parsed))
		return false;
	else
		return codec->encoder->encode(codec, DateADTGetDatum((DateADT) parsed.day), writer);
	return true;
}

/* The driver reads 24:00:00 as LocalTime.MAX, a nanosecond before. */
static bool
write_last_time(const ValueCodec *codec, JsonWriter *writer)
{
	if (is_iso(codec))
		json_cstring(writer, "23:59:59.999999999Z");
	else if (codec->modes->temporal == TEMPORAL_NANOSECONDS)
		json_int64(writer, USECS_PER_DAY * 1000 - 1);
	else
		return codec->encoder->encode(codec, TimeADTGetDatum(USECS_PER_DAY - 1), writer);
	return true;
}

bool
time_default(const ValueCodec *codec, const char *literal, JsonWriter *writer)
{
	int64 clock;

	if (!literal)
		return codec->encoder->filler(codec, writer);
	if (strcmp(literal, "24:00:00") == 0)
		return write_last_time(codec, writer);
	if (!scan_clock(&literal, &clock) || *literal != '\0')
		return false;
	return codec->encoder->encode(codec, TimeADTGetDatum(clock), writer);
}

/* OffsetDateTime.MAX and MIN fit in text; in microseconds infinity is what it is in rows. */
static bool
write_infinite_timestamp(const ValueCodec *codec, int kind, JsonWriter *writer)
{
	static const char *const texts[] = {"+999999999-12-31T23:59:59.999999999Z", "-999999999-01-01T00:00:00Z"};
	bool micros = codec->modes->temporal == TEMPORAL_MICROSECONDS ||
				  (codec->modes->temporal <= TEMPORAL_ADAPTIVE_TIME_MICROSECONDS && codec->precision > 3);

	if (is_iso(codec))
		json_cstring(writer, texts[kind]);
	else if (micros)
		json_int64(writer, kind == 0 ? PG_INT64_MAX : PG_INT64_MIN);
	else
		return false;
	return true;
}

static bool
timestamp_literal(const ValueCodec *codec, const char *literal, bool in_utc, JsonWriter *writer)
{
	ParsedTimestamp parsed;
	Timestamp timestamp;

	if (!parse_timestamp(literal, &parsed) || !to_timestamp(&parsed, in_utc, &timestamp))
		return false;
	return codec->encoder->encode(codec, TimestampGetDatum(timestamp), writer);
}

bool
timestamp_default(const ValueCodec *codec, const char *literal, JsonWriter *writer)
{
	int kind;

	if (!literal)
		return timestamp_literal(codec, "1970-01-01", false, writer);
	kind = infinity_kind(literal);
	if (kind >= 0)
		return write_infinite_timestamp(codec, kind, writer);
	return timestamp_literal(codec, literal, false, writer);
}

/* An infinite one has no instant in UTC, hence no default. */
bool
timestamptz_default(const ValueCodec *codec, const char *literal, JsonWriter *writer)
{
	return timestamp_literal(codec, literal ? literal : "1970-01-01", true, writer);
}
