/*
 * signal_kafka.c
 *	  Signals from a Kafka topic, through a consumer of its own.
 */
#include "signal_kafka.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kafka_client.h"
#include "memory.h"

#define PARTITION 0
/* The last commit of an offset at the end. */
#define CLOSE_MS 1000

struct SignalKafka
{
	Logger *log;
	const char *key; /* topic.prefix */
	char *topic;
	int64_t interval_ms;
	int64_t due_ms;

	rd_kafka_t *consumer;
	rd_kafka_queue_t *queue;
	rd_kafka_resp_err_t trouble; /* logged; NO_ERROR: none */

	int64_t seen;	   /* offset of the last record read, -1: none */
	int64_t received;  /* of the last one handed over as a signal */
	int64_t handled;   /* the last one that need not come again */
	int64_t committed; /* what was committed last, the next offset */
	bool committing;
};

/* ---- opening ---- */

static bool
set(rd_kafka_conf_t *conf, const char *name, const char *value, Error *error)
{
	char reason[512];

	if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
		return true;
	return error_set(error, ERROR_CONFIG, "librdkafka refuses setting \"%s\" of the consumer of signals", name);
}

/* Ours below what the configuration gives.  Signals are few and small: little is read ahead. */
static rd_kafka_conf_t *
make_conf(const Config *config, Error *error)
{
	static const char *const own[][2] = {
		{"enable.auto.commit", "false"},
		{"enable.auto.offset.store", "false"},
		{"queued.max.messages.kbytes", "1024"},
		{"queued.min.messages", "100"},
		{"topic.metadata.refresh.interval.ms", "10000"},
		{"reconnect.backoff.max.ms", "2000"},
		{"log.queue", "true"},
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	size_t count;
	const ConfigSetting *settings = config_signal_consumer(config, &count);
	bool good = true;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && good; i++)
		good = set(conf, own[i][0], own[i][1], error);
	for (size_t i = 0; i < count && good; i++)
		good = set(conf, settings[i].name, settings[i].value, error);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_OFFSET_COMMIT);
	if (good)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

static bool
open_consumer(SignalKafka *self, const Config *config, Error *error)
{
	rd_kafka_conf_t *conf = make_conf(config, error);
	rd_kafka_topic_partition_list_t *place;
	rd_kafka_resp_err_t code;

	self->consumer = conf != NULL ? kafka_client_new(RD_KAFKA_CONSUMER, conf, error) : NULL;
	if (self->consumer == NULL)
		return false;
	rd_kafka_poll_set_consumer(self->consumer);
	self->queue = rd_kafka_queue_get_consumer(self->consumer);
	rd_kafka_set_log_queue(self->consumer, self->queue);
	place = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(place, self->topic, PARTITION)->offset =
		self->handled >= 0 ? self->handled + 1 : RD_KAFKA_OFFSET_STORED;
	code = rd_kafka_assign(self->consumer, place);
	rd_kafka_topic_partition_list_destroy(place);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
		   error_set(error, ERROR_FAILED, "could not read signals from topic \"%s\": %s", self->topic,
					 rd_kafka_err2str(code));
}

static char *
topic_of(const Config *config)
{
	const char *topic = config_text(config, OPT_SIGNAL_KAFKA_TOPIC);

	return topic != NULL && *topic != '\0' ? memory_strdup(topic)
										   : memory_printf("%s-signal", config_text(config, OPT_TOPIC_PREFIX));
}

bool
signal_kafka_new(const Config *config, int64_t handled_offset, Logger *log, SignalKafka **channel, Error *error)
{
	SignalKafka *self;

	*channel = NULL;
	if (!config_has_item(config, OPT_SIGNAL_ENABLED_CHANNELS, "kafka"))
		return true;
	self = bytes_alloc_zero(1, sizeof(SignalKafka));
	self->log = log;
	self->key = config_text(config, OPT_TOPIC_PREFIX);
	self->topic = topic_of(config);
	self->interval_ms = config_int(config, OPT_SIGNAL_POLL_INTERVAL_MS);
	self->seen = self->received = self->handled = handled_offset;
	self->committed = -1;
	if (!open_consumer(self, config, error))
	{
		signal_kafka_free(self);
		return false;
	}
	log_info(log, "reading signals from topic \"%s\"", self->topic);
	*channel = self;
	return true;
}

/* ---- what arrives ---- */

