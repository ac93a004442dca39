/*-------------------------------------------------------------------------
 *
 * value_text.c
 *	  Text of a datum whatever the session's settings, and server text in
 *	  UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "catalog/pg_conversion.h"
#include "catalog/pg_namespace.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/bytea.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "pg_compat.h"
#include "value_encoder.h"

/* A role's own schema and public: what Debezium's session has. */
#define DEFAULT_PATH "$user, public"

/* The settings that output functions look at. */
typedef struct OutputSettings
{
	int date_style;
	int date_order;
	int interval_style;
	int bytea_output;
	int extra_float_digits;
	pg_tz *timezone;
	bool quote_all;
	bool standard_strings;
} OutputSettings;

static OutputSettings
current_settings(void)
{
	OutputSettings settings = {
		.date_style = DateStyle,
		.date_order = DateOrder,
		.interval_style = IntervalStyle,
		.bytea_output = bytea_output,
		.extra_float_digits = extra_float_digits,
		.timezone = session_timezone,
		.quote_all = quote_all_identifiers,
		.standard_strings = compat_standard_strings(),
	};

	return settings;
}

static void
apply_settings(const OutputSettings *settings)
{
	DateStyle = settings->date_style;
	DateOrder = settings->date_order;
	IntervalStyle = settings->interval_style;
	bytea_output = settings->bytea_output;
	extra_float_digits = settings->extra_float_digits;
	session_timezone = settings->timezone;
	quote_all_identifiers = settings->quote_all;
	compat_set_standard_strings(settings->standard_strings);
}

/*
 * The variables behind the settings are changed and not the settings, which
 * would cost several microseconds per value.  Nobody looks in between.
 */
void
with_pinned_settings(void (*call)(void *arg), void *arg)
{
	const OutputSettings saved = current_settings();
	const OutputSettings pinned = {
		.date_style = USE_ISO_DATES,
		.date_order = DATEORDER_MDY,
		.interval_style = INTSTYLE_POSTGRES,
		.bytea_output = BYTEA_OUTPUT_HEX,
		.extra_float_digits = 1,
		.timezone = pg_tzset("UTC"),
		.quote_all = false,
		.standard_strings = true,
	};

	PG_TRY();
	{
		apply_settings(&pinned);
		call(arg);
	}
	PG_FINALLY();
	{
		apply_settings(&saved);
	}
	PG_END_TRY();
}

/*
 * The path is a setting proper, with a cache behind it.  The level is given
 * back by the end of the transaction if the call fails.
 */
void
with_pinned_path(void (*call)(void *arg), void *arg)
{
	int level = NewGUCNestLevel();

	set_config_option("search_path", DEFAULT_PATH, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	with_pinned_settings(call, arg);
	AtEOXact_GUC(true, level);
}

typedef struct OutputCall
{
	FmgrInfo *output;
	Datum datum;
	char *text;
} OutputCall;

static void
call_output(void *arg)
{
	OutputCall *call = arg;

	call->text = OutputFunctionCall(call->output, call->datum);
}

char *
value_text(const ValueCodec *codec, Datum datum, Size *size)
{
	OutputCall call = {.output = unconstify(FmgrInfo *, &codec->output), .datum = datum};

	with_pinned_settings(call_output, &call);
	return unconstify(char *, text_to_utf8(call.text, strlen(call.text), size));
}

char *
value_text_with_path(const ValueCodec *codec, Datum datum, Size *size)
{
	OutputCall call = {.output = unconstify(FmgrInfo *, &codec->output), .datum = datum};

	with_pinned_path(call_output, &call);
	return unconstify(char *, text_to_utf8(call.text, strlen(call.text), size));
}

static bool
is_ascii(const char *text, Size size)
{
	Size done = 0;

	for (; size - done >= sizeof(uint64); done += sizeof(uint64))
	{
		uint64 word;

		memcpy(&word, text + done, sizeof(word));
		if ((word & UINT64CONST(0x8080808080808080)) != 0)
			return false;
	}
	for (; done < size; done++)
	{
		if (IS_HIGHBIT_SET(text[done]))
			return false;
	}
	return true;
}

/*
 * By the conversion of pg_catalog, found by hand because pg_server_to_any()
 * throws on text that cannot be converted.
 */
static const char *
convert_text(const char *text, Size size, Size *utf8_size)
{
	int encoding = GetDatabaseEncoding();
	Oid conversion = FindDefaultConversion(PG_CATALOG_NAMESPACE, encoding, PG_UTF8);
	Size room = size * MAX_CONVERSION_GROWTH + 1;
	char *result;
	Size done = 0;
	Size filled = 0;

	if (!OidIsValid(conversion))
		return NULL;
	result = MemoryContextAllocHuge(CurrentMemoryContext, room);
	while (done < size)
	{
		int part = (int) Min(size - done, INT_MAX / (2 * MAX_CONVERSION_GROWTH));
		int taken = pg_do_encoding_conversion_buf(
			conversion, encoding, PG_UTF8, (unsigned char *) unconstify(char *, text) + done, part,
			(unsigned char *) result + filled, (int) Min(room - filled, INT_MAX), true);

		if (taken <= 0)
			return NULL;
		done += taken;
		filled += strlen(result + filled);
	}
	*utf8_size = filled;
	return result;
}

const char *
text_to_utf8(const char *text, Size size, Size *utf8_size)
{
	*utf8_size = size;
	if (GetDatabaseEncoding() == PG_UTF8 || is_ascii(text, size))
		return text;
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		return (Size) pg_encoding_verifymbstr(PG_UTF8, text, (int) size) == size ? text : NULL;
	return convert_text(text, size, utf8_size);
}
