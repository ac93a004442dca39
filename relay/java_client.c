/*
 * java_client.c
 *	  One table row per property of the Java producer; those that need more
 *	  than copying have a function.
 */
#include "java_client.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jaas.h"
#include "memory.h"
#include "option_info.h"

#define SERIALIZER "org.apache.kafka.common.serialization.ByteArraySerializer"

typedef bool (*Translate)(const JavaClient *client, const ConfigSetting *setting, Error *error);

typedef struct JavaProperty
{
	const char *name;		 /* ends with '.': a family */
	const char *counterpart; /* librdkafka's name, if the value is copied */
	Translate translate;	 /* if copying is not enough */
	const char *reason;		 /* of having no effect, if both are NULL; of being refused in refuse() */
} JavaProperty;

static const JavaProperty *find_property(const char *name);

static const char *
neighbour(const JavaClient *client, const char *name)
{
	for (size_t i = 0; i < client->count; i++)
		if (strcmp(client->settings[i].name, name) == 0)
			return client->settings[i].value;
	return NULL;
}

static void
emit(const JavaClient *client, const ConfigSetting *given, const char *name, const char *value)
{
	client->emit(client->arg, name, value, given);
}

static bool
no_effect(const JavaClient *client, const ConfigSetting *setting, const char *reason)
{
	client->note(client->arg, setting, reason);
	return true;
}

static bool
refused(const ConfigSetting *setting, Error *error, const char *reason)
{
	const char *value = option_is_secret(setting->name) ? "********" : setting->value;

	error_set(error, ERROR_CONFIG, "cannot use value \"%s\" of option \"%s\"", value, setting->source);
	error_hint(error, "%s", reason);
	return false;
}

/* Refused whatever its value, unless that is empty; the row has the reason. */
static bool
refuse(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	if (*setting->value == '\0')
		return no_effect(client, setting, "it is empty");
	return refused(setting, error, find_property(setting->name)->reason);
}

/* A whole number within limits, lowered or raised to them: librdkafka's ranges are narrower than Java's. */
static void
emit_clamped(const JavaClient *client, const ConfigSetting *setting, const char *name, int64_t least, int64_t most)
{
	char *end;
	int64_t number = strtoll(setting->value, &end, 10);
	char *text;

	if (end == setting->value || *end != '\0')
	{
		emit(client, setting, name, setting->value); /* librdkafka says what is wrong with it */
		return;
	}
	number = number < least ? least : number > most ? most : number;
	text = memory_printf("%" PRId64, number);
	emit(client, setting, name, text);
	free(text);
}

static bool
translate_acks(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	const char *value = setting->value;

	if (strcmp(value, "all") == 0 || strcmp(value, "-1") == 0)
	{
		emit(client, setting, "acks", "all");
		return true;
	}
	if (strcmp(value, "0") == 0 || strcmp(value, "1") == 0)
		return no_effect(client, setting, "acks is always all: what is confirmed to PostgreSQL must be durable");
	return refused(setting, error, "use all");
}

static bool
translate_idempotence(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	if (strcasecmp(setting->value, "true") == 0)
	{
		emit(client, setting, "enable.idempotence", "true");
		return true;
	}
	if (strcasecmp(setting->value, "false") == 0)
		return no_effect(client, setting,
						 "the producer is always idempotent, which keeps order and makes retries safe "
						 "(rdkafka.enable.idempotence=false turns it off)");
	return refused(setting, error, "use true or false");
}

static bool
translate_retries(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	if (strcmp(setting->value, "0") == 0)
		return no_effect(client, setting, "an idempotent producer always retries; set delivery.timeout.ms");
	emit(client, setting, "retries", setting->value);
	return true;
}

static bool
translate_buffer_memory(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	char *end;
	long long bytes = strtoll(setting->value, &end, 10);
	char *kilobytes;

	if (end == setting->value || *end != '\0' || bytes <= 0)
		return refused(setting, error, "use a number of bytes");
	kilobytes = memory_printf("%lld", (bytes + 1023) / 1024);
	emit(client, setting, "queue.buffering.max.kbytes", kilobytes);
	free(kilobytes);
	return true;
}

static bool
translate_batch_size(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	emit_clamped(client, setting, "batch.size", 1, INT32_MAX); /* 0: no batching */
	return true;
}

static bool
translate_in_flight(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	if (atoll(setting->value) > 5)
		client->note(client->arg, setting, "5 are used, an idempotent producer keeps order with no more");
	emit_clamped(client, setting, "max.in.flight.requests.per.connection", 1, 5);
	return true;
}

