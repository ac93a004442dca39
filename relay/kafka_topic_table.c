/*
 * kafka_topic_table.c
 *	  The topics a sink has written to, by name.
 */
#include "kafka_topic_table.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

static int
compare_topics(const void *one, const void *other)
{
	return strcmp(((const KafkaTopic *) one)->name, ((const KafkaTopic *) other)->name);
}

KafkaTopic *
kafka_topic_table_find(KafkaTopicTable *table, const char *name)
{
	KafkaTopic wanted = {.name = (char *) name};
	KafkaTopic **found = tfind(&wanted, &table->root, compare_topics);
	KafkaTopic *topic;

	if (found)
		return *found;
	topic = bytes_alloc_zero(1, sizeof(KafkaTopic));
	topic->name = bytes_copy_text(name, strlen(name));
	topic->may_open = table->creation == NULL;
	tsearch(topic, &table->root, compare_topics);
	return topic;
}

static SinkResult
open_topic(KafkaTopicTable *table, KafkaTopic *topic, Error *error)
{
	topic->producer = kafka_lanes_take(table->lanes)->producer;
	topic->handle = rd_kafka_topic_new(topic->producer, topic->name, NULL);
	if (topic->handle)
		return SINK_OK;
	error_set(error, ERROR_FAILED, "cannot write to topic \"%s\": %s", topic->name,
			  rd_kafka_err2str(rd_kafka_last_error()));
	error_hint(error, "A topic's name has 1 to 249 letters, digits, '.', '_' and '-'.");
	return SINK_ERROR;
}

SinkResult
kafka_topic_table_open(KafkaTopicTable *table, KafkaTopic *topic, Error *error)
{
	if (topic->handle)
		return SINK_OK;
	if (topic->may_open)
		return open_topic(table, topic, error);
	if (!topic->creating)
	{
		const KafkaLane *first = &table->lanes->lanes[0];

		if (!kafka_topics_create(table->creation, first->producer, topic->name, first->queue, topic, error))
			return SINK_ERROR;
		topic->creating = true;
	}
	return SINK_FULL;
}

bool
kafka_topic_table_created(rd_kafka_event_t *event, Logger *log, Error *error)
{
	KafkaTopic *topic = rd_kafka_event_opaque(event);
	bool created = kafka_topics_created(event, error);

	topic->creating = false;
	topic->may_open = created || kafka_topics_not_allowed(event);
	if (!created && topic->may_open)
	{
		log_warning(log, "%s; writing to it all the same", error->message);
		*error = (Error){0};
	}
	return topic->may_open;
}

static void
free_topic(void *node)
{
	KafkaTopic *topic = node;

	if (topic->handle)
		rd_kafka_topic_destroy(topic->handle);
	free(topic->name);
	free(topic);
}

void
kafka_topic_table_free(KafkaTopicTable *table)
{
	tdestroy(table->root, free_topic);
	table->root = NULL;
	kafka_topics_free(table->creation);
	table->creation = NULL;
}
