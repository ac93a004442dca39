/*
 * config_connection.c
 *	  database.*, --dbname and libpq's environment to connection parameters.
 */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "memory.h"

/* A long snapshot or a quiet stream is no reason to be thrown out (design: every connection of ours). */
#define ZERO_TIMEOUTS "-c idle_in_transaction_session_timeout=0 -c statement_timeout=0 -c lock_timeout=0"

#define PARAM_LIMIT 64

static void
param_set(ConninfoParams *params, const char *keyword, const char *value)
{
	for (size_t i = 0; i < params->count; i++)
		if (strcmp(params->keywords[i], keyword) == 0)
		{
			free((char *) params->values[i]);
			params->values[i] = memory_strdup(value);
			return;
		}
	if (params->count + 1 >= PARAM_LIMIT)
		return;
	params->keywords[params->count] = memory_strdup(keyword);
	params->values[params->count] = memory_strdup(value);
	params->count++;
}

static const char *
param_get(const ConninfoParams *params, const char *keyword)
{
	for (size_t i = 0; i < params->count; i++)
		if (strcmp(params->keywords[i], keyword) == 0)
			return params->values[i];
	return NULL;
}

void
conninfo_params_free(ConninfoParams *params)
{
	for (size_t i = 0; i < params->count; i++)
	{
		free((char *) params->keywords[i]);
		free((char *) params->values[i]);
	}
	free(params->keywords);
	free(params->values);
	memset(params, 0, sizeof(*params));
}

static void
params_alloc(ConninfoParams *params)
{
	conninfo_params_free(params);
	params->keywords = bytes_alloc_zero(PARAM_LIMIT, sizeof(char *));
	params->values = bytes_alloc_zero(PARAM_LIMIT, sizeof(char *));
}