/* Once for each kind of trouble. */
static void
note_trouble(SignalKafka *self, rd_kafka_resp_err_t code, const char *reason)
{
	bool away = code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
				code == RD_KAFKA_RESP_ERR__TIMED_OUT;

	if (away)
		code = RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
	if (code == self->trouble || code == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		return;
	self->trouble = code;
	if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
		code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
		log_info(self->log, "topic \"%s\" of signals does not exist yet", self->topic);
	else
		log_warning(self->log, "could not read signals from topic \"%s\": %s", self->topic,
					reason != NULL ? reason : rd_kafka_err2str(code));
}

static bool
is_for_us(const SignalKafka *self, const rd_kafka_message_t *message)
{
	return message->key != NULL && message->key_len == strlen(self->key) &&
		   memcmp(message->key, self->key, message->key_len) == 0;
}

/* The topic was made anew: what was known of its offsets means nothing. */
static void
begin_again(SignalKafka *self, int64_t offset)
{
	log_warning(self->log, "topic \"%s\" of signals was made anew, it is read from offset %" PRId64, self->topic,
				offset);
	self->received = self->handled = offset - 1;
	self->committed = -1;
}

/* False: no more now. */
static bool
take_message(SignalKafka *self, const rd_kafka_message_t *message, SignalKafkaReceived received, void *arg)
{
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		note_trouble(self, message->err, rd_kafka_message_errstr(message));
		return true;
	}
	if (self->trouble != RD_KAFKA_RESP_ERR_NO_ERROR)
		log_info(self->log, "signals are read from topic \"%s\" again", self->topic);
	self->trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
	if (message->offset <= self->seen)
		begin_again(self, message->offset);
	self->seen = message->offset;
	if (!is_for_us(self, message))
		log_info(self->log, "signal at offset %" PRId64 " is not for this connector: its key is \"%.*s\", not \"%s\"",
				 message->offset, (int) message->key_len, message->key != NULL ? (const char *) message->key : "",
				 self->key);
	else if (message->payload != NULL && message->len > 0)
	{
		self->received = message->offset;
		return received(arg, (Bytes){.data = message->payload, .size = message->len}, message->offset);
	}
	return true;
}

/* received may be NULL at the end, when no signal is wanted any more.  An event has one message.  False: no more now. */
static bool
serve_event(SignalKafka *self, rd_kafka_event_t *event, SignalKafkaReceived received, void *arg)
{
	const rd_kafka_message_t *message;
	bool more = true;

	switch (rd_kafka_event_type(event))
	{
		case RD_KAFKA_EVENT_FETCH:
			while (received != NULL && (message = rd_kafka_event_message_next(event)) != NULL)
				more = take_message(self, message, received, arg);
			break;
		case RD_KAFKA_EVENT_ERROR:
			note_trouble(self, rd_kafka_event_error(event), rd_kafka_event_error_string(event));
			break;
		case RD_KAFKA_EVENT_OFFSET_COMMIT:
			self->committing = false;
			if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
				log_debug(self->log, "could not commit the offset of signals: %s", rd_kafka_event_error_string(event));
			break;
		case RD_KAFKA_EVENT_LOG:
			kafka_client_log(self->log, event);
			break;
		default:
			break;
	}
	return more;
}

/* ---- offsets ---- */

/* Passed over records count as handled where no signal waits before them. */
static void
commit(SignalKafka *self)
{
	int64_t next = (self->handled >= self->received ? self->seen : self->handled) + 1;
	rd_kafka_topic_partition_list_t *place;

	if (next <= 0 || next <= self->committed || self->committing)
		return;
	place = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(place, self->topic, PARTITION)->offset = next;
	self->committing = rd_kafka_commit(self->consumer, place, 1) == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (self->committing)
		self->committed = next;
	rd_kafka_topic_partition_list_destroy(place);
}

void
signal_kafka_handled(SignalKafka *self, int64_t offset)
{
	if (self == NULL || offset <= self->handled)
		return;
	self->handled = offset;
	commit(self);
}

void
signal_kafka_step(SignalKafka *self, int64_t now_ms, SignalKafkaReceived received, void *arg)
{
	rd_kafka_event_t *event;
	bool more = true;

	if (self == NULL || now_ms < self->due_ms)
		return;
	self->due_ms = now_ms + self->interval_ms;
	while (more && (event = rd_kafka_queue_poll(self->queue, 0)) != NULL)
	{
		more = serve_event(self, event, received, arg);
		rd_kafka_event_destroy(event);
	}
	commit(self);
}

int64_t
signal_kafka_received(const SignalKafka *self)
{
	return self != NULL ? self->received : -1;
}

int64_t
signal_kafka_due_ms(const SignalKafka *self)
{
	return self != NULL ? self->due_ms : INT64_MAX;
}

/* ---- closing ---- */

static void
finish_commit(SignalKafka *self)
{
	int64_t end_ms = clock_monotonic_ms() + CLOSE_MS;

	commit(self);
	while (self->committing && clock_monotonic_ms() < end_ms)
	{
		rd_kafka_event_t *event = rd_kafka_queue_poll(self->queue, 50);

		if (event == NULL)
			continue;
		(void) serve_event(self, event, NULL, NULL);
		rd_kafka_event_destroy(event);
	}
}

void
signal_kafka_free(SignalKafka *self)
{
	if (self == NULL)
		return;
	if (self->queue != NULL)
	{
		finish_commit(self);
		rd_kafka_queue_destroy(self->queue);
	}
	if (self->consumer != NULL)
		rd_kafka_destroy_flags(self->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	free(self->topic);
	free(self);
}
