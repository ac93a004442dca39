/*
 * kafka_transaction.c
 *	  Transactions of a producer, ended by a thread.
 */
#include "kafka_transaction.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "bytes.h"
#include "clock.h"
#include "kafka_refusal.h"
#include "kafka_shortage.h"
#include "signals.h"

/* A relay that dies leaves its transaction open for so long, unless the next one fences it. */
#define TIMEOUT_MS 60000
/* Of a snapshot: a table that cannot be cut is one; this is transaction.max.timeout.ms of brokers that nobody configured. */
#define SNAPSHOT_TIMEOUT_MS 900000
/* The blocking calls look up so often whether they are still wanted. */
#define SLICE_MS 250
#define POLL_MS 20
#define REASON_SIZE 512
#define NAME_MS 2000 /* for asking which topic is missing */

typedef struct HeldReport
{
	uint64_t ticket;
	uint64_t count;
} HeldReport;

struct KafkaTransaction
{
	rd_kafka_t *producer;
	int wake_fd;
	SinkTransaction state; /* of the caller's thread */
	HeldReport *held;
	size_t held_count;
	size_t held_capacity;
	bool commits; /* while ending */

	pthread_t thread;
	sem_t wanted;
	atomic_bool stop;
	atomic_bool done;		   /* the end has come about, or failed */
	rd_kafka_error_t *failure; /* NULL: it succeeded; valid once done */
	Error broken;			   /* of the caller's thread: the end has failed, and stays so */
	char topic[256];		   /* of a partition that brokers did not let in; "": none */
};

/* ---- settings ---- */

static const char *
configured(const Config *config, const char *name)
{
	for (const ConfigSetting *setting = config_rdkafka(config); setting->name; setting++)
		if (strcmp(setting->name, name) == 0)
			return setting->value;
	return NULL;
}

int
kafka_transaction_timeout_ms(const Config *config, bool for_snapshot)
{
	const char *given = configured(config, "transaction.timeout.ms");

	if (given != NULL)
		return atoi(given);
	return for_snapshot ? SNAPSHOT_TIMEOUT_MS : TIMEOUT_MS;
}

static bool
set(rd_kafka_conf_t *conf, const char *name, const char *value, Error *error)
{
	char reason[REASON_SIZE];

	if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
		return true;
	return error_set(error, ERROR_CONFIG, "librdkafka refuses setting \"%s\": %s", name, reason);
}

bool
kafka_transaction_configure(rd_kafka_conf_t *conf, const Config *config, const SinkIdentity *identity, Error *error)
{
	const char *own_name = configured(config, "transactional.id");
	char timeout[16];

	snprintf(timeout, sizeof(timeout), "%d", kafka_transaction_timeout_ms(config, identity->for_snapshot));
	if (!set(conf, "transactional.id", own_name ? own_name : identity->name, error) ||
		!set(conf, "transaction.timeout.ms", timeout, error))
		return false;
	/* a record that is later than its transaction is of no use, and librdkafka insists on it */
	return configured(config, "message.timeout.ms") != NULL || set(conf, "message.timeout.ms", timeout, error);
}

/* ---- the thread ---- */

/* A call that timed out is resumed; whoever waits decides how long. */
static rd_kafka_error_t *
end_transaction(KafkaTransaction *transaction)
{
	for (;;)
	{
		rd_kafka_error_t *failure = transaction->commits ? rd_kafka_commit_transaction(transaction->producer, SLICE_MS)
														 : rd_kafka_abort_transaction(transaction->producer, SLICE_MS);

		if (failure == NULL || !rd_kafka_error_is_retriable(failure) || atomic_load(&transaction->stop))
			return failure;
		rd_kafka_error_destroy(failure);
	}
}

static void *
run(void *arg)
{
	KafkaTransaction *transaction = arg;

	for (;;)
	{
		while (sem_wait(&transaction->wanted) != 0)
			; /* interrupted */
		if (atomic_load(&transaction->stop))
			return NULL;
		transaction->failure = end_transaction(transaction);
		atomic_store(&transaction->done, true);
		eventfd_write(transaction->wake_fd, 1);
	}
}

