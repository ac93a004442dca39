/*-------------------------------------------------------------------------
 *
 * java_date_elements.h
 *	  What java_date_format.c and java_date_parse.c share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_DATE_ELEMENTS_H
#define JAVA_DATE_ELEMENTS_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "java_date_format.h"

/* A letter of a pattern, repeated, or literal text. */
typedef struct DateElement
{
	char letter; /* 0: a literal */
	int count;
	const char *literal;
} DateElement;

struct JavaDateFormat
{
	List *elements; /* of DateElement * */
};

#define MONTHS 12
#define WEEKDAYS 7

/* Letters of the short form of a name. */
#define SHORT_NAME 3

extern const char *const java_month_names[MONTHS];
extern const char *const java_weekday_names[WEEKDAYS]; /* from Sunday */

#endif /* JAVA_DATE_ELEMENTS_H */
