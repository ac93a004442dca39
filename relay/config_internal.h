/*
 * config_internal.h
 *	  What the config_*.c files share; nobody else includes it.
 */
#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

#include "config.h"
#include "option_info.h"

typedef struct SettingList
{
	ConfigSetting *items;
	size_t count;
} SettingList;

/* A pair of arrays that end with NULL, for PQconnectdbParams. */
typedef struct ConninfoParams
{
	const char **keywords;
	const char **values;
	size_t count;
} ConninfoParams;

struct Config
{
	SettingList settings;
	SettingList rdkafka; /* made by config_rdkafka_build(); a last item with name NULL */
	SettingList signal_consumer;
	char *conninfo;
	char *database;
	ConfigPurpose purpose;
	ConfigSink sink;
	char *max_request_size; /* of the Kafka producer, decimal */
	ConninfoParams ordinary;
	ConninfoParams replication;
};

/* Appends, or replaces the value of that name where it stands. Copies name and value. */
extern void setting_list_set(SettingList *list, const char *name, const char *value, const char *source);
extern ConfigSetting *setting_list_find(const SettingList *list, const char *name);
extern void setting_list_free(SettingList *list);

/* Fills config->rdkafka and max_request_size from the Kafka settings; checks each with librdkafka. */
extern bool config_rdkafka_build(Config *config, Logger *log, Error *error) MUST_CHECK;

/* Fills config->signal_consumer from signal.kafka.* and signal.consumer.*; checks each with librdkafka. */
extern bool config_consumer_build(Config *config, Logger *log, Error *error) MUST_CHECK;

/* Fills ordinary, replication and database from database.* and conninfo. */
extern bool config_connection_build(Config *config, Error *error) MUST_CHECK;
extern void conninfo_params_free(ConninfoParams *params);

/* Worker-wide client settings (security.*, sasl.*, ssl.*) of the worker file, which producers take over. */
extern bool config_is_worker_client_setting(const ConfigSetting *setting);

#endif