KafkaTransaction *
kafka_transaction_new(rd_kafka_t *producer, int wake_fd, Error *error)
{
	KafkaTransaction *transaction = bytes_alloc_zero(1, sizeof(KafkaTransaction));
	int reason;

	transaction->producer = producer;
	transaction->wake_fd = wake_fd;
	sem_init(&transaction->wanted, 0, 0);
	reason = pthread_create(&transaction->thread, NULL, run, transaction);
	if (reason == 0)
		return transaction;
	sem_destroy(&transaction->wanted);
	free(transaction);
	error_set(error, ERROR_FAILED, "could not start a thread: %s", strerror(reason));
	return NULL;
}

void
kafka_transaction_free(KafkaTransaction *transaction)
{
	if (transaction == NULL)
		return;
	atomic_store(&transaction->stop, true);
	sem_post(&transaction->wanted);
	pthread_join(transaction->thread, NULL);
	sem_destroy(&transaction->wanted);
	if (transaction->failure != NULL)
		rd_kafka_error_destroy(transaction->failure);
	free(transaction->held);
	free(transaction);
}

/* ---- failures ---- */

static const char *
hint_of(rd_kafka_resp_err_t code)
{
	switch (code)
	{
		case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
			return "set producer.override.transaction.timeout.ms to no more than transaction.max.timeout.ms of the "
				   "brokers";
		case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
			return "allow the principal to write to and to describe the transactional id";
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
			return "allow the principal to write to the topics, progress.topic among them";
		case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
			return "the topic was deleted, and brokers do not make it again: start again with topic.creation.default.*, "
				   "or create it";
		default:
			return NULL;
	}
}

void
kafka_transaction_note_log(KafkaTransaction *transaction, rd_kafka_event_t *event)
{
	const char *facility;
	const char *text;
	const char *name;
	int level;

	if (rd_kafka_event_log(event, &facility, &text, &level) != 0 || strcmp(facility, "ADDPARTS") != 0)
		return;
	/* of the others it says only that they were not tried */
	name = strchr(text, '"');
	if (name == NULL || strstr(text, rd_kafka_err2str(RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED)) != NULL)
		return;
	snprintf(transaction->topic, sizeof(transaction->topic), "%.*s", (int) strcspn(name + 1, "\""), name + 1);
}

/* The thing that a failure is about, which its own text leaves out; "" if it has none. May block for two seconds. */
static void
name_subject(const KafkaTransaction *transaction, rd_kafka_resp_err_t code, char *text, size_t size)
{
	char name[REASON_SIZE] = "";
	size_t name_size = sizeof(name);

	text[0] = '\0';
	if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED && transaction->topic[0] != '\0')
		snprintf(text, size, " (topic \"%s\")", transaction->topic);
	else if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
			 kafka_shortage_topic(transaction->producer, NAME_MS, name, sizeof(name)))
		snprintf(text, size, " (topic \"%s\")", name);
	else if (code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED &&
			 rd_kafka_conf_get(rd_kafka_conf(transaction->producer), "transactional.id", name, &name_size) ==
				 RD_KAFKA_CONF_OK)
		snprintf(text, size, " (transactional id \"%s\")", name);
}

/* Consumes failure. What waiting and a new producer do not cure ends the run. */
static bool
fail(const KafkaTransaction *transaction, rd_kafka_error_t *failure, const char *what, Error *error)
{
	rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
	const char *hint = hint_of(code);
	bool curable = hint == NULL && kafka_judge(code, 1) == DELIVERY_RETRY;
	char subject[REASON_SIZE + 32];

	name_subject(transaction, code, subject, sizeof(subject));
	error_set(error, curable ? ERROR_RETRY : ERROR_FAILED, "could not %s: %s%s", what, rd_kafka_error_string(failure),
			  subject);
	if (hint != NULL)
		error_hint(error, "%s", hint);
	rd_kafka_error_destroy(failure);
	return false;
}

/*
 * Until a call of the transactional API librdkafka keeps to itself what went
 * wrong.  A begin while one is open is the call that can only fail: with that
 * reason, or as not valid now.  (A commit with no time to wait may time out
 * before it is told the reason, and begins to commit if there is none.)
 */
