/*
 * kafka_transaction.h
 *	  Transactions of a producer, ended by a thread.
 *
 * librdkafka's rd_kafka_commit_transaction() blocks until the brokers have
 * answered, and meanwhile PostgreSQL wants status updates: so another thread
 * makes the call.  Delivery reports of an open transaction say nothing yet;
 * their tickets are held here until it is committed.
 *
 * One that fails anywhere is never ended a second time: the caller makes a new
 * producer, whose fence takes it back or finds it committed (librdkafka cannot
 * tell which, it has no KIP-890).
 *
 * No transaction of which a record failed is ever committed.  librdkafka (2.0.2,
 * 2.8.0 and 2.14.2 were read) counts each record that failed or was purged before
 * it reports it, looks at that count in the commit, once nothing is in flight any
 * more, and then refuses instead of sending the end; it purges only after the
 * transaction is in a state that refuses a commit, too.  And only
 * kafka_transaction_end() begins one, behind a record of progress that a failed
 * transaction does not take.  What then takes the transaction back is
 * kafka_transaction_take_back(), if it is still open; else the next fence, or the
 * brokers when transaction.timeout.ms is over.
 */
#ifndef KAFKA_TRANSACTION_H
#define KAFKA_TRANSACTION_H

#include <librdkafka/rdkafka.h>

#include "config.h"
#include "error.h"
#include "sink.h"

typedef struct KafkaTransaction KafkaTransaction;

/* transaction.timeout.ms as configured, or our default: milliseconds. */
extern int kafka_transaction_timeout_ms(const Config *config, bool for_snapshot);

/* Makes conf that of a transactional producer. */
extern bool kafka_transaction_configure(rd_kafka_conf_t *conf, const Config *config, const SinkIdentity *identity,
										Error *error) MUST_CHECK;

/*
 * producer is borrowed, and must outlive this.  wake_fd, an eventfd, is
 * written when an end is done.  NULL: *error is set.
 */
extern KafkaTransaction *kafka_transaction_new(rd_kafka_t *producer, int wake_fd, Error *error) MUST_CHECK;
/* Waits for the thread, at most a quarter of a second. NULL is allowed. */
extern void kafka_transaction_free(KafkaTransaction *transaction);

/* See SinkMethods; once, before anything else. ERROR_RETRY: brokers away, or a stop is requested. */
extern bool kafka_transaction_fence(KafkaTransaction *transaction, int timeout_ms, Error *error) MUST_CHECK;

/* SINK_OK: one is open, and the producer may be handed a record. SINK_FULL: one is ending. */
extern SinkResult kafka_transaction_open(KafkaTransaction *transaction, Error *error);
/* Keeps reports of the open transaction. */
extern void kafka_transaction_hold(KafkaTransaction *transaction, uint64_t ticket, uint64_t count);
/* Begins to end the open transaction: by commit, or taking all back. */
extern void kafka_transaction_end(KafkaTransaction *transaction, bool commit);
extern SinkTransaction kafka_transaction_state(const KafkaTransaction *transaction);
/* Has an end come about? Then what was held is reported, if it was a commit. False: it failed. */
extern bool kafka_transaction_poll(KafkaTransaction *transaction, SinkReport report, void *arg,
								   Error *error) MUST_CHECK;
/*
 * Before the producer goes: an open transaction is taken back, so that its
 * readers need not wait.  One whose outcome is open is left to the next fence.
 * Drops the events of queue, and waits at most timeout_ms.
 */
extern void kafka_transaction_take_back(KafkaTransaction *transaction, rd_kafka_queue_t *queue, int timeout_ms);
/* The reason why a producer in an open transaction takes nothing any more. Returns false. */
extern bool kafka_transaction_broken(KafkaTransaction *transaction, Error *error);
/* A LOG event: remembered if it names a partition that brokers do not let into the transaction, which no error does. */
extern void kafka_transaction_note_log(KafkaTransaction *transaction, rd_kafka_event_t *event);

#endif
