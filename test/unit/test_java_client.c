/*
 * test_java_client.c
 *	  Java's producer settings, one by one, to librdkafka's.
 */
#include <stdlib.h>

#include "../../relay/java_client.h"
#include "unit.h"

static Error error;
static char emitted[1024]; /* "name=value;" of everything */
static char noted[512];	   /* the last reason of having no effect */

static void
collect(void *arg, const char *name, const char *value, const ConfigSetting *given)
{
	(void) arg;
	(void) given;
	snprintf(emitted + strlen(emitted), sizeof(emitted) - strlen(emitted), "%s=%s;", name, value);
}

static void
note(void *arg, const ConfigSetting *setting, const char *reason)
{
	(void) arg;
	(void) setting;
	snprintf(noted, sizeof(noted), "%s", reason);
}

/* Translates the first setting; a second may stand beside it. */
static bool
translate(const char *name, const char *value, const char *other, const char *other_value)
{
	char given[128];
	ConfigSetting settings[2] = {
		{(char *) name, (char *) value, given},
		{(char *) other, (char *) other_value, "other"},
	};
	JavaClient client = {settings, other != NULL ? 2 : 1, collect, note, NULL};

	snprintf(given, sizeof(given), "producer.override.%s", name);
	emitted[0] = noted[0] = '\0';
	return java_client_translate(&client, &settings[0], &error);
}

static void
becomes_beside(const char *name, const char *value, const char *other, const char *other_value, const char *expected)
{
	if (!unit_ok(translate(name, value, other, other_value), "%s=%s is translated", name, value))
		unit_note("%s", error.message);
	unit_is_str(emitted, expected, "what %s=%s becomes", name, value);
}

static void
becomes(const char *name, const char *value, const char *expected)
{
	becomes_beside(name, value, NULL, NULL, expected);
}

static void
nothing(const char *name, const char *value, const char *reason)
{
	unit_ok(translate(name, value, NULL, NULL) && emitted[0] == '\0', "%s=%s has no effect", name, value);
	unit_contains(noted, reason, "reason for %s=%s", name, value);
}

static void
refused(const char *name, const char *value, const char *hint)
{
	unit_ok(!translate(name, value, NULL, NULL) && error.kind == ERROR_CONFIG, "%s=%s is refused", name, value);
	unit_contains(error.message, name, "%s is named", name);
	unit_contains(error.hint, hint, "hint for %s=%s", name, value);
}

static void
test_delivery(void)
{
	becomes("linger.ms", "5", "linger.ms=5;");
	becomes("batch.size", "16384", "batch.size=16384;");
	becomes("batch.size", "0", "batch.size=1;");
	becomes("batch.size", "x", "batch.size=x;");
	becomes("compression.type", "zstd", "compression.codec=zstd;");
	becomes_beside("compression.zstd.level", "3", "compression.type", "zstd", "compression.level=3;");
	becomes_beside("compression.gzip.level", "3", "compression.type", "zstd", "");
	becomes("compression.lz4.level", "9", "compression.level=9;");
	becomes("acks", "all", "acks=all;");
	becomes("acks", "-1", "acks=all;");
	nothing("acks", "1", "durable");
	nothing("acks", "0", "durable");
	refused("acks", "2", "use all");
	becomes("enable.idempotence", "true", "enable.idempotence=true;");
	nothing("enable.idempotence", "false", "idempotent");
	refused("enable.idempotence", "maybe", "true or false");
	becomes("retries", "10", "retries=10;");
	nothing("retries", "0", "always retries");
	becomes("max.request.size", "5242880", "message.max.bytes=5242880;");
	becomes("buffer.memory", "33554432", "queue.buffering.max.kbytes=32768;");
	becomes("buffer.memory", "1", "queue.buffering.max.kbytes=1;");
	refused("buffer.memory", "lots", "number of bytes");
	refused("buffer.memory", "0", "number of bytes");
	becomes("delivery.timeout.ms", "120000", "message.timeout.ms=120000;");
	becomes("max.in.flight.requests.per.connection", "1", "max.in.flight.requests.per.connection=1;");
	becomes("max.in.flight.requests.per.connection", "6", "max.in.flight.requests.per.connection=5;");
	unit_contains(noted, "5 are used", "the lowering is said");
	becomes("request.timeout.ms", "30000", "request.timeout.ms=30000;socket.timeout.ms=30000;");
	becomes("request.timeout.ms", "1000000", "request.timeout.ms=900000;socket.timeout.ms=300000;");
	nothing("max.block.ms", "1", "waits");
	refused("transaction.two.phase.commit.enable", "true", "ended by the relay itself");
	nothing("transactional.id", "", "empty");
}

static void
test_connection(void)
{
	becomes("bootstrap.servers", "a:1", "bootstrap.servers=a:1;");
	becomes("client.id", "me", "client.id=me;");
	becomes("connections.max.idle.ms", "-1", "connections.max.idle.ms=0;");
	becomes("send.buffer.bytes", "-1", "socket.send.buffer.bytes=0;");
	becomes("receive.buffer.bytes", "65536", "socket.receive.buffer.bytes=65536;");
	becomes("metadata.max.age.ms", "1", "metadata.max.age.ms=1;");
	becomes("reconnect.backoff.ms", "1", "reconnect.backoff.ms=1;");
	becomes("retry.backoff.ms", "1", "retry.backoff.ms=1;");
	nothing("client.dns.lookup", "use_all_dns_ips", "addresses");
	nothing("metrics.num.samples", "2", "http.listen");
	nothing("confluent.monitoring.interceptor.topic", "x", "Confluent");
}