/* Java sends it to the broker as the limit of a produce request, and waits as long for any answer. */
static bool
translate_request_timeout(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	emit_clamped(client, setting, "request.timeout.ms", 1, 900000);
	emit_clamped(client, setting, "socket.timeout.ms", 10, 300000);
	return true;
}

static bool
translate_idle(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	emit_clamped(client, setting, "connections.max.idle.ms", 0, INT32_MAX); /* -1: never, librdkafka's 0 */
	return true;
}

static bool
translate_socket_buffer(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	emit_clamped(client, setting,
				 strncmp(setting->name, "send", 4) == 0 ? "socket.send.buffer.bytes" : "socket.receive.buffer.bytes", 0,
				 100000000); /* -1: the system's, librdkafka's 0 */
	return true;
}

static bool
translate_compression_level(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	const char *codec = neighbour(client, "compression.type");
	const char *named = setting->name + strlen("compression.");

	(void) error;
	if (codec == NULL)
		codec = "lz4";
	if (strncmp(named, codec, strlen(codec)) != 0 || named[strlen(codec)] != '.')
		return no_effect(client, setting, "another compression.type is used");
	emit(client, setting, "compression.level", setting->value);
	return true;
}

static bool
translate_partitioner(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	if (*setting->value == '\0' ||
		strcmp(setting->value, "org.apache.kafka.clients.producer.internals.DefaultPartitioner") == 0)
		emit(client, setting, "partitioner", "murmur2_random");
	else if (strcmp(setting->value, "org.apache.kafka.clients.producer.UniformStickyPartitioner") == 0)
		emit(client, setting, "partitioner", "random");
	else
		return refused(
			setting, error,
			"Java classes cannot be loaded; remove the option for Kafka's default partitioner, or choose one "
			"of librdkafka's with \"rdkafka.partitioner\"");
	return true;
}

static bool
translate_ignore_keys(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	if (strcasecmp(setting->value, "true") != 0)
		return no_effect(client, setting, "keys decide the partition anyway");
	emit(client, setting, "partitioner", "random");
	return true;
}

static bool
translate_serializer(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	if (strcmp(setting->value, SERIALIZER) == 0)
		return no_effect(client, setting, "keys and values are sent as they are");
	return refused(setting, error, "Java classes cannot be loaded; records are sent as their converters made them");
}

/* Interceptors may change records; of those known only the monitoring ones do not. */
static bool
translate_interceptors(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	if (*setting->value == '\0')
		return no_effect(client, setting, "it is empty");
	if (strcmp(setting->value, "io.confluent.monitoring.clients.interceptor.MonitoringProducerInterceptor") == 0)
		return no_effect(client, setting, "it only reports to Confluent Control Center; metrics are on http.listen");
	return refused(setting, error, "Java classes cannot be loaded; remove the option if records do not depend on it");
}

/* security */

static bool
translate_security_protocol(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	char *protocol = memory_strdup(setting->value);

	(void) error;
	for (char *c = protocol; *c != '\0'; c++)
		*c = (char) tolower((unsigned char) *c);
	emit(client, setting, "security.protocol", protocol);
	free(protocol);
	return true;
}

