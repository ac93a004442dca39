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

void
converters_check(const PluginOptions *options)
{
	static const OptionId ids[] = {OPT_KEY_CONVERTER, OPT_VALUE_CONVERTER, OPT_HEADER_CONVERTER};

	for (int i = 0; i < lengthof(ids); i++)
	{
		const OptionValue *value = &options->values[ids[i]];
		bool bytes = value->number == (ids[i] == OPT_HEADER_CONVERTER ? (int) HEADER_BYTES : (int) CONVERTER_BYTES);

		if (bytes)
			refuse_converter(
				option_definitions[ids[i]].name, value->text,
				"It writes bytes only, and keys, values and headers of change events are structures and text.",
				"Use org.apache.kafka.connect.json.JsonConverter.");
	}
	if (option_number(options, VALUE_CONVERTER) == CONVERTER_STRING)
		refuse_converter("value.converter", option_text(options, VALUE_CONVERTER),
						 "It would write change events as Java's text of an object, which cannot be read back.",
						 "Use org.apache.kafka.connect.json.JsonConverter.");
}
