/*-------------------------------------------------------------------------
 *
 * zone_shift.c
 *	  See zone_shift.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "datatype/timestamp.h"
#include "utils/datetime.h"

#include "temporal_text.h"
#include "zone_shift.h"

/* java.time.ZoneOffset */
#define MAX_OFFSET (18 * SECS_PER_HOUR)

/* Room for ±hh:mm:ss. */
#define OFFSET_TEXT_MAX 9

/* ---------------------------------------------------------------- reading text */

/* Text that is being read; at stays where it is when something does not fit, and failed is set. */
typedef struct Reader
{
	const char *at;
	const char *end;
	bool failed;
} Reader;

static bool
accept(Reader *reader, char c)
{
	if (reader->at < reader->end && *reader->at == c)
	{
		reader->at++;
		return true;
	}
	return false;
}

static void
expect(Reader *reader, char c)
{
	if (!accept(reader, c))
		reader->failed = true;
}

/* Digits, at least and at most that many. */
static int
read_digits(Reader *reader, int least, int most)
{
	int value = 0;
	int count = 0;

	while (count < most && reader->at < reader->end && isdigit((unsigned char) *reader->at))
	{
		value = value * 10 + (*reader->at++ - '0');
		count++;
	}
	if (count < least)
		reader->failed = true;
	return value;
}

static int
read_below(Reader *reader, int limit)
{
	int value = read_digits(reader, 2, 2);

	if (value >= limit)
		reader->failed = true;
	return value;
}

/* Days since 1970; years have at most 6 digits here. */
static int64
read_date(Reader *reader)
{
	bool negative = accept(reader, '-');
	int year;
	int month;
	int day;

	if (!negative)
		(void) accept(reader, '+');
	year = read_digits(reader, 4, 6);
	expect(reader, '-');
	month = read_digits(reader, 2, 2);
	expect(reader, '-');
	day = read_digits(reader, 2, 2);
	if (month < 1 || month > 12 || day < 1 || day > 31)
		reader->failed = true;
	return reader->failed ? 0 : date2j(negative ? -year : year, month, day) - UNIX_EPOCH_JDATE;
}

/* hh:mm[:ss[.ffffff]] as seconds of the day. */
static int32
read_clock(Reader *reader, int32 *micros)
{
	int32 seconds = read_below(reader, HOURS_PER_DAY) * SECS_PER_HOUR;
	int32 unit = USECS_PER_SEC / 10;

	*micros = 0;
	expect(reader, ':');
	seconds += read_below(reader, MINS_PER_HOUR) * SECS_PER_MINUTE;
	if (accept(reader, ':'))
		seconds += read_below(reader, SECS_PER_MINUTE);
	if (accept(reader, '.'))
		for (; reader->at < reader->end && isdigit((unsigned char) *reader->at); unit /= 10)
			*micros += (*reader->at++ - '0') * unit;
	return seconds;
}

/* Z or ±hh:mm[:ss] */
static int32
read_offset(Reader *reader)
{
	bool negative;
	int32 seconds;

	if (accept(reader, 'Z'))
		return 0;
	negative = accept(reader, '-');
	if (!negative)
		expect(reader, '+');
	seconds = read_digits(reader, 2, 2) * SECS_PER_HOUR;
	expect(reader, ':');
	seconds += read_below(reader, MINS_PER_HOUR) * SECS_PER_MINUTE;
	if (accept(reader, ':'))
		seconds += read_below(reader, SECS_PER_MINUTE);
	if (seconds > MAX_OFFSET)
		reader->failed = true;
	return negative ? -seconds : seconds;
}

static bool
is_done(const Reader *reader)
{
	return !reader->failed && reader->at == reader->end;
}

/* ---------------------------------------------------------------- zones */

/* PostgreSQL takes POSIX rules ("XYZ+3") for names, too; these have digits, as few real names have. */
static bool
is_listed(const char *name)
{
	pg_tzenum *zones = pg_tzenumerate_start();
	const pg_tz *zone;
	bool found = false;

	while (!found && (zone = pg_tzenumerate_next(zones)) != NULL)
		found = strcmp(pg_get_timezone_name(unconstify(pg_tz *, zone)), name) == 0;
	pg_tzenumerate_end(zones);
	return found;
}