static bool
translate_sasl_mechanism(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	static const char *const mechanisms[] = {"GSSAPI", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"};

	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
		if (strcmp(setting->value, mechanisms[i]) == 0)
		{
			emit(client, setting, "sasl.mechanisms", mechanisms[i]);
			return true;
		}
	return refused(setting, error, "use GSSAPI, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER");
}

/* Emits one option of the login module under librdkafka's name; false if it is not there. */
static bool
emit_jaas(const JavaClient *client, const ConfigSetting *setting, const char *option, const char *name)
{
	char *value = jaas_option(setting->value, option);

	if (value == NULL)
		return false;
	emit(client, setting, name, value);
	free(value);
	return true;
}

static bool
translate_login(const JavaClient *client, const ConfigSetting *setting, const char *module, Error *error)
{
	bool complete = true;

	if (strstr(module, "PlainLoginModule") != NULL || strstr(module, "ScramLoginModule") != NULL)
	{
		char *token = jaas_option(setting->value, "tokenauth");
		bool by_token = token != NULL && strcasecmp(token, "true") == 0;

		free(token);
		if (by_token)
			return refused(setting, error, "delegation tokens (tokenauth) are not supported; use a password");
		complete = emit_jaas(client, setting, "username", "sasl.username") &
				   emit_jaas(client, setting, "password", "sasl.password");
	}
	else if (strstr(module, "Krb5LoginModule") != NULL)
	{
		emit_jaas(client, setting, "keyTab", "sasl.kerberos.keytab");
		emit_jaas(client, setting, "principal", "sasl.kerberos.principal");
		emit_jaas(client, setting, "serviceName", "sasl.kerberos.service.name");
	}
	else if (strstr(module, "OAuthBearerLoginModule") != NULL)
	{
		emit(client, setting, "sasl.oauthbearer.method", "oidc");
		complete = emit_jaas(client, setting, "clientId", "sasl.oauthbearer.client.id") &
				   emit_jaas(client, setting, "clientSecret", "sasl.oauthbearer.client.secret");
		emit_jaas(client, setting, "scope", "sasl.oauthbearer.scope");
	}
	else
		return refused(setting, error,
					   "the login module is not one of PlainLoginModule, ScramLoginModule, Krb5LoginModule and "
					   "OAuthBearerLoginModule");
	return complete || refused(setting, error,
							   "the login module needs username=\"...\" and password=\"...\" "
							   "(clientId and clientSecret with OAuthBearerLoginModule), ended by ';'");
}

static bool
translate_jaas(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	char *module = jaas_module(setting->value);
	bool translated = module != NULL ? translate_login(client, setting, module, error)
									 : refused(setting, error, "it names no login module");

	free(module);
	return translated;
}

static bool
translate_login_handler(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	const char *base = strrchr(setting->value, '.');

	if (base != NULL && strcmp(base, ".OAuthBearerLoginCallbackHandler") == 0)
	{
		emit(client, setting, "sasl.oauthbearer.method", "oidc");
		return true;
	}
	return refuse(client, setting, error);
}

static bool
translate_transactional_id(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	if (*setting->value == '\0')
		return no_effect(client, setting, "it is empty");
	emit(client, setting, "transactional.id", setting->value);
	return true;
}

/* JKS where nothing is said, as in Java, unless the file's name says otherwise. */
static const char *
store_type(const JavaClient *client, const char *type_property, const char *location)
{
	const char *type = neighbour(client, type_property);
	const char *end = location != NULL ? strrchr(location, '.') : NULL;

	if (type != NULL)
		return type;
	if (end != NULL && (strcasecmp(end, ".p12") == 0 || strcasecmp(end, ".pfx") == 0))
		return "PKCS12";
	if (end != NULL && (strcasecmp(end, ".pem") == 0 || strcasecmp(end, ".crt") == 0))
		return "PEM";
	return "JKS";
}

static bool
translate_truststore(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	if (strcasecmp(store_type(client, "ssl.truststore.type", setting->value), "PEM") != 0)
		return refused(setting, error,
					   "only PEM trust stores can be read: export it (keytool -exportcert -rfc ..., or openssl pkcs12 "
					   "-nokeys) and set ssl.truststore.type=PEM with ssl.truststore.location");
	emit(client, setting, "ssl.ca.location", setting->value);
	return true;
}

static bool
translate_keystore(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	const char *type = store_type(client, "ssl.keystore.type", setting->value);

	if (strcasecmp(type, "PKCS12") == 0)
		emit(client, setting, "ssl.keystore.location", setting->value);
	else if (strcasecmp(type, "PEM") == 0)
	{
		emit(client, setting, "ssl.certificate.location", setting->value);
		emit(client, setting, "ssl.key.location", setting->value);
	}
	else
		return refused(setting, error,
					   "only PEM and PKCS12 key stores can be read: convert it (keytool -importkeystore "
					   "-deststoretype PKCS12 ...) and set ssl.keystore.type");
	return true;
}

static bool
translate_store_type(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) client;
	if (strcasecmp(setting->value, "PEM") == 0 || strcasecmp(setting->value, "PKCS12") == 0 ||
		strcasecmp(setting->value, "JKS") == 0)
		return true; /* judged with the store's location */
	return refused(setting, error, "use PEM or PKCS12");
}

static bool
translate_key_password(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	(void) error;
	if (strcasecmp(store_type(client, "ssl.keystore.type", neighbour(client, "ssl.keystore.location")), "PKCS12") == 0)
		return no_effect(client, setting, "the key store has one password");
	emit(client, setting, "ssl.key.password", setting->value);
	return true;
}

static bool
translate_identification(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	if (strcasecmp(setting->value, "https") != 0 && *setting->value != '\0')
		return refused(setting, error, "use https, or an empty value for no check of the host name");
	emit(client, setting, "ssl.endpoint.identification.algorithm", *setting->value == '\0' ? "none" : "https");
	return true;
}

