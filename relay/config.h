/*
 * config.h
 *	  The relay's configuration: properties by their Debezium names, checked
 *	  against plugin/option_table.def.
 *
 * Sources, last wins: worker properties, connector.json, environment,
 * command line (--dbname, --bootstrap-servers, --set).
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "log.h"

typedef enum OptionId
{
#define OPTION(id, name, kind, default_value, allowed, side, help) OPT_##id,
#define OPTION_FAMILY(id, prefix, suffix, kind, allowed, side, help) OPT_FAMILY_##id,
#include "../plugin/option_table.def"
#undef OPTION
#undef OPTION_FAMILY
	OPTION_COUNT
} OptionId;

typedef struct ConfigSetting
{
	char *name;
	char *value;
	const char *source; /* "connector.json", "--set", ...: for messages; borrowed, lives as long as the config */
} ConfigSetting;

typedef struct Config Config;

/* What the configuration is for; decides what config_check() requires. */
/* Values of key.converter, value.converter and header.converter that mean more than JSON. */
#define CONVERTER_STRING "org.apache.kafka.connect.storage.StringConverter"
#define CONVERTER_BYTES "org.apache.kafka.connect.converters.ByteArrayConverter"
#define CONVERTER_BINARY "io.debezium.converters.BinaryDataConverter"

typedef enum ConfigPurpose
{
	CONFIG_FOR_RUN,
	CONFIG_FOR_CHECK, /* bootstrap.servers may be missing: check says so */
	CONFIG_FOR_PEEK,
	CONFIG_FOR_STATUS, /* topic.prefix may be missing */
} ConfigPurpose;

typedef enum ConfigSink
{
	CONFIG_SINK_KAFKA,
	CONFIG_SINK_STDOUT,
	CONFIG_SINK_FILE,
	CONFIG_SINK_NULL,
} ConfigSink;

/* Sources of settings that decide more than what messages say. */
#define CONFIG_SOURCE_WORKER "worker properties"
#define CONFIG_SOURCE_ENVIRONMENT "environment"

/* For running, with Kafka, unless said otherwise. */
extern Config *config_new(void);
extern void config_free(Config *config);

/* Sets one property; a later call for the same name replaces the earlier one. Copies its arguments. */
extern void config_set(Config *config, const char *name, const char *value, const char *source);

/* Removes a property; it then has its default. */
extern void config_unset(Config *config, const char *name);

/* The CONNINFO of --dbname: a conninfo string, a URI or a database's name. Copies it. */
extern void config_set_conninfo(Config *config, const char *conninfo);
extern void config_set_purpose(Config *config, ConfigPurpose purpose);
extern void config_set_sink(Config *config, ConfigSink sink);
extern ConfigSink config_sink(const Config *config);

/*
 * Checks everything that is set: unrecognized names, values out of range,
 * options that are refused (ERROR_CONFIG, naming the key, the value and the
 * fix), combinations that contradict.  Logs one line for each option that has
 * no effect here, with the reason.  Call once, before any of the getters.
 */
extern bool config_check(Config *config, Logger *log, Error *error) MUST_CHECK;

/* The database: of --dbname, database.dbname, or libpq's environment. Borrowed; NULL if nobody says. */
extern const char *config_database(const Config *config);

/* Value or default; NULL if neither. Borrowed. */
extern const char *config_text(const Config *config, OptionId id);
extern bool config_bool(const Config *config, OptionId id);
extern int64_t config_int(const Config *config, OptionId id);
/* Is that an item of the comma-separated list? */
extern bool config_has_item(const Config *config, OptionId id, const char *name);
/* Was it given by somebody? */
extern bool config_is_set(const Config *config, OptionId id);

/* All properties given whose name begins with prefix, in the order given; ends when it returns NULL. *at starts at 0. */
extern const ConfigSetting *config_next(const Config *config, const char *prefix, size_t *at);

/*
 * The plugin's options as one JSON object of strings (design section 2), with
 * `extra` pairs (name, value, name, value, ..., NULL) added: the internal
 * options.  The caller frees.
 */
extern char *config_plugin_json(const Config *config, const char *const *extra);

/*
 * Parameters for PQconnectdbParams: database.*, or the CONNINFO of --dbname
 * (which wins), client_encoding UTF8, application_name, timeouts of zero
 * (idle_in_transaction_session_timeout, statement_timeout, lock_timeout) and
 * for replication the `replication` parameter.  Both arrays end with NULL and
 * belong to the config.
 */
extern void config_conninfo(const Config *config, bool replication, const char *const **keywords,
							const char *const **values);

/*
 * librdkafka settings (name, value) for the producer, Java's names translated,
 * from producer.override.*, producer.*, worker-wide client settings and
 * rdkafka.*, on top of the defaults (idempotence, acks=all, lz4,
 * murmur2_random).  A Java setting without counterpart is ERROR_CONFIG or has
 * been named by config_check as having no effect.  Ends with name NULL;
 * belongs to the config.  `source` is the name the setting was given by, or
 * "default".
 */
extern const ConfigSetting *config_rdkafka(const Config *config);

/* The same for the consumer of signals, from signal.kafka.* and signal.consumer.*; set with the channel kafka only. */
extern const ConfigSetting *config_signal_consumer(const Config *config, size_t *count);

/* How a converter writes a structure. */
typedef enum ConverterForm
{
	FORM_JSON,
	FORM_JSON_WITH_SCHEMA,
	FORM_TEXT, /* Struct{ts_ms=1} */
	FORM_BYTES /* not at all: it writes bytes only */
} ConverterForm;

/* That of key.converter and value.converter; BinaryDataConverter leaves structures to its delegate. */
extern ConverterForm config_key_form(const Config *config);
extern ConverterForm config_value_form(const Config *config);

/* The value of a setting of no single option, as "transforms" is; NULL: it is not given. */
extern const char *config_family_text(const Config *config, const char *name);

#endif
