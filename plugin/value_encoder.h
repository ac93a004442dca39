/*-------------------------------------------------------------------------
 *
 * value_encoder.h
 *	  One way of writing the values of one type under one set of modes.
 *
 * For every column, encoder_find() chooses a ValueEncoder once and fills a
 * ValueCodec with all that encoding needs (precision, output function, enum
 * labels, element codec); after that no catalogue is touched per value.
 *
 * Nothing here depends on session settings (DateStyle, IntervalStyle,
 * bytea_output, extra_float_digits, TimeZone, lc_monetary): values are
 * encoded from the Datum, and where a type's output function is the only way,
 * value_text() pins these settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VALUE_ENCODER_H
#define VALUE_ENCODER_H

#include "postgres.h"
#include "fmgr.h"

#include "connect_schema.h"
#include "json_writer.h"

/* Values of the mode options, in the order of their allowed lists in option_table.def. */
typedef enum DecimalMode
{
	DECIMAL_PRECISE,
	DECIMAL_DOUBLE,
	DECIMAL_STRING
} DecimalMode;

typedef enum TemporalMode
{
	TEMPORAL_ADAPTIVE,
	TEMPORAL_ADAPTIVE_TIME_MICROSECONDS,
	TEMPORAL_CONNECT,
	TEMPORAL_ISOSTRING,
	TEMPORAL_MICROSECONDS,
	TEMPORAL_NANOSECONDS,
	TEMPORAL_STRUCTURED
} TemporalMode;

typedef enum BinaryMode
{
	BINARY_BYTES,
	BINARY_BASE64,
	BINARY_BASE64_URL_SAFE,
	BINARY_HEX
} BinaryMode;

typedef enum HstoreMode
{
	HSTORE_JSON,
	HSTORE_MAP
} HstoreMode;

typedef enum IntervalMode
{
	INTERVAL_NUMERIC,
	INTERVAL_STRING
} IntervalMode;

/* How Connect's JsonConverter writes a Decimal (decimal.format). */
typedef enum DecimalFormat
{
	DECIMAL_BASE64,
	DECIMAL_NUMERIC
} DecimalFormat;

/* The options that decide how values look; filled by plugin_options, the same for the whole session. */
typedef struct ValueModes
{
	DecimalMode decimal;
	TemporalMode temporal;
	BinaryMode binary;
	HstoreMode hstore;
	IntervalMode interval;
	DecimalFormat decimal_format;
	int money_fraction_digits;
	bool include_unknown;	 /* include.unknown.datatypes */
	int release;			 /* debezium.version as major * 100 + minor, e.g. 307 */
	const char *placeholder; /* unavailable.value.placeholder as UTF-8 text (hex: decoded, bad bytes U+FFFD) */
	Size placeholder_size;
	const char *placeholder_raw; /* the same as bytes */
	Size placeholder_raw_size;
} ValueModes;

struct ValueEncoder;

typedef struct ValueCodec
{
	const struct ValueEncoder *encoder;
	const ValueModes *modes;
	Oid type; /* root type of a domain */
	int32 typmod;
	int precision; /* numeric precision, fraction digits of a temporal, length of a bit string */
	int scale;
	bool required_schema;		/* items that cannot be optional (enum arrays) */
	FmgrInfo output;			/* set where the type's output function is needed */
	struct ValueCodec *element; /* arrays, domains over arrays */
	int16 element_length;
	bool element_by_value;
	char element_align;
	void *extra; /* the encoder's own, in the relation's context */
} ValueCodec;

typedef struct ValueEncoder
{
	const char *name;

	/* Schema of the field without optional, default and field name. */
	ConnectSchema *(*schema)(const ValueCodec *codec);

	/*
	 * Writes the JSON of a value that is not NULL.  The datum may be short or
	 * compressed, never an unchanged TOAST pointer.  False: the value cannot
	 * be converted (Debezium would raise); nothing was written then.
	 */
	bool (*encode)(const ValueCodec *codec, Datum datum, JsonWriter *writer);

	/*
	 * What Debezium invents for a NOT NULL column that the old tuple lacks
	 * (reference 3.2).  False: there is none.
	 */
	bool (*filler)(const ValueCodec *codec, JsonWriter *writer);

	/*
	 * What stands for an unchanged TOAST value (reference 3.3).  False: no
	 * such shape, which counts as a conversion failure.  NULL: likewise.
	 */
	bool (*placeholder)(const ValueCodec *codec, JsonWriter *writer);

	/*
	 * The default of a column from the deparsed text of its default
	 * expression, as PostgresDefaultValueConverter reads it (reference 5),
	 * called by column_default().  literal: the first quoted literal's
	 * content or the bare text; NULL for a function call, which asks for the
	 * type's placeholder.  False: no default.  NULL: the type never has one.
	 */
	bool (*default_value)(const ValueCodec *codec, const char *literal, JsonWriter *writer);
} ValueEncoder;

/*
 * The codec for a column of that type, in the current memory context, or NULL
 * if Debezium leaves such a column out.  Looks at the catalogue (syscache
 * under the historic snapshot), takes no lock.  Extension types are found by
 * the name of the type, whatever schema holds it.
 */
extern ValueCodec *encoder_find(Oid type, int32 typmod, const ValueModes *modes);

/*
 * The default as JSON text in the current context, or NULL if there is none.
 * default_text is what deparse_expression() gives, in UTF-8.
 * Source: PostgresDefaultValueConverter.
 */
extern char *column_default(const ValueCodec *codec, Oid column_type, const char *default_text);

/* Runs call(arg) with the settings that output functions and deparsing look at pinned, and restored on any way out. */
extern void with_pinned_settings(void (*call)(void *arg), void *arg);

/* The same with search_path, which decides about schemas before names; several microseconds, and in a transaction. */
extern void with_pinned_path(void (*call)(void *arg), void *arg);

/* Text of a datum by codec->output with pinned settings, in UTF-8, in the current context. */
extern char *value_text(const ValueCodec *codec, Datum datum, Size *size);

/* The same for types that may print names of relations, types and the like. */
extern char *value_text_with_path(const ValueCodec *codec, Datum datum, Size *size);

/*
 * Server encoding to UTF-8; returns its argument where nothing needs doing.
 * On text that is invalid in the server's encoding (SQL_ASCII) returns NULL.
 */
extern const char *text_to_utf8(const char *text, Size size, Size *utf8_size);

#endif /* VALUE_ENCODER_H */