#define NO_TWO_PHASE "Kafka's transactions are ended by the relay itself; remove the option"
#define NO_JAVA "Java classes cannot be loaded; remove the option"
#define JVM_ONLY "it concerns the JVM"
#define JMX_ONLY "metrics are on http.listen"

static const JavaProperty properties[] = {
	{"acks", NULL, translate_acks, NULL},
	{"auto.include.jmx.reporter", NULL, NULL, JMX_ONLY},
	{"batch.size", NULL, translate_batch_size, NULL},
	{"bootstrap.servers", "bootstrap.servers", NULL, NULL},
	{"buffer.memory", NULL, translate_buffer_memory, NULL},
	{"client.dns.lookup", NULL, NULL, "all addresses of a host are tried"},
	{"client.id", "client.id", NULL, NULL},
	{"client.rack", NULL, NULL, "partitions are not chosen by rack"},
	{"compression.gzip.level", NULL, translate_compression_level, NULL},
	{"compression.lz4.level", NULL, translate_compression_level, NULL},
	{"compression.type", "compression.codec", NULL, NULL},
	{"compression.zstd.level", NULL, translate_compression_level, NULL},
	{"confluent.", NULL, NULL, "it concerns Confluent's Java classes"},
	{"connections.max.idle.ms", NULL, translate_idle, NULL},
	{"delivery.timeout.ms", "message.timeout.ms", NULL, NULL},
	{"enable.idempotence", NULL, translate_idempotence, NULL},
	{"enable.metrics.push", NULL, NULL, JMX_ONLY},
	{"interceptor.classes", NULL, translate_interceptors, NULL},
	{"key.serializer", NULL, translate_serializer, NULL},
	{"linger.ms", "linger.ms", NULL, NULL},
	{"max.block.ms", NULL, NULL, "reading waits while the queue is full"},
	{"max.in.flight.requests.per.connection", NULL, translate_in_flight, NULL},
	{"max.request.size", "message.max.bytes", NULL, NULL},
	{"metadata.max.age.ms", "metadata.max.age.ms", NULL, NULL},
	{"metadata.max.idle.ms", NULL, NULL, "metadata of unused topics costs nothing here"},
	{"metadata.recovery.rebootstrap.trigger.ms", NULL, NULL, "bootstrap servers are asked again after each start"},
	{"metadata.recovery.strategy", NULL, NULL, "bootstrap servers are asked again after each start"},
	{"metric.reporters", NULL, NULL, JMX_ONLY},
	{"metrics.", NULL, NULL, JMX_ONLY},
	{"partitioner.adaptive.partitioning.enable", NULL, NULL, "records without key are spread at random"},
	{"partitioner.availability.timeout.ms", NULL, NULL, "records without key are spread at random"},
	{"partitioner.class", NULL, translate_partitioner, NULL},
	{"partitioner.ignore.keys", NULL, translate_ignore_keys, NULL},
	{"receive.buffer.bytes", NULL, translate_socket_buffer, NULL},
	{"reconnect.backoff.max.ms", "reconnect.backoff.max.ms", NULL, NULL},
	{"reconnect.backoff.ms", "reconnect.backoff.ms", NULL, NULL},
	{"request.timeout.ms", NULL, translate_request_timeout, NULL},
	{"retries", NULL, translate_retries, NULL},
	{"retry.backoff.max.ms", NULL, NULL, "retries follow each other by retry.backoff.ms"},
	{"retry.backoff.ms", "retry.backoff.ms", NULL, NULL},
	{"sasl.client.callback.handler.class", NULL, refuse, NO_JAVA},
	{"sasl.jaas.config", NULL, translate_jaas, NULL},
	{"sasl.kerberos.kinit.cmd", "sasl.kerberos.kinit.cmd", NULL, NULL},
	{"sasl.kerberos.min.time.before.relogin", "sasl.kerberos.min.time.before.relogin", NULL, NULL},
	{"sasl.kerberos.service.name", "sasl.kerberos.service.name", NULL, NULL},
	{"sasl.kerberos.ticket.renew.", NULL, NULL, "tickets are renewed every sasl.kerberos.min.time.before.relogin"},
	{"sasl.login.callback.handler.class", NULL, translate_login_handler, NO_JAVA},
	{"sasl.login.class", NULL, refuse, NO_JAVA},
	{"sasl.login.", NULL, NULL, "librdkafka refreshes tokens and logins by its own times"},
	{"sasl.mechanism", NULL, translate_sasl_mechanism, NULL},
	{"sasl.oauthbearer.scope", "sasl.oauthbearer.scope", NULL, NULL},
	{"sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.token.endpoint.url", NULL, NULL},
	{"sasl.oauthbearer.", NULL, NULL, "librdkafka does not check tokens"},
	{"security.protocol", NULL, translate_security_protocol, NULL},
	{"security.providers", NULL, NULL, JVM_ONLY},
	{"send.buffer.bytes", NULL, translate_socket_buffer, NULL},
	{"socket.connection.setup.timeout.max.ms", NULL, NULL, "pauses grow by reconnect.backoff.max.ms"},
	{"socket.connection.setup.timeout.ms", "socket.connection.setup.timeout.ms", NULL, NULL},
	{"ssl.cipher.suites", NULL, refuse, "OpenSSL has other names for cipher suites: set \"rdkafka.ssl.cipher.suites\""},
	{"ssl.enabled.protocols", NULL, NULL, "OpenSSL agrees on the newest protocol that its own settings allow"},
	{"ssl.endpoint.identification.algorithm", NULL, translate_identification, NULL},
	{"ssl.engine.factory.class", NULL, refuse, NO_JAVA},
	{"ssl.key.password", NULL, translate_key_password, NULL},
	{"ssl.keymanager.algorithm", NULL, NULL, JVM_ONLY},
	{"ssl.keystore.certificate.chain", "ssl.certificate.pem", NULL, NULL},
	{"ssl.keystore.key", "ssl.key.pem", NULL, NULL},
	{"ssl.keystore.location", NULL, translate_keystore, NULL},
	{"ssl.keystore.password", "ssl.keystore.password", NULL, NULL},
	{"ssl.keystore.type", NULL, translate_store_type, NULL},
	{"ssl.protocol", NULL, NULL, "OpenSSL agrees on the newest protocol that its own settings allow"},
	{"ssl.provider", NULL, NULL, JVM_ONLY},
	{"ssl.secure.random.implementation", NULL, NULL, JVM_ONLY},
	{"ssl.trustmanager.algorithm", NULL, NULL, JVM_ONLY},
	{"ssl.truststore.certificates", "ssl.ca.pem", NULL, NULL},
	{"ssl.truststore.location", NULL, translate_truststore, NULL},
	{"ssl.truststore.password", NULL, NULL, "a PEM trust store has none"},
	{"ssl.truststore.type", NULL, translate_store_type, NULL},
	{"transaction.timeout.ms", "transaction.timeout.ms", NULL, NULL},
	{"transaction.two.phase.commit.enable", NULL, refuse, NO_TWO_PHASE},
	{"transactional.id", NULL, translate_transactional_id, NULL},
	{"value.serializer", NULL, translate_serializer, NULL},
};

