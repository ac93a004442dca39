/*-------------------------------------------------------------------------
 *
 * java_date_format.c
 *	  See java_date_format.h.  Reading is java_date_parse.c's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "java_calendar.h"
#include "java_date_elements.h"

/* Letters that SimpleDateFormat knows, and those of them that are not built. */
#define PATTERN_LETTERS "GyMdkHmsSEDFwWahKzZYuXL"
#define WEEK_LETTERS "wWY"

const char *const java_month_names[MONTHS] = {"January", "February", "March",	  "April",	 "May",		 "June",
											  "July",	 "August",	 "September", "October", "November", "December"};
const char *const java_weekday_names[WEEKDAYS] = {"Sunday",	  "Monday", "Tuesday", "Wednesday",
												  "Thursday", "Friday", "Saturday"};

/* ---------------------------------------------------------------- pattern */

static const char *
letter_problem(char letter, int count)
{
	if (strchr(PATTERN_LETTERS, letter) == NULL)
		return psprintf("Illegal pattern character: %c", letter);
	if (strchr(WEEK_LETTERS, letter) != NULL)
		return psprintf("The letter %c is not built: the first day of a week depends on the JVM's country.", letter);
	if (letter == 'X' && count > 3)
		return psprintf("Invalid ISO 8601 format: X is repeated %d times.", count);
	return NULL;
}

static void
add_literal(JavaDateFormat *format, StringInfo literal)
{
	DateElement *element;

	if (literal->len == 0)
		return;
	element = palloc0(sizeof(DateElement));
	element->literal = pnstrdup(literal->data, literal->len);
	format->elements = lappend(format->elements, element);
	resetStringInfo(literal);
}

/* What stands between quotes, '' for one in it; returns what follows, NULL if the quote does not end. */
static const char *
read_quoted(const char *at, StringInfo literal)
{
	if (*at == '\'')
	{
		appendStringInfoChar(literal, '\'');
		return at + 1;
	}
	for (; *at != '\0'; at++)
	{
		if (*at == '\'' && at[1] != '\'')
			return at + 1;
		if (*at == '\'')
			at++;
		appendStringInfoChar(literal, *at);
	}
	return NULL;
}

static const char *
read_letters(JavaDateFormat *format, const char *at, StringInfo literal, const char **problem)
{
	DateElement *element = palloc0(sizeof(DateElement));

	element->letter = *at;
	while (*at == element->letter)
	{
		element->count++;
		at++;
	}
	*problem = letter_problem(element->letter, element->count);
	add_literal(format, literal);
	format->elements = lappend(format->elements, element);
	return *problem ? NULL : at;
}

JavaDateFormat *
java_date_format_new(const char *pattern, const char **problem)
{
	JavaDateFormat *format = palloc0(sizeof(JavaDateFormat));
	const char *at = pattern;
	StringInfoData literal;

	initStringInfo(&literal);
	*problem = NULL;
	while (at != NULL && *at != '\0')
	{
		if (isalpha((unsigned char) *at))
			at = read_letters(format, at, &literal, problem);
		else if (*at == '\'')
			at = read_quoted(at + 1, &literal);
		else
			appendStringInfoChar(&literal, *at++);
	}
	if (at == NULL && *problem == NULL)
		*problem = "Unterminated quote.";
	add_literal(format, &literal);
	return *problem ? NULL : format;
}

/* ---------------------------------------------------------------- format() */

static void
put_name(StringInfo out, const char *name, int count)
{
	appendBinaryStringInfo(out, name, count >= 4 ? (int) strlen(name) : SHORT_NAME);
}

static void
put_month(StringInfo out, const JavaCalendar *calendar, int count)
{
	if (count < 3)
		appendStringInfo(out, "%0*d", count, calendar->month);
	else
		put_name(out, java_month_names[calendar->month - 1], count);
}

/* Of the year in its era; two letters show two digits. */
static void
put_year(StringInfo out, const JavaCalendar *calendar, int count)
{
	int64 year = calendar->year > 0 ? calendar->year : 1 - calendar->year;

	if (count == 2)
		year %= 100;
	appendStringInfo(out, "%0*lld", count, (long long) year);
}

/* Which one of its weekday in the month; October 1582 lacks ten days. */
static int
week_of_weekday(const JavaCalendar *calendar)
{
	bool shortened = calendar->year == 1582 && calendar->month == 10 && calendar->day > 10;

	return (calendar->day - 1 - (shortened ? 10 : 0)) / 7 + 1;
}

static int
number_of(const JavaCalendar *calendar, char letter)
{
	switch (letter)
	{
		case 'd':
			return calendar->day;
		case 'D':
			return calendar->day_of_year;
		case 'F':
			return week_of_weekday(calendar);
		case 'u':
			return calendar->weekday == 0 ? 7 : calendar->weekday;
		case 'H':
			return calendar->hour;
		case 'k':
			return calendar->hour == 0 ? 24 : calendar->hour;
		case 'K':
			return calendar->hour % 12;
		case 'h':
			return calendar->hour % 12 == 0 ? 12 : calendar->hour % 12;
		case 'm':
			return calendar->minute;
		case 's':
			return calendar->second;
		default:
			return calendar->millis;
	}
}

static void
put_element(StringInfo out, const DateElement *element, const JavaCalendar *calendar)
{
	switch (element->letter)
	{
		case 'G':
			appendStringInfoString(out, calendar->year > 0 ? "AD" : "BC");
			break;
		case 'y':
			put_year(out, calendar, element->count);
			break;
		case 'M':
		case 'L':
			put_month(out, calendar, element->count);
			break;
		case 'E':
			put_name(out, java_weekday_names[calendar->weekday], element->count);
			break;
		case 'a':
			appendStringInfoString(out, calendar->hour < 12 ? "AM" : "PM");
			break;
		case 'z':
			appendStringInfoString(out, element->count >= 4 ? "Coordinated Universal Time" : "UTC");
			break;
		case 'Z':
			appendStringInfoString(out, "+0000");
			break;
		case 'X':
			appendStringInfoChar(out, 'Z');
			break;
		default:
			appendStringInfo(out, "%0*d", element->count, number_of(calendar, element->letter));
			break;
	}
}

char *
java_date_format(const JavaDateFormat *format, int64 millis)
{
	JavaCalendar calendar = java_calendar(millis);
	StringInfoData out;
	ListCell *cell;

	initStringInfo(&out);
	foreach (cell, format->elements)
	{
		const DateElement *element = lfirst(cell);

		if (element->letter != '\0')
			put_element(&out, element, &calendar);
		else
			appendStringInfoString(&out, element->literal);
	}
	return out.data;
}
