/*-------------------------------------------------------------------------
 *
 * java_date_parse.c
 *	  See java_date_format.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "java_calendar.h"
#include "java_date_elements.h"

/* Years that a year of two digits may lie back. */
#define CENTURY_BACK 80

/* What has been read; the order tells which of two fields that say the same counts: the later. */
typedef struct ParsedDate
{
	int64 year;
	int64 month;
	int64 day;
	int64 day_of_year;
	int64 hour; /* of the day, or (half_hour_order later) of half of it */
	int64 half_hour;
	int64 minute;
	int64 second;
	int64 millis;
	int64 zone_offset;
	int half; /* 1: PM */
	int order;
	int day_order; /* 0: not given */
	int day_of_year_order;
	int hour_order;
	int half_hour_order;
	int half_order;
	bool two_digits; /* the year is the first of its century, or the one after its last */
	int64 century_start;
	int64 century_start_year;
} ParsedDate;

/* ---------------------------------------------------------------- numbers and names */

/* Digits that a long holds for certain. */
#define LONG_DIGITS 18

/* Up to end; NULL: there is no number.  As Number.intValue(), it wraps around, or stays at the largest int. */
static const char *
read_number(const char *at, const char *end, int64 *number)
{
	bool negative = at < end && *at == '-';
	const char *digits = at + negative;
	int64 value = 0;

	for (at = digits; at < end && isdigit((unsigned char) *at); at++)
	{
		if (at - digits < LONG_DIGITS)
			value = value * 10 + (*at - '0');
	}
	value = negative ? -value : value;
	if (at - digits <= LONG_DIGITS)
		*number = (int32) value;
	else
		*number = negative ? PG_INT32_MIN : PG_INT32_MAX;
	return at > digits ? at : NULL;
}

/* The name that the text begins with, or its short form, in any case of letters; NULL: none. */
static const char *
read_name(const char *at, const char *const *names, int count, int *index)
{
	for (int i = 0; i < count; i++)
	{
		Size size = strlen(names[i]);

		if (pg_strncasecmp(at, names[i], SHORT_NAME) != 0)
			continue;
		*index = i;
		return pg_strncasecmp(at, names[i], size) == 0 ? at + size : at + SHORT_NAME;
	}
	return NULL;
}

/* ---------------------------------------------------------------- zones */

/* hh, hhmm, hh:mm or h:mm by what letters says of X (0: of Z). */
static const char *
read_offset(const char *at, int sign, int letters, bool colon, ParsedDate *date)
{
	int hours;
	int minutes = 0;

	if (!isdigit((unsigned char) *at))
		return NULL;
	hours = *at++ - '0';
	if (isdigit((unsigned char) *at))
		hours = hours * 10 + (*at++ - '0');
	else if (letters > 0 || !colon)
		return NULL;
	if (letters != 1)
	{
		if (colon && *at++ != ':')
			return NULL;
		if (!isdigit((unsigned char) at[0]) || !isdigit((unsigned char) at[1]))
			return NULL;
		minutes = (at[0] - '0') * 10 + (at[1] - '0');
		at += 2;
	}
	date->zone_offset = sign * (hours * MILLIS_PER_HOUR + minutes * MILLIS_PER_MINUTE);
	return hours <= 23 && minutes <= 59 ? at : NULL;
}

static int
sign_of(char c)
{
	return c == '+' ? 1 : c == '-' ? -1 : 0;
}

static const char *
read_zone(const char *at, const DateElement *element, ParsedDate *date)
{
	int sign = sign_of(*at);

	if (element->letter == 'X' && *at == 'Z')
		return at + 1;
	if (element->letter == 'X')
		return sign == 0 ? NULL : read_offset(at + 1, sign, element->count, element->count == 3, date);
	if (sign != 0)
		return read_offset(at + 1, sign, 0, false, date);
	if (pg_strncasecmp(at, "UTC", 3) == 0)
		return at + 3;
	if (pg_strncasecmp(at, "GMT", 3) != 0)
		return NULL;
	at += 3;
	sign = sign_of(*at);
	return sign == 0 ? at : read_offset(at + 1, sign, 0, true, date);
}

/* ---------------------------------------------------------------- fields */

/* A year of two digits lies at most 80 years back and not 20 ahead. */
static void
set_year(ParsedDate *date, int64 year, int letters, const char *start, const char *end)
{
	int64 first = date->century_start_year % 100;

	date->year = year;
	if (letters > 2 || end - start != 2 || !isdigit((unsigned char) start[0]))
		return;
	date->two_digits = year == first;
	date->year += date->century_start_year / 100 * 100 + (year < first ? 100 : 0);
}

