/*-------------------------------------------------------------------------
 *
 * source_type.h
 *	  Name, length and scale of a column's type as Debezium knows them from
 *	  the JDBC driver (reference 4.4): they stand in propagated parameters and
 *	  decide what can be truncated.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SOURCE_TYPE_H
#define SOURCE_TYPE_H

#include "postgres.h"
#include "catalog/pg_attribute.h"

#define NO_LENGTH (-1)
#define NO_SCALE (-1)

typedef struct SourceType
{
	const char *name; /* of the driver: int4, serial, _text; UTF-8 */
	int length;		  /* NO_LENGTH: none is known */
	int scale;		  /* NO_SCALE: none is known */
} SourceType;

/*
 * In the current context.  from_sequence: the column's default calls
 * nextval(), which makes an integer a serial; snapshot: the row comes from a
 * query and not from the stream, where a numeric without precision differs;
 * release as in ValueModes.  Looks at the catalogue, takes no lock.
 */
extern SourceType *source_type_describe(Oid type, int32 typmod, bool from_sequence, bool snapshot, int release);

/* NOT NULL of the column, of its domain or of one below (Debezium does not look below; docs/parity.md). */
extern bool source_not_null(Form_pg_attribute attribute);

#endif /* SOURCE_TYPE_H */
