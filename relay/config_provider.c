/*
 * config_provider.c
 *	  Finding placeholders, asking the provider, putting values in.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "config_provider.h"

#include <libpq-fe.h>
#include <limits.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_file.h"
#include "config_internal.h"
#include "memory.h"

#define PATTERN_STEPS_MAX 100000
#define CLASS_PREFIX "org.apache.kafka.common.config.provider."

typedef enum ProviderKind
{
	PROVIDER_NONE,
	PROVIDER_FILE,
	PROVIDER_ENVIRONMENT,
	PROVIDER_DIRECTORY,
} ProviderKind;

/* ${provider:path:key}; path is empty when there is only one colon. */
typedef struct Placeholder
{
	char *provider;
	char *path;
	char *key;
	size_t size; /* of the whole, with ${ and } */
} Placeholder;

typedef struct Resolver
{
	Config *config;
	Logger *log;
	const ConfigSetting *setting; /* whose value is at work */
	Error *error;
} Resolver;

/* ---- the text of a placeholder ---- */

/* At "${": true if a placeholder begins here.  As Connect's pattern: a provider without '}', a colon, and a key. */
static bool
parse_placeholder(const char *at, Placeholder *placeholder)
{
	const char *end = strchr(at, '}');
	const char *provider = at + 2;
	const char *colon = end != NULL ? memchr(provider, ':', (size_t) (end - provider)) : NULL;
	const char *second;

	if (colon == NULL)
		return false;
	second = memchr(colon + 1, ':', (size_t) (end - colon - 1));
	placeholder->provider = bytes_copy_text(provider, (size_t) (colon - provider));
	placeholder->path = bytes_copy_text(colon + 1, second != NULL ? (size_t) (second - colon - 1) : 0);
	if (second != NULL)
		colon = second;
	placeholder->key = bytes_copy_text(colon + 1, (size_t) (end - colon - 1));
	placeholder->size = (size_t) (end - at) + 1;
	return true;
}

static void
free_placeholder(Placeholder *placeholder)
{
	free(placeholder->provider);
	free(placeholder->path);
	free(placeholder->key);
}

/* ---- which provider ---- */

/* config.providers.NAME.what; NULL: not given. Borrowed. */
static const char *
provider_setting(const Config *config, const char *provider, const char *what)
{
	char *name = memory_printf("config.providers.%s.%s", provider, what);
	const char *value = config_family_text(config, name);

	free(name);
	return value;
}

static ProviderKind
kind_of_name(const char *name)
{
	static const struct
	{
		const char *name;
		ProviderKind kind;
	} names[] = {
		{"file", PROVIDER_FILE},
		{"env", PROVIDER_ENVIRONMENT},
		{"dir", PROVIDER_DIRECTORY},
		{"directory", PROVIDER_DIRECTORY},
		{CLASS_PREFIX "FileConfigProvider", PROVIDER_FILE},
		{CLASS_PREFIX "EnvVarConfigProvider", PROVIDER_ENVIRONMENT},
		{CLASS_PREFIX "DirectoryConfigProvider", PROVIDER_DIRECTORY},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].kind;
	return PROVIDER_NONE;
}

/* What the worker file says of the name comes before its usual meaning. */
static ProviderKind
find_provider(const Resolver *resolver, const char *provider)
{
	const char *class_name = provider_setting(resolver->config, provider, "class");
	ProviderKind kind = kind_of_name(class_name != NULL ? class_name : provider);

	if (kind != PROVIDER_NONE)
		return kind;
	error_set(resolver->error, ERROR_CONFIG,
			  "value of option \"%s\" of %s has a placeholder of the configuration provider \"%s\"%s%s",
			  resolver->setting->name, resolver->setting->source, provider, class_name != NULL ? ", which is " : "",
			  class_name != NULL ? class_name : "");
	error_hint(resolver->error, "only ${file:PATH:KEY}, ${env:NAME} and ${dir:PATH:KEY} are built; put the value "
								"itself there, or give it with --set");
	return PROVIDER_NONE;
}

/* ---- bounds of a provider ---- */

static bool
not_found(const Resolver *resolver, const Placeholder *placeholder, const char *reason)
{
	error_set(resolver->error, ERROR_CONFIG, "placeholder \"${%s:%s%s%s}\" of option \"%s\" of %s: %s",
			  placeholder->provider, placeholder->path, placeholder->path[0] != '\0' ? ":" : "", placeholder->key,
			  resolver->setting->name, resolver->setting->source, reason);
	return false;
}

