/*
 * config_provider.h
 *	  ${file:PATH:KEY}, ${env:NAME} and ${dir:PATH:KEY} in values: secrets that
 *	  stand elsewhere, as Kafka Connect's FileConfigProvider,
 *	  EnvVarConfigProvider and DirectoryConfigProvider read them.
 *
 * These three names (and `directory`) are known without more; config.providers
 * and config.providers.NAME.class of a worker file give them others, and
 * param.allowed.paths and param.allowlist.pattern bound what they may read
 * (Kafka's documentation, "Using Config Providers").
 */
#ifndef CONFIG_PROVIDER_H
#define CONFIG_PROVIDER_H

#include "config.h"
#include "error.h"
#include "log.h"

/*
 * Replaces the placeholders in all values, once (what they stand for is not
 * looked into).  ERROR_CONFIG names the option and what cannot be found; the
 * value itself never stands in a message, and from here on not in the log
 * either, unless the option is one that is shown anyway (database.user and
 * the like).
 */
extern bool config_provider_resolve(Config *config, Logger *log, Error *error) MUST_CHECK;

/*
 * Passwords, key material, salts and the like, whatever they were given by,
 * stand in no line of the log afterwards, whoever words it (libpq, librdkafka,
 * the server).  Once before config_check() and once after, which parses JAAS.
 */
extern void config_provider_hide_secrets(const Config *config, Logger *log);

#endif
