/*
 * java_client.h
 *	  Settings of Kafka's Java producer to librdkafka's.
 *
 * Source of the Java side: Kafka's producer configuration reference; of the
 * other: librdkafka's CONFIGURATION.md.
 */
#ifndef JAVA_CLIENT_H
#define JAVA_CLIENT_H

#include "config.h"
#include "error.h"

/* Told of each setting that is accepted and changes nothing, with the reason. */
typedef void (*JavaClientNote)(void *arg, const ConfigSetting *setting, const char *reason);
/* Receives librdkafka's settings; `given` is the setting it comes from. */
typedef void (*JavaClientEmit)(void *arg, const char *name, const char *value, const ConfigSetting *given);

typedef struct JavaClient
{
	const ConfigSetting *settings; /* name: the producer's property, value, source: how it was given ("producer.x") */
	size_t count;
	JavaClientEmit emit;
	JavaClientNote note;
	void *arg;
} JavaClient;

/*
 * Translates one setting, which is one of client->settings (stores and login
 * modules need their neighbours).  False: refused or unrecognized
 * (ERROR_CONFIG, naming the setting as it was given; the value of a secret
 * is not shown).
 */
extern bool java_client_translate(const JavaClient *client, const ConfigSetting *setting, Error *error) MUST_CHECK;

/* Is it a property the Java producer has? */
extern bool java_client_knows(const char *property);

#endif
