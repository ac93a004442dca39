/*-------------------------------------------------------------------------
 *
 * temporal_text.h
 *	  Calendar arithmetic and ISO 8601 text of dates and times, as java.time
 *	  writes them, digits in pairs.
 *
 * Writers take where to write and return where they stopped; the caller has
 * made room.  No terminating zero.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEMPORAL_TEXT_H
#define TEMPORAL_TEXT_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* Days between 1970-01-01 and PostgreSQL's day zero. */
#define POSTGRES_EPOCH_DAY (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)

/* Room for any date and time with quotes; little more, as a reservation counts against the record's limit. */
#define TEMPORAL_TEXT_MAX 36

typedef struct CivilDate
{
	int year; /* astronomical: 1 BC is 0 */
	int month;
	int day;
} CivilDate;

/* A timestamp cut in pieces; the clock never goes below zero. */
typedef struct SplitTimestamp
{
	int64 epoch_day;
	int32 second; /* of the day */
	int32 micros; /* of the second */
} SplitTimestamp;

/* Proleptic Gregorian date of a day; any day PostgreSQL knows. */
extern CivilDate civil_date(int64 epoch_day);

static inline SplitTimestamp
split_timestamp(int64 timestamp)
{
	SplitTimestamp parts;
	int64 day = timestamp / USECS_PER_DAY;
	int64 clock = timestamp - day * USECS_PER_DAY;

	if (clock < 0)
	{
		clock += USECS_PER_DAY;
		day--;
	}
	parts.epoch_day = day + POSTGRES_EPOCH_DAY;
	parts.second = (int32) (clock / USECS_PER_SEC);
	parts.micros = (int32) (clock - parts.second * USECS_PER_SEC);
	return parts;
}

/* 2020-02-29, +12345-06-07, -0043-03-15. */
extern char *text_date(char *out, int64 epoch_day);
/* 10:11:12, up to 24:00:00. */
extern char *text_clock(char *out, int32 second_of_day);
/* Point and exactly that many digits; nothing for 0. */
extern char *text_fraction(char *out, int32 micros, int digits);
/* Point and the digits up to the last that is not zero; nothing if there is none. */
extern char *text_short_fraction(char *out, int32 micros);

#endif /* TEMPORAL_TEXT_H */