bool
kafka_transaction_broken(KafkaTransaction *transaction, Error *error)
{
	rd_kafka_error_t *failure = rd_kafka_begin_transaction(transaction->producer);

	if (failure != NULL)
		return fail(transaction, failure, "go on with the Kafka transaction", error);
	return error_set(error, ERROR_RETRY, "the Kafka transaction takes no records");
}

/* ---- the life of a transaction ---- */

bool
kafka_transaction_fence(KafkaTransaction *transaction, int timeout_ms, Error *error)
{
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;

	for (;;)
	{
		rd_kafka_error_t *failure = rd_kafka_init_transactions(transaction->producer, SLICE_MS);

		if (failure == NULL)
			return true;
		if (!rd_kafka_error_is_retriable(failure) || clock_monotonic_ms() >= end_ms || signals_stop_requested())
			return fail(transaction, failure, "begin writing to Kafka exactly once", error);
		rd_kafka_error_destroy(failure);
	}
}

SinkResult
kafka_transaction_open(KafkaTransaction *transaction, Error *error)
{
	rd_kafka_error_t *failure;

	if (transaction->state != SINK_TRANSACTION_NONE)
		return transaction->state == SINK_TRANSACTION_OPEN ? SINK_OK : SINK_FULL;
	failure = rd_kafka_begin_transaction(transaction->producer);
	if (failure != NULL)
	{
		fail(transaction, failure, "begin a Kafka transaction", error);
		return SINK_ERROR;
	}
	transaction->state = SINK_TRANSACTION_OPEN;
	return SINK_OK;
}

void
kafka_transaction_hold(KafkaTransaction *transaction, uint64_t ticket, uint64_t count)
{
	HeldReport *last = transaction->held_count > 0 ? &transaction->held[transaction->held_count - 1] : NULL;

	if (last != NULL && last->ticket == ticket)
	{
		last->count += count;
		return;
	}
	if (transaction->held_count == transaction->held_capacity)
	{
		transaction->held_capacity = transaction->held_capacity > 0 ? transaction->held_capacity * 2 : 256;
		transaction->held = bytes_realloc(transaction->held, transaction->held_capacity * sizeof(HeldReport));
	}
	transaction->held[transaction->held_count++] = (HeldReport){ticket, count};
}

void
kafka_transaction_end(KafkaTransaction *transaction, bool commit)
{
	transaction->commits = commit;
	transaction->state = SINK_TRANSACTION_ENDING;
	atomic_store(&transaction->done, false);
	sem_post(&transaction->wanted);
}

SinkTransaction
kafka_transaction_state(const KafkaTransaction *transaction)
{
	return transaction->state;
}

bool
kafka_transaction_poll(KafkaTransaction *transaction, SinkReport report, void *arg, Error *error)
{
	rd_kafka_error_t *failure;

	if (transaction->state != SINK_TRANSACTION_ENDING || !atomic_load(&transaction->done))
		return true;
	failure = transaction->failure;
	transaction->failure = NULL;
	if (failure != NULL)
		(void) fail(transaction, failure,
					transaction->commits ? "commit a Kafka transaction" : "abort a Kafka transaction",
					&transaction->broken);
	if (transaction->broken.kind != ERROR_NONE)
	{
		*error = transaction->broken;
		return false;
	}
	for (size_t i = 0; i < transaction->held_count && transaction->commits; i++)
		report(arg, transaction->held[i].ticket, transaction->held[i].count);
	transaction->held_count = 0;
	transaction->state = SINK_TRANSACTION_NONE;
	return true;
}

void
kafka_transaction_take_back(KafkaTransaction *transaction, rd_kafka_queue_t *queue, int timeout_ms)
{
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;
	rd_kafka_event_t *event;

	if (transaction->state != SINK_TRANSACTION_OPEN ||
		rd_kafka_fatal_error(transaction->producer, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	kafka_transaction_end(transaction, false);
	while (!atomic_load(&transaction->done) && clock_monotonic_ms() < end_ms)
		if ((event = rd_kafka_queue_poll(queue, POLL_MS)) != NULL)
			rd_kafka_event_destroy(event);
}
