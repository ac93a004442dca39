/*
 * fuzz_config.c
 *	  Any bytes as connector.json, as a worker's properties, as arguments and
 *	  as values with placeholders: refused or taken, never more than that.
 *
 * The first byte chooses.  Whatever was taken is checked and handed out as to
 * a run, which judges every option and translates those of Kafka.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "command_line.h"
#include "config_file.h"
#include "config_provider.h"

#define WORDS_MAX 24

/* Every reader of a checked configuration. */
static void
use(Config *config, Logger *log)
{
	Error error = {0};
	const char *const *keywords;
	const char *const *values;
	char *json;

	if (!config_provider_resolve(config, log, &error))
		return;
	config_provider_hide_secrets(config, log);
	if (!config_check(config, log, &error))
		return;
	config_provider_hide_secrets(config, log);
	config_conninfo(config, true, &keywords, &values);
	(void) config_rdkafka(config);
	json = config_plugin_json(config, NULL);
	free(json);
}

/* name NUL value NUL name NUL ... */
static void
set_pairs(Config *config, char *text, size_t size)
{
	char *end = text + size;

	while (text < end)
	{
		char *value = text + strlen(text) + 1;

		if (value >= end)
			break;
		if (*text != '\0')
			config_set(config, text, value, "fuzz");
		text = value + strlen(value) + 1;
	}
}

static void
parse_words(Config *config, char *text, size_t size)
{
	char *words[WORDS_MAX + 2] = {"wal2kafka"};
	char *end = text + size;
	int count = 1;
	CommandLine command;
	Error error = {0};

	for (; text < end && count <= WORDS_MAX; text += strlen(text) + 1)
		words[count++] = text;
	if (!command_line_parse(count, words, &command, config, &error) && error.kind == ERROR_NONE)
		abort(); /* every refusal has its words */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Config *config = config_new();
	Logger *log = log_new(LOG_TEXT, LOG_ERROR + 1);
	Error error = {0};
	uint8_t kind = size > 0 ? data[0] & 3 : 0;
	char *text = bytes_copy_text((const char *) data + (size > 0), size > 0 ? size - 1 : 0);

	size -= size > 0;
	config_set(config, "topic.prefix", "app", "fuzz");
	config_set(config, "database.dbname", "db", "fuzz");
	config_set_sink(config, CONFIG_SINK_NULL);
	if (kind == 0 && config_file_parse_json(config, text, size, "fuzz", &error))
		use(config, log);
	else if (kind == 1 && config_file_parse_properties(config, text, size, "fuzz", &error))
		use(config, log);
	else if (kind == 2)
	{
		set_pairs(config, text, size);
		use(config, log);
	}
	else if (kind == 3)
		parse_words(config, text, size);
	free(text);
	log_free(log);
	config_free(config);
	return 0;
}

typedef struct Seed
{
	const char *text;
	size_t size;
} Seed;

#define SEED(text) \
	{ \
		text, sizeof(text) - 1 \
	}

size_t
fuzz_seed(size_t index, uint8_t *data, size_t room)
{
	static const Seed seeds[] = {
		SEED(
			"0{\"name\": \"n\", \"config\": {\"topic.prefix\": \"p\", \"tasks.max\": 1, \"tombstones.on.delete\": true}}"),
		SEED("0{\"producer.override.sasl.jaas.config\": \"org.apache.kafka.common.security.plain.PlainLoginModule "
			 "required username=\\\"u\\\" password=\\\"p\\\";\"}"),
		SEED("1a.b = c\\u00e9 \\\n  d\n# comment\nbootstrap.servers=h:1,h:2\nproducer.linger.ms:5\n"),
		SEED("2table.include.list\0public\\.(a|b)\0replica.identity.autoset.values\0a.*:INDEX i,b:FULL\0"),
		SEED("2x\0${env:HOME}${file:/etc/hostname:k}${dir:/etc:hostname}\0"
			 "config.providers.env.param.allowlist.pattern\0(a*)*b\0"),
		SEED("2topic.creation.groups\0a,b\0topic.creation.a.include\0x.*\0topic.creation.default.partitions\0-1\0"),
		SEED("2logical.decoding.work.mem\00064MB\0http.listen\0[::1]:8080\0errors.retry.timeout\0-1\0"),
		SEED("3run\0-s\0a=b\0--sink\0stdout\0--endpos\0001/2\0-d\0host=h password=p\0"),
	};
	size_t size;

	if (index >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	size = seeds[index].size < room ? seeds[index].size : room;
	memcpy(data, seeds[index].text, size);
	return size;
}
