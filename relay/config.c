/*
 * config.c
 *	  Keeping properties and handing them out.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "config_internal.h"
#include "memory.h"

ConfigSetting *
setting_list_find(const SettingList *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].name != NULL && strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

void
setting_list_set(SettingList *list, const char *name, const char *value, const char *source)
{
	ConfigSetting *setting = setting_list_find(list, name);
	char *copy = memory_strdup(value); /* value may be the one replaced */

	if (setting == NULL)
	{
		list->items = bytes_realloc(list->items, (list->count + 1) * sizeof(ConfigSetting));
		setting = &list->items[list->count++];
		setting->name = memory_strdup(name);
		setting->value = NULL;
	}
	free(setting->value);
	setting->value = copy;
	setting->source = source;
}

void
setting_list_free(SettingList *list)
{
	for (size_t i = 0; i < list->count; i++)
	{
		free(list->items[i].name);
		free(list->items[i].value);
	}
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

Config *
config_new(void)
{
	return bytes_alloc_zero(1, sizeof(Config));
}

void
config_free(Config *config)
{
	if (config == NULL)
		return;
	setting_list_free(&config->settings);
	setting_list_free(&config->rdkafka);
	setting_list_free(&config->signal_consumer);
	conninfo_params_free(&config->ordinary);
	conninfo_params_free(&config->replication);
	free(config->conninfo);
	free(config->database);
	free(config->max_request_size);
	free(config);
}

void
config_set(Config *config, const char *name, const char *value, const char *source)
{
	setting_list_set(&config->settings, name, value, source);
}

void
config_unset(Config *config, const char *name)
{
	ConfigSetting *setting = setting_list_find(&config->settings, name);
	size_t at;

	if (setting == NULL)
		return;
	free(setting->name);
	free(setting->value);
	at = (size_t) (setting - config->settings.items);
	config->settings.count--;
	memmove(setting, setting + 1, (config->settings.count - at) * sizeof(ConfigSetting));
}

void
config_set_conninfo(Config *config, const char *conninfo)
{
	free(config->conninfo);
	config->conninfo = memory_strdup(conninfo);
}

void
config_set_purpose(Config *config, ConfigPurpose purpose)
{
	config->purpose = purpose;
}

void
config_set_sink(Config *config, ConfigSink sink)
{
	config->sink = sink;
}

ConfigSink
config_sink(const Config *config)
{
	return config->sink;
}

const char *
config_database(const Config *config)
{
	return config->database;
}

const char *
config_text(const Config *config, OptionId id)
{
	const ConfigSetting *setting = setting_list_find(&config->settings, option_infos[id].name);

	return setting != NULL ? setting->value : option_infos[id].default_value;
}

bool
config_bool(const Config *config, OptionId id)
{
	const char *value = config_text(config, id);

	return value != NULL && strcmp(value, "true") == 0;
}

int64_t
config_int(const Config *config, OptionId id)
{
	const char *value = config_text(config, id);

	return value != NULL ? strtoll(value, NULL, 10) : 0;
}

bool
config_is_set(const Config *config, OptionId id)
{
	return setting_list_find(&config->settings, option_infos[id].name) != NULL;
}

const ConfigSetting *
config_next(const Config *config, const char *prefix, size_t *at)
{
	size_t prefix_size = strlen(prefix);

	while (*at < config->settings.count)
	{
		const ConfigSetting *setting = &config->settings.items[(*at)++];

		if (strncmp(setting->name, prefix, prefix_size) == 0)
			return setting;
	}
	return NULL;
}

const ConfigSetting *
config_rdkafka(const Config *config)
{
	static const ConfigSetting nothing = {NULL, NULL, NULL};

	return config->rdkafka.items != NULL ? config->rdkafka.items : &nothing;
}

static void
gen_pair(yajl_gen gen, const char *name, const char *value)
{
	yajl_gen_string(gen, (const unsigned char *) name, strlen(name));
	yajl_gen_string(gen, (const unsigned char *) value, strlen(value));
}

static bool
acts_in_plugin(const char *name)
{
	const OptionInfo *info = option_find(name);

	return info != NULL && (info->side == SIDE_PLUGIN || info->side == SIDE_BOTH) &&
		   info != &option_infos[OPT_DATABASE_DBNAME] && info != &option_infos[OPT_MAX_RECORD_BYTES];
}

/* Kafka's limit within the option's range, unless somebody set one. NULL: none. The caller frees. */
static char *
max_record_bytes(const Config *config)
{
	long long least = 0;
	long long most = INT64_MAX;
	long long limit;

	if (config_is_set(config, OPT_MAX_RECORD_BYTES))
		return memory_strdup(config_text(config, OPT_MAX_RECORD_BYTES));
	if (config->sink != CONFIG_SINK_KAFKA || config->max_request_size == NULL)
		return NULL;
	sscanf(option_infos[OPT_MAX_RECORD_BYTES].allowed, "%lld..%lld", &least, &most);
	limit = atoll(config->max_request_size);
	return memory_printf("%lld", limit < least ? least : limit > most ? most : limit);
}

char *
config_plugin_json(const Config *config, const char *const *extra)
{
	yajl_gen gen = memory_checked(yajl_gen_alloc(NULL));
	char *limit = max_record_bytes(config);
	const unsigned char *text;
	size_t size;
	char *json;

	yajl_gen_map_open(gen);
	if (config->database != NULL)
		gen_pair(gen, option_infos[OPT_DATABASE_DBNAME].name, config->database);
	for (size_t i = 0; i < config->settings.count; i++)
		if (acts_in_plugin(config->settings.items[i].name))
			gen_pair(gen, config->settings.items[i].name, config->settings.items[i].value);
	if (limit != NULL)
		gen_pair(gen, option_infos[OPT_MAX_RECORD_BYTES].name, limit);
	if (config->sink == CONFIG_SINK_KAFKA)
		gen_pair(gen, option_infos[OPT_TEXT_IS_OPAQUE].name, "true");
	for (; extra != NULL && extra[0] != NULL; extra += 2)
		gen_pair(gen, extra[0], extra[1]);
	yajl_gen_map_close(gen);
	yajl_gen_get_buf(gen, &text, &size);
	json = memory_strdup((const char *) text);
	yajl_gen_free(gen);
	free(limit);
	return json;
}

static ConverterForm
form_of(const Config *config, OptionId converter, OptionId schemas, OptionId delegate, OptionId delegate_schemas)
{
	const char *name = config_text(config, converter);

	if (strcmp(name, CONVERTER_BINARY) == 0)
	{
		name = config_text(config, delegate);
		schemas = delegate_schemas;
	}
	if (name == NULL || strcmp(name, CONVERTER_BYTES) == 0)
		return FORM_BYTES;
	if (strcmp(name, CONVERTER_STRING) == 0)
		return FORM_TEXT;
	return config_bool(config, schemas) ? FORM_JSON_WITH_SCHEMA : FORM_JSON;
}

ConverterForm
config_key_form(const Config *config)
{
	return form_of(config, OPT_KEY_CONVERTER, OPT_KEY_CONVERTER_SCHEMAS_ENABLE, OPT_KEY_DELEGATE,
				   OPT_KEY_DELEGATE_SCHEMAS_ENABLE);
}

ConverterForm
config_value_form(const Config *config)
{
	return form_of(config, OPT_VALUE_CONVERTER, OPT_VALUE_CONVERTER_SCHEMAS_ENABLE, OPT_VALUE_DELEGATE,
				   OPT_VALUE_DELEGATE_SCHEMAS_ENABLE);
}

const char *
config_family_text(const Config *config, const char *name)
{
	const ConfigSetting *setting = setting_list_find(&config->settings, name);

	return setting ? setting->value : NULL;
}