static void
test_classes(void)
{
	nothing("key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer", "as they are");
	refused("value.serializer", "org.apache.kafka.common.serialization.StringSerializer", "Java classes");
	becomes("partitioner.class", "org.apache.kafka.clients.producer.internals.DefaultPartitioner",
			"partitioner=murmur2_random;");
	becomes("partitioner.class", "", "partitioner=murmur2_random;");
	becomes("partitioner.class", "org.apache.kafka.clients.producer.UniformStickyPartitioner", "partitioner=random;");
	refused("partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner", "rdkafka.partitioner");
	becomes("partitioner.ignore.keys", "true", "partitioner=random;");
	nothing("partitioner.ignore.keys", "false", "keys");
	nothing("interceptor.classes", "", "empty");
	nothing("interceptor.classes", "io.confluent.monitoring.clients.interceptor.MonitoringProducerInterceptor",
			"Control Center");
	refused("interceptor.classes", "com.example.Changing", "Java classes");
	refused("sasl.login.class", "x", "Java classes");
}

static void
test_tls(void)
{
	becomes("security.protocol", "SASL_SSL", "security.protocol=sasl_ssl;");
	becomes_beside("ssl.truststore.location", "/ca", "ssl.truststore.type", "PEM", "ssl.ca.location=/ca;");
	becomes("ssl.truststore.location", "/ca.pem", "ssl.ca.location=/ca.pem;");
	becomes("ssl.truststore.type", "PEM", "");
	refused("ssl.truststore.type", "BCFKS", "PEM or PKCS12");
	refused("ssl.truststore.location", "/ca.jks", "only PEM trust stores");
	refused("ssl.truststore.location", "/noextension", "only PEM trust stores");
	becomes("ssl.truststore.certificates", "-----BEGIN", "ssl.ca.pem=-----BEGIN;");
	nothing("ssl.truststore.password", "x", "none");
	becomes_beside("ssl.keystore.location", "/me", "ssl.keystore.type", "PEM",
				   "ssl.certificate.location=/me;ssl.key.location=/me;");
	becomes("ssl.keystore.location", "/me.p12", "ssl.keystore.location=/me.p12;");
	refused("ssl.keystore.location", "/me.jks", "PEM and PKCS12");
	becomes("ssl.keystore.password", "x", "ssl.keystore.password=x;");
	becomes_beside("ssl.key.password", "x", "ssl.keystore.type", "PEM", "ssl.key.password=x;");
	becomes_beside("ssl.key.password", "x", "ssl.keystore.location", "/me.p12", "");
	becomes("ssl.keystore.key", "-----K", "ssl.key.pem=-----K;");
	becomes("ssl.keystore.certificate.chain", "-----C", "ssl.certificate.pem=-----C;");
	becomes("ssl.endpoint.identification.algorithm", "", "ssl.endpoint.identification.algorithm=none;");
	becomes("ssl.endpoint.identification.algorithm", "HTTPS", "ssl.endpoint.identification.algorithm=https;");
	refused("ssl.endpoint.identification.algorithm", "ldaps", "https");
	refused("ssl.cipher.suites", "TLS_X", "rdkafka.ssl.cipher.suites");
	nothing("ssl.protocol", "TLSv1.3", "OpenSSL");
}

#define PLAIN "org.apache.kafka.common.security.plain.PlainLoginModule"

static void
test_sasl(void)
{
	becomes("sasl.mechanism", "SCRAM-SHA-512", "sasl.mechanisms=SCRAM-SHA-512;");
	refused("sasl.mechanism", "AWS_MSK_IAM", "OAUTHBEARER");
	becomes("sasl.jaas.config", PLAIN " required username=\"alice\" password=\"a b\\\"c=;\";",
			"sasl.username=alice;sasl.password=a b\"c=;;");
	becomes("sasl.jaas.config", PLAIN "  required\n  password='p'  username = u ;", "sasl.username=u;sasl.password=p;");
	becomes("sasl.jaas.config",
			"org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" password=\"\";",
			"sasl.username=u;sasl.password=;");
	becomes("sasl.jaas.config",
			"com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab=\"/k\" principal=\"p@R\";",
			"sasl.kerberos.keytab=/k;sasl.kerberos.principal=p@R;");
	becomes(
		"sasl.jaas.config",
		"org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId='i' clientSecret='s' "
		"scope='c';",
		"sasl.oauthbearer.method=oidc;sasl.oauthbearer.client.id=i;sasl.oauthbearer.client.secret=s;"
		"sasl.oauthbearer.scope=c;");
	refused("sasl.jaas.config", PLAIN " required username=\"alice\";", "password=");
	refused("sasl.jaas.config", PLAIN " required username=\"alice\" password=\"open", "password=");
	refused("sasl.jaas.config", PLAIN " required username;", "password=");
	refused("sasl.jaas.config", PLAIN, "password=");
	refused("sasl.jaas.config", "com.example.Login required;", "login module");
	refused("sasl.jaas.config", "", "no login module");
	refused("sasl.jaas.config",
			"org.apache.kafka.common.security.scram.ScramLoginModule required username='u' password='hunter2' "
			"tokenauth='true';",
			"tokenauth");
	unit_ok(strstr(error.message, "hunter2") == NULL, "the password is not shown");
	becomes("sasl.login.callback.handler.class",
			"org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler",
			"sasl.oauthbearer.method=oidc;");
	refused("sasl.login.callback.handler.class", "com.example.Handler", "Java classes");
}

static void
test_unrecognized(void)
{
	refused("linger.s", "5", "did you mean \"linger.ms\"");
	refused("something.quite.else", "5", "rdkafka.*");
	unit_ok(java_client_knows("linger.ms") && java_client_knows("metrics.x") && !java_client_knows("nope"),
			"what the producer has");
}

int
main(void)
{
	test_delivery();
	test_connection();
	test_classes();
	test_tls();
	test_sasl();
	test_unrecognized();
	return unit_done();
}