/* Is path, symbolic links followed, one of the allowed files or below one of the allowed folders? */
static bool
below_allowed(const char *allowed, const char *path)
{
	char resolved[PATH_MAX];
	char *list = memory_strdup(allowed);
	char *rest = list;
	char *item;
	bool found = false;

	while (realpath(path, resolved) != NULL && !found && (item = strsep(&rest, ",")) != NULL)
	{
		char root[PATH_MAX];
		size_t size;

		item += strspn(item, " \t");
		if (*item == '\0' || realpath(item, root) == NULL)
			continue;
		size = strlen(root);
		found = strncmp(resolved, root, size) == 0 &&
				(resolved[size] == '\0' || resolved[size] == '/' || strcmp(root, "/") == 0);
	}
	free(list);
	return found;
}

static bool
check_path(const Resolver *resolver, const Placeholder *placeholder, const char *path)
{
	const char *allowed = provider_setting(resolver->config, placeholder->provider, "param.allowed.paths");

	if (allowed == NULL || *allowed == '\0' || below_allowed(allowed, path))
		return true;
	return not_found(resolver, placeholder, "the path is not among the provider's allowed.paths");
}

/* Does the whole name match? */
static bool
name_matches(const char *pattern, const char *name)
{
	int code;
	PCRE2_SIZE offset;
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED,
										 PCRE2_ANCHORED | PCRE2_ENDANCHORED, &code, &offset, NULL);
	pcre2_match_data *match = compiled != NULL ? pcre2_match_data_create_from_pattern(compiled, NULL) : NULL;
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	bool matches = false;

	if (match != NULL && context != NULL)
	{
		pcre2_set_match_limit(context, PATTERN_STEPS_MAX);
		matches = pcre2_match(compiled, (PCRE2_SPTR) name, PCRE2_ZERO_TERMINATED, 0, 0, match, context) > 0;
	}
	pcre2_match_context_free(context);
	pcre2_match_data_free(match);
	pcre2_code_free(compiled);
	return matches;
}

/* ---- asking; the results are the caller's to free, NULL: *error is set ---- */

static char *
ask_file(const Resolver *resolver, const Placeholder *placeholder)
{
	Config *properties = config_new();
	const ConfigSetting *setting = NULL;
	char *value = NULL;
	size_t at = 0;

	if (placeholder->path[0] == '\0')
		not_found(resolver, placeholder, "write ${file:PATH:KEY}");
	else if (check_path(resolver, placeholder, placeholder->path) &&
			 config_file_read_properties(properties, placeholder->path, resolver->error))
	{
		while ((setting = config_next(properties, placeholder->key, &at)) != NULL &&
			   strcmp(setting->name, placeholder->key) != 0)
			;
		if (setting != NULL)
			value = memory_strdup(setting->value);
		else
			not_found(resolver, placeholder, "the file has no such key");
	}
	config_free(properties);
	return value;
}

static char *
ask_environment(const Resolver *resolver, const Placeholder *placeholder)
{
	const char *pattern = provider_setting(resolver->config, placeholder->provider, "param.allowlist.pattern");
	const char *value = getenv(placeholder->key);

	if (placeholder->path[0] != '\0')
		not_found(resolver, placeholder, "write ${env:NAME}, without a path");
	else if (pattern != NULL && *pattern != '\0' && !name_matches(pattern, placeholder->key))
		not_found(resolver, placeholder, "the name does not match the provider's allowlist.pattern");
	else if (value == NULL)
		not_found(resolver, placeholder, "there is no such environment variable");
	else
		return memory_strdup(value);
	return NULL;
}

/* A file of the folder, whole: a line end at its end belongs to the value, as for Connect. */
static char *
ask_directory(const Resolver *resolver, const Placeholder *placeholder)
{
	char *path = memory_printf("%s/%s", placeholder->path, placeholder->key);
	Buffer text = {NULL, 0, 0};
	char *value = NULL;

	if (placeholder->path[0] == '\0' || placeholder->key[0] == '\0')
		not_found(resolver, placeholder, "write ${dir:PATH:KEY}");
	else if (strchr(placeholder->key, '/') != NULL)
		not_found(resolver, placeholder, "the key is no name of a file");
	else if (check_path(resolver, placeholder, path) && config_file_read(path, &text, resolver->error))
	{
		if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL)
			not_found(resolver, placeholder, "the file contains a NUL byte");
		else
			value = bytes_copy_text(text.data != NULL ? text.data : "", text.size);
	}
	buffer_free(&text);
	free(path);
	return value;
}

