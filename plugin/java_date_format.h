/*-------------------------------------------------------------------------
 *
 * java_date_format.h
 *	  java.text.SimpleDateFormat in time zone UTC and an English locale, with
 *	  the Gregorian calendar since 15 October 1582 and the Julian before.
 *
 * Built are the letters G y M L d D F E u a H k K h m s S z Z X; those of
 * weeks (w W Y), whose first day depends on the JVM's country, are refused.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_DATE_FORMAT_H
#define JAVA_DATE_FORMAT_H

#include "postgres.h"

typedef struct JavaDateFormat JavaDateFormat;

/* Compiles a pattern in the current context.  NULL: *problem says in words for people what is wrong with it. */
extern JavaDateFormat *java_date_format_new(const char *pattern, const char **problem);

/* format(): text of that time, in milliseconds since 1970, in the current context. */
extern char *java_date_format(const JavaDateFormat *format, int64 millis);

/* May java_date_parse() be called?  G, F, L, and E or u without a day, are for output only. */
extern bool java_date_can_parse(const JavaDateFormat *format);

/*
 * parse(), lenient as Java is by default: text behind the date is not looked
 * at, 32 January is 1 February.  Of zones, offsets, Z, UTC and GMT are known.
 * now_millis decides which century a year of two digits is in.  False: the
 * text does not match.
 */
extern bool java_date_parse(const JavaDateFormat *format, const char *text, int64 now_millis, int64 *millis);

#endif /* JAVA_DATE_FORMAT_H */
