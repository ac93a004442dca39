/*-------------------------------------------------------------------------
 *
 * converters.c
 *	  See converters.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "converters.h"

void
converters_refuse_registry(const char *name, const char *value)
{
	static const char *const packages[] = {"io.confluent.", "io.apicurio.", "com.amazonaws."};

	for (int i = 0; i < lengthof(packages); i++)
		if (pg_strncasecmp(value, packages[i], strlen(packages[i])) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot use option \"%s\" with value \"%s\"", name, value),
					 errdetail("Converters that need a schema registry are not built; see Limits in the README."),
					 errhint("Use org.apache.kafka.connect.json.JsonConverter.")));
}

static void
refuse_converter(const char *name, const char *value, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("cannot use option \"%s\" with value \"%s\"", name, value),
			 errdetail_internal("%s", detail), errhint("%s", hint)));
}

/* The options of a converter, and the same of its delegate. */
typedef struct ConverterOptions
{
	OptionId converter;
	OptionId delegate;
	int bytes;			/* the converter's number that is ByteArrayConverter; BinaryDataConverter comes behind it */
	int first_delegate; /* the converter's number that is the delegate's first */
	OptionId settings[3];
	OptionId delegate_settings[3];
} ConverterOptions;

static const ConverterOptions roles[CONVERTER_ROLES] = {
	[ROLE_OF_KEYS] = {OPT_KEY_CONVERTER,
					  OPT_KEY_DELEGATE,
					  CONVERTER_BYTES,
					  CONVERTER_JSON,
					  {OPT_KEY_CONVERTER_SCHEMAS_ENABLE, OPT_KEY_CONVERTER_DECIMAL_FORMAT,
					   OPT_KEY_CONVERTER_REPLACE_NULL_WITH_DEFAULT},
					  {OPT_KEY_DELEGATE_SCHEMAS_ENABLE, OPT_KEY_DELEGATE_DECIMAL_FORMAT,
					   OPT_KEY_DELEGATE_REPLACE_NULL_WITH_DEFAULT}},
	[ROLE_OF_VALUES] = {OPT_VALUE_CONVERTER,
						OPT_VALUE_DELEGATE,
						CONVERTER_BYTES,
						CONVERTER_JSON,
						{OPT_VALUE_CONVERTER_SCHEMAS_ENABLE, OPT_VALUE_CONVERTER_DECIMAL_FORMAT,
						 OPT_VALUE_CONVERTER_REPLACE_NULL_WITH_DEFAULT},
						{OPT_VALUE_DELEGATE_SCHEMAS_ENABLE, OPT_VALUE_DELEGATE_DECIMAL_FORMAT,
						 OPT_VALUE_DELEGATE_REPLACE_NULL_WITH_DEFAULT}},
	[ROLE_OF_HEADERS] = {OPT_HEADER_CONVERTER,
						 OPT_HEADER_DELEGATE,
						 HEADER_BYTES,
						 HEADER_JSON,
						 {OPT_HEADER_CONVERTER_SCHEMAS_ENABLE, OPT_HEADER_CONVERTER_DECIMAL_FORMAT,
						  OPT_HEADER_CONVERTER_REPLACE_NULL_WITH_DEFAULT},
						 {OPT_HEADER_DELEGATE_SCHEMAS_ENABLE, OPT_HEADER_DELEGATE_DECIMAL_FORMAT,
						  OPT_HEADER_DELEGATE_REPLACE_NULL_WITH_DEFAULT}},
};

static void
adopt_delegate(PluginOptions *options, const ConverterOptions *role)
{
	const OptionValue *delegate = &options->values[role->delegate];

	options->values[role->converter].number = delegate->text ? role->first_delegate + delegate->number : role->bytes;
	for (int i = 0; i < lengthof(role->settings); i++)
		options->values[role->settings[i]] = options->values[role->delegate_settings[i]];
}

void
converters_adopt_delegates(PluginOptions *options)
{
	for (int i = 0; i < CONVERTER_ROLES; i++)
	{
		const ConverterOptions *role = &roles[i];
		const OptionValue *converter = &options->values[role->converter];
		const OptionValue *delegate = &options->values[role->delegate];

		options->raw_bytes[i] = converter->number >= role->bytes;
		if (converter->number > role->bytes)
			adopt_delegate(options, role);
		else if (delegate->is_set)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("option \"%s\" needs option \"%s\" with value \"%s\"",
								   option_definitions[role->delegate].name, option_definitions[role->converter].name,
								   "io.debezium.converters.BinaryDataConverter")));
	}
}

static bool
has_transforms(const PluginOptions *options)
{
	ListCell *cell;

	foreach (cell, options->families)
	{
		const FamilyOption *option = lfirst(cell);

		if (option->id == OPT_FAMILY_TRANSFORMS && strcmp(option->name, "transforms") == 0 && *option->value != '\0')
			return true;
	}
	return false;
}

void
converters_check(const PluginOptions *options)
{
	for (int i = 0; i < CONVERTER_ROLES; i++)
	{
		const OptionValue *value = &options->values[roles[i].converter];

		if (value->number == roles[i].bytes && !has_transforms(options))
			refuse_converter(
				option_definitions[roles[i].converter].name, value->text,
				"It writes bytes only, and keys, values and headers of change events are structures and text.",
				"Use org.apache.kafka.connect.json.JsonConverter, or transforms that leave nothing but bytes.");
	}
}
