/*-------------------------------------------------------------------------
 *
 * java_calendar.h
 *	  Fields of java.util.GregorianCalendar in time zone UTC: Julian before
 *	  15 October 1582.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_CALENDAR_H
#define JAVA_CALENDAR_H

#include "postgres.h"

#define MILLIS_PER_SECOND INT64CONST(1000)
#define MILLIS_PER_MINUTE INT64CONST(60000)
#define MILLIS_PER_HOUR INT64CONST(3600000)
#define MILLIS_PER_DAY INT64CONST(86400000)

typedef struct JavaCalendar
{
	int64 year; /* astronomical: 1 BC is 0 */
	int month;	/* 1 to 12 */
	int day;	/* of the month */
	int day_of_year;
	int weekday; /* 0: Sunday */
	int hour;
	int minute;
	int second;
	int millis;
} JavaCalendar;

/* The fields of a time in milliseconds since 1970. */
extern JavaCalendar java_calendar(int64 millis);

/* Days since 1970 of a date; month and day may lie outside their ranges, as Java's lenient calendar allows. */
extern int64 java_epoch_day(int64 year, int64 month, int64 day);

/* Floor of a time's day, and what is left of it. */
static inline int64
java_day_of(int64 millis)
{
	return millis / MILLIS_PER_DAY - (millis % MILLIS_PER_DAY < 0);
}

static inline int64
java_time_of_day(int64 millis)
{
	return millis - java_day_of(millis) * MILLIS_PER_DAY;
}

#endif /* JAVA_CALENDAR_H */
