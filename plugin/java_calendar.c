/*-------------------------------------------------------------------------
 *
 * java_calendar.c
 *	  See java_calendar.h.
 *
 * Years are counted from March here, so that leap days come last.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "java_calendar.h"

/* 15 October 1582. */
#define FIRST_GREGORIAN_DAY INT64CONST(-141427)
#define CUTOVER_YEAR 1582

/* Days between 1 March of year 0 and 1970. */
#define GREGORIAN_OFFSET INT64CONST(719468)
#define JULIAN_OFFSET INT64CONST(719470)

#define DAYS_PER_400_YEARS 146097
#define DAYS_PER_4_YEARS 1461

static int64
floor_divide(int64 a, int64 b)
{
	return a / b - (a % b < 0);
}

/* ---------------------------------------------------------------- days to dates */

/* A day of a year that begins in March. */
static void
set_date(JavaCalendar *calendar, int64 year, int day_of_year)
{
	int month = (5 * day_of_year + 2) / 153;

	calendar->day = day_of_year - (153 * month + 2) / 5 + 1;
	calendar->month = month < 10 ? month + 3 : month - 9;
	calendar->year = year + (calendar->month <= 2);
}

static void
set_gregorian(JavaCalendar *calendar, int64 epoch_day)
{
	int64 day = epoch_day + GREGORIAN_OFFSET;
	int64 era = floor_divide(day, DAYS_PER_400_YEARS);
	int day_of_era = (int) (day - era * DAYS_PER_400_YEARS);
	int year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;

	set_date(calendar, era * 400 + year, day_of_era - (365 * year + year / 4 - year / 100));
}

static void
set_julian(JavaCalendar *calendar, int64 epoch_day)
{
	int64 day = epoch_day + JULIAN_OFFSET;
	int64 era = floor_divide(day, DAYS_PER_4_YEARS);
	int day_of_era = (int) (day - era * DAYS_PER_4_YEARS);
	int year = (day_of_era - day_of_era / 1460) / 365;

	set_date(calendar, era * 4 + year, day_of_era - 365 * year);
}

/* ---------------------------------------------------------------- dates to days */

/* Days since 1 March of the year, months from January. */
static int
day_from_march(int month)
{
	return (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
}

static int64
gregorian_day(int64 year, int month)
{
	int64 era;
	int64 of_era;

	year -= month <= 2;
	era = floor_divide(year, 400);
	of_era = year - era * 400;
	return era * DAYS_PER_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + day_from_march(month) -
		   GREGORIAN_OFFSET;
}

static int64
julian_day(int64 year, int month)
{
	int64 era;

	year -= month <= 2;
	era = floor_divide(year, 4);
	return era * DAYS_PER_4_YEARS + (year - era * 4) * 365 + day_from_march(month) - JULIAN_OFFSET;
}

int64
java_epoch_day(int64 year, int64 month, int64 day)
{
	int64 gregorian;
	int64 julian;

	year += floor_divide(month - 1, 12);
	month -= floor_divide(month - 1, 12) * 12;
	gregorian = gregorian_day(year, (int) month) + day - 1;
	julian = julian_day(year, (int) month) + day - 1;
	if (year > CUTOVER_YEAR ||
		(year == CUTOVER_YEAR && julian >= FIRST_GREGORIAN_DAY && gregorian >= FIRST_GREGORIAN_DAY))
		return gregorian;
	return julian;
}

JavaCalendar
java_calendar(int64 millis)
{
	JavaCalendar calendar;
	int64 day = java_day_of(millis);
	int clock = (int) java_time_of_day(millis);

	if (day >= FIRST_GREGORIAN_DAY)
		set_gregorian(&calendar, day);
	else
		set_julian(&calendar, day);
	calendar.day_of_year = (int) (day - java_epoch_day(calendar.year, 1, 1)) + 1;
	calendar.weekday = (int) (day + 4 - floor_divide(day + 4, 7) * 7);
	calendar.hour = clock / MILLIS_PER_HOUR;
	calendar.minute = clock / MILLIS_PER_MINUTE % 60;
	calendar.second = clock / MILLIS_PER_SECOND % 60;
	calendar.millis = clock % MILLIS_PER_SECOND;
	return calendar;
}