static void
set_number(ParsedDate *date, char letter, int64 number)
{
	switch (letter)
	{
		case 'M':
		case 'L':
			date->month = number;
			break;
		case 'd':
			date->day = number;
			date->day_order = ++date->order;
			break;
		case 'D':
			date->day_of_year = number;
			date->day_of_year_order = ++date->order;
			break;
		case 'k':
		case 'H':
			date->hour = letter == 'k' && number == 24 ? 0 : number;
			date->hour_order = ++date->order;
			break;
		case 'h':
		case 'K':
			date->half_hour = letter == 'h' && number == 12 ? 0 : number;
			date->half_hour_order = ++date->order;
			break;
		case 'm':
			date->minute = number;
			break;
		case 's':
			date->second = number;
			break;
		case 'S':
			date->millis = number;
			break;
	}
}

/* Names are looked for where the element begins, numbers behind blanks. */
static const char *
read_word(const char *at, const DateElement *element, ParsedDate *date)
{
	static const char *const halves[] = {"AM", "PM"};
	int index;

	if (element->letter == 'a')
	{
		for (index = 0; index < lengthof(halves); index++)
			if (pg_strncasecmp(at, halves[index], 2) == 0)
			{
				date->half = index;
				date->half_order = ++date->order;
				return at + 2;
			}
		return NULL;
	}
	if (element->letter == 'E')
		return read_name(at, java_weekday_names, WEEKDAYS, &index);
	at = read_name(at, java_month_names, MONTHS, &index);
	if (at != NULL)
		date->month = index + 1;
	return at;
}

/* Is it a number in the text? */
static bool
is_number(const DateElement *element)
{
	if (strchr("ML", element->letter) != NULL)
		return element->count <= 2;
	return strchr("aEzZX", element->letter) == NULL;
}

/* adjoining: another number follows at once, so that this one has as many digits as letters. */
static const char *
read_element(const char *at, const DateElement *element, bool adjoining, ParsedDate *date)
{
	const char *start = at + strspn(at, " \t");
	const char *end = start + strlen(start);
	int64 number;
	const char *next;

	if (*start == '\0')
		return NULL;
	if (strchr("zZX", element->letter) != NULL)
		return read_zone(start, element, date);
	if (!is_number(element))
		return read_word(at, element, date);
	if (adjoining && end - at < element->count)
		return NULL;
	next = read_number(start, adjoining ? at + element->count : end, &number);
	if (next == NULL)
		return NULL;
	if (element->letter == 'y')
		set_year(date, number, element->count, start, next);
	else
		set_number(date, element->letter, number);
	return next;
}

/* ---------------------------------------------------------------- the whole */

bool
java_date_can_parse(const JavaDateFormat *format)
{
	bool has_day = false;
	bool has_weekday = false;
	ListCell *cell;

	foreach (cell, format->elements)
	{
		char letter = ((const DateElement *) lfirst(cell))->letter;

		if (letter == 'G' || letter == 'F')
			return false;
		has_day = has_day || letter == 'd' || letter == 'D';
		has_weekday = has_weekday || letter == 'E' || letter == 'u';
	}
	return has_day || !has_weekday;
}

static int64
date_millis(const ParsedDate *date)
{
	int half_order =
		date->half_hour_order > 0 && date->half_order > 0 ? Max(date->half_hour_order, date->half_order) : 0;
	int64 hour = date->hour;
	int64 day;

	if (half_order > date->hour_order || date->hour_order == 0)
		hour = date->half_hour + 12 * date->half;
	if (date->day_of_year_order > date->day_order)
		day = java_epoch_day(date->year, 1, 1) + date->day_of_year - 1;
	else
		day = java_epoch_day(date->year, date->month, date->day);
	return day * MILLIS_PER_DAY + hour * MILLIS_PER_HOUR + date->minute * MILLIS_PER_MINUTE +
		   date->second * MILLIS_PER_SECOND + date->millis - date->zone_offset;
}

/* The same day and time 80 years ago. */
static void
set_century(ParsedDate *date, int64 now_millis)
{
	JavaCalendar now = java_calendar(now_millis);

	date->century_start_year = now.year - CENTURY_BACK;
	date->century_start =
		java_epoch_day(date->century_start_year, now.month, now.day) * MILLIS_PER_DAY + java_time_of_day(now_millis);
}

bool
java_date_parse(const JavaDateFormat *format, const char *text, int64 now_millis, int64 *millis)
{
	ParsedDate date = {.year = 1970, .month = 1, .day = 1};
	ListCell *cell;

	set_century(&date, now_millis);
	foreach (cell, format->elements)
	{
		const DateElement *element = lfirst(cell);
		const ListCell *next = lnext(format->elements, cell);
		bool adjoining =
			next != NULL && ((const DateElement *) lfirst(next))->letter != '\0' && is_number(lfirst(next));

		if (element->letter != '\0')
			text = read_element(text, element, adjoining, &date);
		else
			text =
				strncmp(text, element->literal, strlen(element->literal)) == 0 ? text + strlen(element->literal) : NULL;
		if (text == NULL)
			return false;
	}
	*millis = date_millis(&date);
	if (date.two_digits && *millis < date.century_start)
	{
		date.year += 100;
		*millis = date_millis(&date);
	}
	return true;
}
