/*-------------------------------------------------------------------------
 *
 * encode_numeric.c
 *	  numeric and money in the three decimal.handling.modes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/cash.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/numeric.h"
#include "utils/pg_locale.h"

#include "encode_numeric.h"
#include "encode_scalar.h"
#include "decimal_text.h"
#include "encode_text.h"
#include "numeric_digits.h"

/* A numeric without typmod has no precision. */
#define is_variable(codec) ((codec)->precision == 0)

/* Integers and powers of ten up to these are exact in a double, and so is then their quotient rounded. */
#define EXACT_DOUBLE_INTEGER INT64CONST(9007199254740992)
#define EXACT_DOUBLE_POWER 22

static const double powers_of_ten[EXACT_DOUBLE_POWER + 1] = {1e0,  1e1,	 1e2,  1e3,	 1e4,  1e5,	 1e6,  1e7,
															 1e8,  1e9,	 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
															 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/*
 * A literal beyond these is nothing PostgreSQL would print for a default.  It
 * may still stand in an expression, and numeric_in() would throw.
 */
#define MAX_DEFAULT_SIZE 1000
#define MAX_DEFAULT_EXPONENT_SIZE 4

/*-------------------------------------------------------------------------
 * The three modes
 *-------------------------------------------------------------------------
 */

static void
write_unscaled(JsonWriter *writer, const NumericDigits *digits, int scale)
{
	char small[UNSCALED_SMALL];
	Size size;
	const char *bytes = numeric_unscaled(digits, scale, small, &size);

	json_base64(writer, bytes, size, false);
}

/* org.apache.kafka.connect.data.Decimal; false: more digits than scale has room for. */
static bool
write_decimal(const ValueModes *modes, const NumericDigits *digits, int scale, JsonWriter *writer)
{
	Size size;
	char *text;

	if (numeric_exact_scale(digits) > scale)
		return false;
	if (modes->decimal_format == DECIMAL_BASE64 || writer->strings == STRINGS_BYTES)
		write_unscaled(writer, digits, scale);
	else
	{
		text = numeric_plain_text(digits, scale, &size);
		decimal_text_write(writer, text, size, scale);
	}
	return true;
}

/* io.debezium.data.VariableScaleDecimal: zeros at the end stripped, never a negative scale. */
static void
write_variable_scale(const NumericDigits *digits, JsonWriter *writer)
{
	int scale = numeric_exact_scale(digits);

	json_member(writer, '{', "scale");
	json_int64(writer, scale);
	json_member(writer, ',', "value");
	write_unscaled(writer, digits, scale);
	json_char(writer, '}');
}

static void
write_double(const NumericDigits *digits, JsonWriter *writer)
{
	int scale = numeric_exact_scale(digits);
	int64 unscaled;
	Size size;

	if (scale <= EXACT_DOUBLE_POWER && numeric_unscaled_int64(digits, scale, &unscaled) &&
		unscaled <= EXACT_DOUBLE_INTEGER && unscaled >= -EXACT_DOUBLE_INTEGER)
		json_double(writer, (double) unscaled / powers_of_ten[scale]);
	else
		json_double(writer, strtod(numeric_plain_text(digits, scale, &size), NULL));
}

/* Plain text; a scale below the value's own adds nothing. */
static void
write_plain_string(const NumericDigits *digits, int scale, JsonWriter *writer)
{
	Size size;
	char *text = numeric_plain_text(digits, Max(scale, digits->scale), &size);

	json_string(writer, text, size);
}

/* NaN and the infinities; there is no Decimal of these. */
static bool
write_special(const ValueModes *modes, const NumericDigits *digits, JsonWriter *writer)
{
	bool is_nan = digits->kind == NUMERIC_IS_NAN;
	double sign = digits->negative ? -1.0 : 1.0;

	if (modes->decimal == DECIMAL_PRECISE)
		return false;
	if (modes->decimal == DECIMAL_DOUBLE)
		json_double(writer, is_nan ? get_float8_nan() : sign * get_float8_infinity());
	else if (is_nan)
		json_cstring(writer, "NAN");
	else
		json_cstring(writer, digits->negative ? "NEGATIVE_INFINITY" : "POSITIVE_INFINITY");
	return true;
}

/*-------------------------------------------------------------------------
 * numeric
 *-------------------------------------------------------------------------
 */

static ConnectSchema *
decimal_schema(int scale, int precision)
{
	ConnectSchema *schema = connect_schema_named("bytes", "org.apache.kafka.connect.data.Decimal", 1);

	connect_schema_parameter(schema, "scale", psprintf("%d", scale));
	if (precision > 0)
		connect_schema_parameter(schema, "connect.decimal.precision", psprintf("%d", precision));
	return schema;
}

static ConnectSchema *
variable_scale_schema(void)
{
	ConnectSchema *schema = connect_schema_named("struct", "io.debezium.data.VariableScaleDecimal", 1);

	schema->doc = "Variable scaled decimal";
	connect_schema_field(schema, "scale", connect_schema_new("int32"));
	connect_schema_field(schema, "value", connect_schema_new("bytes"));
	return schema;
}

static ConnectSchema *
numeric_schema(const ValueCodec *codec)
{
	switch (codec->modes->decimal)
	{
		case DECIMAL_DOUBLE:
			return connect_schema_new("double");
		case DECIMAL_STRING:
			return connect_schema_new("string");
		case DECIMAL_PRECISE:
			break;
	}
	return is_variable(codec) ? variable_scale_schema() : decimal_schema(codec->scale, codec->precision);
}

static bool
write_numeric(const ValueCodec *codec, const NumericDigits *digits, JsonWriter *writer)
{
	switch (codec->modes->decimal)
	{
		case DECIMAL_DOUBLE:
			write_double(digits, writer);
			return true;
		case DECIMAL_STRING:
			write_plain_string(digits, codec->scale, writer);
			return true;
		case DECIMAL_PRECISE:
			break;
	}
	if (!is_variable(codec))
		return write_decimal(codec->modes, digits, codec->scale, writer);
	write_variable_scale(digits, writer);
	return true;
}

static bool
numeric_encode(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	NumericDigits digits;

	numeric_digits(&digits, datum);
	if (digits.kind != NUMERIC_FINITE)
		return write_special(codec->modes, &digits, writer);
	return write_numeric(codec, &digits, writer);
}

static bool
numeric_filler(const ValueCodec *codec, JsonWriter *writer)
{
	NumericDigits zero = {.kind = NUMERIC_FINITE};

	return write_numeric(codec, &zero, writer);
}

static bool
numeric_placeholder(const ValueCodec *codec, JsonWriter *writer)
{
	return codec->modes->decimal == DECIMAL_STRING && string_placeholder(codec, writer);
}

/*
 * A literal with more digits than the scale has room for is no default in any
 * mode, and neither is a struct (KAFKA-12694).  The placeholder is 0.0.
 */
static bool
numeric_default(const ValueCodec *codec, const char *literal, JsonWriter *writer)
{
	const char *text = literal ? literal : "0.0";
	NumericDigits digits;
	const char *exponent;
	Datum value;

	if (is_variable(codec) && codec->modes->decimal == DECIMAL_PRECISE)
		return false;
	exponent = strpbrk(text, "eE");
	if (strlen(text) > MAX_DEFAULT_SIZE || !is_decimal_text(text) ||
		(exponent != NULL && strlen(exponent + 1) > MAX_DEFAULT_EXPONENT_SIZE))
		return false;
	value = DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	numeric_digits(&digits, value);
	if (!is_variable(codec))
	{
		if (numeric_exact_scale(&digits) > codec->scale)
			return false;
		digits.scale = Min(digits.scale, codec->scale);
	}
	return write_numeric(codec, &digits, writer);
}

/*-------------------------------------------------------------------------
 * money
 *-------------------------------------------------------------------------
 */

/*
 * Fraction digits of a stored money.  They follow lc_monetary; the value the
 * session began with counts, as it does for whoever wrote the rows.
 */
static int
money_stored_scale(void)
{
	int nest_level = NewGUCNestLevel();
	int scale;

	(void) set_config_option("lc_monetary", GetConfigOptionResetString("lc_monetary"), PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	scale = PGLC_localeconv()->frac_digits;
	AtEOXact_GUC(false, nest_level);
	/* As PostgreSQL does where the locale gives nonsense. */
	return scale >= 0 && scale <= 10 ? scale : 2;
}

static ConnectSchema *
money_schema(const ValueCodec *codec)
{
	switch (codec->modes->decimal)
	{
		case DECIMAL_DOUBLE:
			return connect_schema_new("double");
		case DECIMAL_STRING:
			return connect_schema_new("string");
		case DECIMAL_PRECISE:
			break;
	}
	return decimal_schema(codec->modes->money_fraction_digits, 0);
}

/* Rounds half away from zero, BigDecimal's HALF_UP. */
static int64
drop_digits(int64 value, int count)
{
	int64 divisor = 1;
	int64 rest;

	for (int i = 0; i < count; i++)
		divisor *= 10;
	rest = value % divisor;
	value /= divisor;
	if (divisor > 1 && (rest >= divisor / 2 || rest <= -(divisor / 2)))
		value += rest > 0 ? 1 : -1;
	return value;
}

static bool
write_money(const ValueCodec *codec, int64 value, int stored_scale, JsonWriter *writer)
{
	const ValueModes *modes = codec->modes;
	int16 groups[INT64_GROUPS];
	NumericDigits digits;

	if (modes->decimal == DECIMAL_PRECISE && stored_scale > modes->money_fraction_digits)
	{
		value = drop_digits(value, stored_scale - modes->money_fraction_digits);
		stored_scale = modes->money_fraction_digits;
	}
	numeric_digits_from_int64(&digits, value, stored_scale, groups);
	if (modes->decimal == DECIMAL_PRECISE)
		return write_decimal(modes, &digits, modes->money_fraction_digits, writer);
	if (modes->decimal == DECIMAL_DOUBLE)
		write_double(&digits, writer);
	else
		write_plain_string(&digits, stored_scale, writer);
	return true;
}

static bool
money_encode(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	return write_money(codec, DatumGetCash(datum), codec->scale, writer);
}

static bool
money_filler(const ValueCodec *codec, JsonWriter *writer)
{
	return write_money(codec, 0, codec->modes->money_fraction_digits, writer);
}

static const ValueEncoder numeric_encoder = {
	.name = "numeric",
	.schema = numeric_schema,
	.encode = numeric_encode,
	.filler = numeric_filler,
	.placeholder = numeric_placeholder,
	.default_value = numeric_default,
};

static const ValueEncoder money_encoder = {
	.name = "money",
	.schema = money_schema,
	.encode = money_encode,
	.filler = money_filler,
};

/*
 * The scale as the JDBC driver reads it: it does not know that PostgreSQL 15
 * made it a signed number of 11 bits, and takes -2 for 2046.
 */
static void
read_numeric_typmod(ValueCodec *codec)
{
	int32 typmod = codec->typmod - (int32) VARHDRSZ;

	codec->precision = typmod >= 0 ? (typmod >> 16) & 0xFFFF : 0;
	codec->scale = typmod >= 0 ? typmod & 0xFFFF : 0;
}

bool
numeric_codec(ValueCodec *codec)
{
	if (codec->type == NUMERICOID)
	{
		codec->encoder = &numeric_encoder;
		read_numeric_typmod(codec);
		return true;
	}
	if (codec->type == CASHOID)
	{
		codec->encoder = &money_encoder;
		codec->scale = money_stored_scale();
		return true;
	}
	return false;
}
