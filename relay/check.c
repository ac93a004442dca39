/*
 * check.c
 *	  The steps of `wal2kafka check`.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

void
topic_list_add(TopicList *topics, const char *name)
{
	for (size_t i = 0; i < topics->count; i++)
		if (strcmp(topics->names[i], name) == 0)
			return;
	topics->names = bytes_realloc(topics->names, (topics->count + 1) * sizeof(char *));
	topics->names[topics->count++] = memory_strdup(name);
}

void
topic_list_free(TopicList *topics)
{
	for (size_t i = 0; i < topics->count; i++)
		free(topics->names[i]);
	free(topics->names);
}

/* Topics that belong to no table. */
static void
add_own_topics(const Config *config, TopicList *topics)
{
	const char *topic_prefix = config_text(config, OPT_TOPIC_PREFIX);

	if (config_int(config, OPT_HEARTBEAT_INTERVAL_MS) > 0)
	{
		const char *whole = config_text(config, OPT_TOPIC_HEARTBEAT_NAME);
		const char *prefix =
			config_is_set(config, OPT_HEARTBEAT_TOPICS_PREFIX) && !config_is_set(config, OPT_TOPIC_HEARTBEAT_PREFIX)
				? config_text(config, OPT_HEARTBEAT_TOPICS_PREFIX)
				: config_text(config, OPT_TOPIC_HEARTBEAT_PREFIX);
		char *name = whole != NULL ? memory_strdup(whole) : memory_printf("%s.%s", prefix, topic_prefix);

		topic_list_add(topics, name);
		free(name);
	}
	if (config_bool(config, OPT_PROVIDE_TRANSACTION_METADATA))
	{
		char *name = memory_printf("%s%s%s", topic_prefix, config_text(config, OPT_TOPIC_DELIMITER),
								   config_text(config, OPT_TOPIC_TRANSACTION));

		topic_list_add(topics, name);
		free(name);
	}
}

int
check_command(const Config *config, const CommandLine *command, Logger *log)
{
	CheckReport report = {stdout, log, 0, 0};
	ServerFacts facts = {NULL, false};
	TopicList topics = {NULL, 0};

	(void) command;
	log_debug(log, "checking database \"%s\"", config_database(config));
	report_ok(&report, "configuration is valid");
	check_server(config, &report, &facts);
	if (facts.conn != NULL)
		check_tables(config, &report, &facts, &topics);
	PQfinish(facts.conn);
	add_own_topics(config, &topics);
	if (config_sink(config) == CONFIG_SINK_KAFKA)
		check_kafka(config, &report, &topics);
	topic_list_free(&topics);
	printf("\n%d failed, %d warnings\n", report.failures, report.warnings);
	return report.failures > 0 ? 1 : 0;
}