#define PROPERTY_COUNT (sizeof(properties) / sizeof(properties[0]))

/* An exact name before a family. */
static const JavaProperty *
find_property(const char *name)
{
	const JavaProperty *family = NULL;

	for (size_t i = 0; i < PROPERTY_COUNT; i++)
	{
		size_t size = strlen(properties[i].name);

		if (strcmp(properties[i].name, name) == 0)
			return &properties[i];
		if (properties[i].name[size - 1] == '.' && strncmp(properties[i].name, name, size) == 0)
			family = &properties[i];
	}
	return family;
}

bool
java_client_knows(const char *property)
{
	return find_property(property) != NULL;
}

static bool
unrecognized(const ConfigSetting *setting, Error *error)
{
	const char *nearest = NULL;
	size_t least = strlen(setting->name) / 4 + 2;

	for (size_t i = 0; i < PROPERTY_COUNT; i++)
	{
		size_t distance = edit_distance(setting->name, properties[i].name);

		if (distance < least)
		{
			least = distance;
			nearest = properties[i].name;
		}
	}
	error_set(error, ERROR_CONFIG, "unrecognized producer setting \"%s\" in option \"%s\"", setting->name,
			  setting->source);
	if (nearest != NULL)
		error_hint(error, "did you mean \"%s\"? settings of librdkafka go into \"rdkafka.*\"", nearest);
	else
		error_hint(error, "remove it, or set librdkafka's own setting with \"rdkafka.*\"");
	return false;
}

bool
java_client_translate(const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	const JavaProperty *property = find_property(setting->name);

	if (property == NULL)
		return unrecognized(setting, error);
	if (property->translate != NULL)
		return property->translate(client, setting, error);
	if (property->counterpart == NULL)
		return no_effect(client, setting, property->reason);
	emit(client, setting, property->counterpart, setting->value);
	return true;
}
