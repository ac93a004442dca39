/*-------------------------------------------------------------------------
 *
 * source_type.c
 *	  See source_type.h.
 *
 * The numbers are those of PGJDBC's TypeInfoCache (getPrecision, getScale and
 * getDisplaySize), as Debezium's PostgresType and ColumnMetaData ask for them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "encoder_table.h"
#include "source_type.h"

#define NO_TYPMOD (-1)
#define UNKNOWN_LENGTH PG_INT32_MAX
#define NUMERIC_DISPLAY_SIZE 131089
#define INTERVAL_DISPLAY_SIZE 49

/* PostgresType#getDriverTypeName exists since then. */
#define RELEASE_STREAMED_SERIAL 307

/* Array types of the server itself count as their elements. */
static Oid
element_or_self(Oid type)
{
	Oid element = type < FirstGenbkiObjectId ? get_element_type(type) : InvalidOid;

	return OidIsValid(element) ? element : type;
}

/* Characters that the fraction of a second takes, with its point; one digit is shown as two. */
static int
fraction_size(int32 typmod)
{
	if (typmod == NO_TYPMOD)
		return 7;
	if (typmod == 0)
		return 0;
	return typmod == 1 ? 3 : typmod + 1;
}

/* 0: none, for a numeric without precision. */
static int
precision(Oid type, int32 typmod)
{
	switch (element_or_self(type))
	{
		case INT2OID:
			return 5;
		case OIDOID:
		case INT4OID:
			return 10;
		case INT8OID:
			return 19;
		case FLOAT4OID:
			return 8;
		case FLOAT8OID:
			return 17;
		case NUMERICOID:
			return typmod == NO_TYPMOD ? 0 : ((typmod - VARHDRSZ) >> 16) & 0xFFFF;
		case CHAROID:
		case BOOLOID:
			return 1;
		case BPCHAROID:
		case VARCHAROID:
			return typmod == NO_TYPMOD ? UNKNOWN_LENGTH : typmod - VARHDRSZ;
		case DATEOID:
			return 13;
		case TIMEOID:
			return 8 + fraction_size(typmod);
		case TIMETZOID:
			return 14 + fraction_size(typmod);
		case TIMESTAMPOID:
			return 22 + fraction_size(typmod);
		case TIMESTAMPTZOID:
			return 28 + fraction_size(typmod);
		case INTERVALOID:
			return INTERVAL_DISPLAY_SIZE;
		case BITOID:
			return typmod;
		case VARBITOID:
			return typmod == NO_TYPMOD ? UNKNOWN_LENGTH : typmod;
		default:
			return UNKNOWN_LENGTH;
	}
}

static int
precision_or_display_size(Oid type, int32 typmod)
{
	int size = precision(type, typmod);

	return size == 0 && element_or_self(type) == NUMERICOID ? NUMERIC_DISPLAY_SIZE : size;
}

static int
type_scale(Oid type, int32 typmod)
{
	switch (element_or_self(type))
	{
		case FLOAT4OID:
			return 8;
		case FLOAT8OID:
			return 17;
		case NUMERICOID:
			return typmod == NO_TYPMOD ? 0 : (typmod - VARHDRSZ) & 0xFFFF;
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return typmod == NO_TYPMOD ? 6 : typmod;
		case INTERVALOID:
			return typmod == NO_TYPMOD ? 6 : typmod & 0xFFFF;
		default:
			return 0;
	}
}

/* What a type has without a modifier of the column's own; a domain has its base type's. */
static void
describe_default(SourceType *source, Oid type)
{
	int32 typmod = NO_TYPMOD;
	Oid base = getBaseTypeAndTypmod(type, &typmod);

	source->length = precision_or_display_size(base, typmod);
	source->scale = type_scale(base, typmod);
}

static bool
is_vector(const char *name)
{
	return strcmp(name, "vector") == 0 || strcmp(name, "halfvec") == 0 || strcmp(name, "sparsevec") == 0;
}

static const char *
serial_name(Oid type)
{
	switch (type)
	{
		case INT2OID:
			return "smallserial";
		case INT4OID:
			return "serial";
		case INT8OID:
			return "bigserial";
		default:
			return NULL;
	}
}

SourceType *
source_type_describe(Oid type, int32 typmod, bool from_sequence, bool snapshot, int release)
{
	SourceType *source = palloc(sizeof(SourceType));
	const char *serial = from_sequence && (snapshot || release >= RELEASE_STREAMED_SERIAL) ? serial_name(type) : NULL;

	source->name = serial ? serial : type_name(type);
	if (source->name == NULL)
		elog(ERROR, "cache lookup failed for type %u", type);
	if (is_vector(source->name))
	{
		source->length = typmod == NO_TYPMOD ? NO_LENGTH : typmod;
		source->scale = 0;
	}
	else if (typmod != NO_TYPMOD)
	{
		source->length = precision(type, typmod);
		source->scale = type_scale(type, typmod);
	}
	else if (type == NUMERICOID && snapshot)
	{
		source->length = 0;
		source->scale = NO_SCALE;
	}
	else
		describe_default(source, type);
	return source;
}

bool
source_not_null(Form_pg_attribute attribute)
{
	bool not_null = attribute->attnotnull;
	Oid type = attribute->atttypid;

	while (!not_null && OidIsValid(type))
	{
		HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
		Form_pg_type form;

		if (!HeapTupleIsValid(tuple))
			break;
		form = (Form_pg_type) GETSTRUCT(tuple);
		not_null = form->typnotnull;
		type = form->typtype == TYPTYPE_DOMAIN ? form->typbasetype : InvalidOid;
		ReleaseSysCache(tuple);
	}
	return not_null;
}