static bool
is_plain_name(const char *name)
{
	return isalpha((unsigned char) *name) &&
		   strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/+-") == strlen(name);
}

bool
time_zone_find(const char *name, TimeZone *zone)
{
	Reader reader = {name, name + strlen(name), false};

	zone->rules = NULL;
	zone->seconds = 0;
	if (*name == '+' || *name == '-')
	{
		zone->seconds = read_offset(&reader);
		return is_done(&reader);
	}
	if (!is_plain_name(name))
		return false;
	zone->rules = pg_tzset(name);
	if (zone->rules == NULL || strcmp(pg_get_timezone_name(zone->rules), name) != 0)
		return false;
	return strpbrk(name, "0123456789") == NULL || is_listed(name);
}

int64
zone_offset(const TimeZone *zone, int64 epoch_second)
{
	pg_time_t time = epoch_second;
	struct pg_tm *tm = zone->rules ? pg_localtime(&time, zone->rules) : NULL;

	return tm ? tm->tm_gmtoff : zone->seconds;
}

int64
zone_local_offset(const TimeZone *zone, int64 local_second)
{
	pg_time_t start = local_second - SECS_PER_DAY;
	long offset = (long) zone->seconds;

	if (zone->rules == NULL)
		return offset;
	for (;;)
	{
		pg_time_t boundary;
		long before;
		long after;
		int before_is_dst;
		int after_is_dst;
		int found =
			pg_next_dst_boundary(&start, &before, &before_is_dst, &boundary, &after, &after_is_dst, zone->rules);

		if (found < 0)
			return zone_offset(zone, local_second);
		offset = before;
		if (found == 0 || local_second - before < boundary || local_second - after < boundary)
			return offset;
		start = boundary;
	}
}

/* ---------------------------------------------------------------- writing text */

/* As java.time prints it; an offset of 0 is Z. */
static char *
write_offset(char *out, int64 offset)
{
	int64 seconds = offset < 0 ? -offset : offset;

	if (offset == 0)
	{
		*out++ = 'Z';
		return out;
	}
	*out++ = offset < 0 ? '-' : '+';
	out +=
		sprintf(out, "%02d:%02d", (int) (seconds / SECS_PER_HOUR), (int) (seconds / SECS_PER_MINUTE % MINS_PER_HOUR));
	if (seconds % SECS_PER_MINUTE != 0)
		out += sprintf(out, ":%02d", (int) (seconds % SECS_PER_MINUTE));
	return out;
}

char *
zone_timestamp_text(const TimeZone *zone, const char *text, Size size)
{
	Reader reader = {text, text + size, false};
	char *result = palloc(TEMPORAL_TEXT_MAX + OFFSET_TEXT_MAX + 1);
	char *out = result;
	int64 local;
	int64 offset;
	int32 micros;
	int64 day;

	local = read_date(&reader) * SECS_PER_DAY;
	expect(&reader, 'T');
	local += read_clock(&reader, &micros);
	offset = zone_local_offset(zone, local);
	local += offset - read_offset(&reader);
	if (!is_done(&reader))
		return NULL;
	day = local / SECS_PER_DAY - (local % SECS_PER_DAY < 0 ? 1 : 0);
	out = text_date(out, day);
	*out++ = 'T';
	out = text_clock(out, (int32) (local - day * SECS_PER_DAY));
	out = text_short_fraction(out, micros);
	out = write_offset(out, offset);
	*out = '\0';
	return result;
}

char *
zone_time_text(const TimeZone *zone, const char *text, Size size, int64 epoch_second)
{
	Reader reader = {text, text + size, false};
	int64 offset = zone_offset(zone, epoch_second);
	char *result = palloc(TEMPORAL_TEXT_MAX + OFFSET_TEXT_MAX + 1);
	char *out = result;
	int32 micros;
	int64 clock;

	clock = read_clock(&reader, &micros);
	clock += offset - read_offset(&reader);
	if (!is_done(&reader))
		return NULL;
	clock = (clock % SECS_PER_DAY + SECS_PER_DAY) % SECS_PER_DAY;
	out = text_clock(out, (int32) clock);
	out = text_short_fraction(out, micros);
	out = write_offset(out, offset);
	*out = '\0';
	return result;
}
