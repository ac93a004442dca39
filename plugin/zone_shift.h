/*-------------------------------------------------------------------------
 *
 * zone_shift.h
 *	  Times moved to a time zone as io.debezium.transforms.TimezoneConverter
 *	  moves them, by PostgreSQL's own time zone database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ZONE_SHIFT_H
#define ZONE_SHIFT_H

#include "postgres.h"
#include "pgtime.h"

typedef struct TimeZone
{
	pg_tz *rules;  /* NULL: a fixed offset */
	int64 seconds; /* the fixed offset, east of Greenwich */
} TimeZone;

/* A name of the time zone database as it is written there, or +hh:mm[:ss] up to 18 hours.  False: it is neither. */
extern bool time_zone_find(const char *name, TimeZone *zone);

/* ZoneRules.getOffset(Instant): seconds east of Greenwich at that time, seconds since 1970. */
extern int64 zone_offset(const TimeZone *zone, int64 epoch_second);

/* ZoneRules.getOffset(LocalDateTime): where the clock is changed and a time is missing or comes twice, the offset before. */
extern int64 zone_local_offset(const TimeZone *zone, int64 local_second);

/*
 * The same instant of ISO 8601 text (date, time and offset) with the offset
 * that the zone has when its clocks show the text's local time, in the current
 * context.  NULL: not such text.
 */
extern char *zone_timestamp_text(const TimeZone *zone, const char *text, Size size);

/* The same of a time and offset; the zone's offset is that of epoch_second. */
extern char *zone_time_text(const TimeZone *zone, const char *text, Size size, int64 epoch_second);

#endif /* ZONE_SHIFT_H */