static char *
ask(const Resolver *resolver, const Placeholder *placeholder)
{
	switch (find_provider(resolver, placeholder->provider))
	{
		case PROVIDER_FILE:
			return ask_file(resolver, placeholder);
		case PROVIDER_ENVIRONMENT:
			return ask_environment(resolver, placeholder);
		case PROVIDER_DIRECTORY:
			return ask_directory(resolver, placeholder);
		case PROVIDER_NONE:
			break;
	}
	return NULL;
}

/* ---- putting in ---- */

/* Who connects whereto is no secret, wherever it stands, and messages name it. */
static const OptionId shown_options[] = {
	OPT_DATABASE_HOSTNAME, OPT_DATABASE_PORT, OPT_DATABASE_USER, OPT_DATABASE_DBNAME,
	OPT_BOOTSTRAP_SERVERS, OPT_TOPIC_PREFIX,  OPT_SLOT_NAME,	 OPT_NAME};

#define SHOWN_OPTION_COUNT (sizeof(shown_options) / sizeof(shown_options[0]))

static bool
is_shown(const char *name)
{
	for (size_t i = 0; i < SHOWN_OPTION_COUNT; i++)
		if (strcmp(name, option_infos[shown_options[i]].name) == 0)
			return true;
	return false;
}

/* A password that is the user's name, too, would make messages unreadable and hide nothing. */
static void
hide(const Config *config, Logger *log, const char *secret)
{
	for (size_t i = 0; i < SHOWN_OPTION_COUNT; i++)
	{
		const char *shown = config_text(config, shown_options[i]);

		if (shown != NULL && strcmp(shown, secret) == 0)
			return;
	}
	log_hide(log, secret);
}

/* The value with its placeholders replaced; NULL: *error is set. The caller frees. */
static char *
replace_all(const Resolver *resolver, const char *value)
{
	Buffer text = {NULL, 0, 0};

	while (*value != '\0')
	{
		Placeholder placeholder;
		char *found;

		if (strncmp(value, "${", 2) != 0 || !parse_placeholder(value, &placeholder))
		{
			buffer_append(&text, value++, 1);
			continue;
		}
		found = ask(resolver, &placeholder);
		value += placeholder.size;
		free_placeholder(&placeholder);
		if (found == NULL)
		{
			buffer_free(&text);
			return NULL;
		}
		if (!is_shown(resolver->setting->name))
			hide(resolver->config, resolver->log, found);
		buffer_append_text(&text, found);
		free(found);
	}
	buffer_append(&text, "", 1);
	return text.data;
}

bool
config_provider_resolve(Config *config, Logger *log, Error *error)
{
	for (size_t i = 0; i < config->settings.count; i++)
	{
		ConfigSetting *setting = &config->settings.items[i];
		Resolver resolver = {.config = config, .log = log, .setting = setting, .error = error};
		char *value;

		if (strstr(setting->value, "${") == NULL)
			continue;
		value = replace_all(&resolver, setting->value);
		if (value == NULL)
			return false;
		free(setting->value);
		setting->value = value;
	}
	return true;
}

/* Salts of column.mask.hash stand in the option's name. */
static void
hide_setting(const Config *config, Logger *log, const ConfigSetting *setting)
{
	static const char mark[] = ".with.salt.";
	const char *salt = strstr(setting->name, mark);

	if (salt != NULL)
		hide(config, log, salt + strlen(mark));
	else if (option_is_secret(setting->name))
		hide(config, log, setting->value);
}

static void
hide_conninfo(const Config *config, Logger *log)
{
	PQconninfoOption *options = config->conninfo != NULL ? PQconninfoParse(config->conninfo, NULL) : NULL;

	for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++)
		if (option->val != NULL && strstr(option->keyword, "password") != NULL)
			hide(config, log, option->val);
	PQconninfoFree(options);
}

void
config_provider_hide_secrets(const Config *config, Logger *log)
{
	const char *const variables[] = {"PGPASSWORD", "PGSSLPASSWORD"};

	for (size_t i = 0; i < config->settings.count; i++)
		hide_setting(config, log, &config->settings.items[i]);
	for (const ConfigSetting *setting = config_rdkafka(config); setting->name != NULL; setting++)
		hide_setting(config, log, setting);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (getenv(variables[i]) != NULL)
			hide(config, log, getenv(variables[i]));
	hide_conninfo(config, log);
}