static void
params_from_properties(const Config *config, ConninfoParams *params)
{
	static const struct
	{
		OptionId id;
		const char *keyword;
	} map[] = {
		{OPT_DATABASE_HOSTNAME, "host"},
		{OPT_DATABASE_PORT, "port"},
		{OPT_DATABASE_USER, "user"},
		{OPT_DATABASE_PASSWORD, "password"},
		{OPT_DATABASE_DBNAME, "dbname"},
		{OPT_DATABASE_SSLMODE, "sslmode"},
		{OPT_DATABASE_SSLCERT, "sslcert"},
		{OPT_DATABASE_SSLKEY, "sslkey"},
		{OPT_DATABASE_SSLPASSWORD, "sslpassword"},
		{OPT_DATABASE_SSLROOTCERT, "sslrootcert"},
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (config_is_set(config, map[i].id))
			param_set(params, map[i].keyword, config_text(config, map[i].id));
	if (config_is_set(config, OPT_DATABASE_TCPKEEPALIVE))
		param_set(params, "keepalives", config_bool(config, OPT_DATABASE_TCPKEEPALIVE) ? "1" : "0");
	if (config_int(config, OPT_CONNECTION_VALIDATION_TIMEOUT_MS) > 0)
	{
		char seconds[32];

		snprintf(seconds, sizeof(seconds), "%" PRId64,
				 (config_int(config, OPT_CONNECTION_VALIDATION_TIMEOUT_MS) + 999) / 1000);
		param_set(params, "connect_timeout", seconds);
	}
}

/* libpq's words, unless they could repeat a password. */
static bool
bad_conninfo(const char *conninfo, const char *reason, Error *error)
{
	bool quotable = strstr(conninfo, "password") == NULL && strchr(conninfo, '@') == NULL;
	int size = reason != NULL ? (int) strcspn(reason, "\n") : 0;

	if (quotable && size > 0)
		error_set(error, ERROR_CONFIG, "could not parse the connection string of --dbname: %.*s", size, reason);
	else
		error_set(error, ERROR_CONFIG, "could not parse the connection string of --dbname");
	error_hint(
		error,
		"write a database name, \"host=... port=... user=... dbname=...\" or postgresql://user@host:port/dbname");
	return false;
}

/* A plain word is a database's name, as for psql and pg_recvlogical. */
static bool
params_from_conninfo(const char *conninfo, ConninfoParams *params, Error *error)
{
	char *reason = NULL;
	PQconninfoOption *options;
	bool plain = strchr(conninfo, '=') == NULL && strstr(conninfo, "://") == NULL;

	if (plain)
	{
		param_set(params, "dbname", conninfo);
		return true;
	}
	options = PQconninfoParse(conninfo, &reason);
	if (options == NULL)
	{
		bad_conninfo(conninfo, reason, error);
		PQfreemem(reason);
		return false;
	}
	for (PQconninfoOption *option = options; option->keyword != NULL; option++)
		if (option->val != NULL && *option->val != '\0')
			param_set(params, option->keyword, option->val);
	PQconninfoFree(options);
	return true;
}

/* What libpq would take from environment and service file. */
static char *
libpq_default(const char *keyword)
{
	PQconninfoOption *defaults = PQconndefaults();
	char *value = NULL;

	for (PQconninfoOption *option = defaults; option != NULL && option->keyword != NULL; option++)
		if (strcmp(option->keyword, keyword) == 0 && option->val != NULL && *option->val != '\0')
			value = memory_strdup(option->val);
	if (defaults != NULL)
		PQconninfoFree(defaults);
	return value;
}

/* Our timeouts come last, hence win; for a walsender there may be memory to decode with, checked by config_check. */
static void
set_options(ConninfoParams *params, const char *work_mem)
{
	char *inherited = libpq_default("options");
	const char *given = param_get(params, "options");
	char *options;

	if (given == NULL)
		given = inherited;
	options = memory_printf("%s%s" ZERO_TIMEOUTS "%s%s", given != NULL ? given : "", given != NULL ? " " : "",
							work_mem != NULL ? " -c logical_decoding_work_mem=" : "", work_mem != NULL ? work_mem : "");
	param_set(params, "options", options);
	free(options);
	free(inherited);
}

static void
set_default(ConninfoParams *params, const char *keyword, const char *value)
{
	char *inherited = libpq_default(keyword);

	if (inherited == NULL && param_get(params, keyword) == NULL)
		param_set(params, keyword, value);
	free(inherited);
}

/* A server that vanished without a word is noticed in a minute; by the kernel's defaults in 16 minutes or 2 hours. */
static void
set_patience(ConninfoParams *params)
{
	set_default(params, "tcp_user_timeout", "60000");
	set_default(params, "keepalives_idle", "30");
	set_default(params, "keepalives_interval", "10");
}

static bool
build(const Config *config, ConninfoParams *params, bool replication, Error *error)
{
	params_alloc(params);
	params_from_properties(config, params);
	if (config->conninfo != NULL && !params_from_conninfo(config->conninfo, params, error))
		return false;
	set_options(params, replication ? config_text(config, OPT_LOGICAL_DECODING_WORK_MEM) : NULL);
	set_patience(params);
	if (param_get(params, "application_name") == NULL)
		param_set(params, "application_name", "wal2kafka");
	param_set(params, "client_encoding", "UTF8");
	if (replication)
		param_set(params, "replication", "database");
	return true;
}

bool
config_connection_build(Config *config, Error *error)
{
	const char *database;

	if (!build(config, &config->ordinary, false, error) || !build(config, &config->replication, true, error))
		return false;
	database = param_get(&config->ordinary, "dbname");
	free(config->database);
	config->database = database != NULL ? memory_strdup(database) : libpq_default("dbname");
	if (config->database != NULL)
		return true;
	error_set(error, ERROR_CONFIG, "no database is named");
	error_hint(error, "set \"database.dbname\", --dbname or PGDATABASE");
	return false;
}

void
config_conninfo(const Config *config, bool replication, const char *const **keywords, const char *const **values)
{
	const ConninfoParams *params = replication ? &config->replication : &config->ordinary;

	*keywords = params->keywords;
	*values = params->values;
}
