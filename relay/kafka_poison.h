/*
 * kafka_poison.h
 *	  Exactly once: records that brokers refused, and with them the transaction
 *	  that they stood in.
 *
 * errors.tolerance=all lets them go when they come again, before they are sent,
 * so that the rest of their transaction arrives.  They are known by topic, key,
 * size of the value and place in the WAL; rows of snapshots, which may be read
 * again at another place, by the first three.
 */
#ifndef KAFKA_POISON_H
#define KAFKA_POISON_H

#include "kafka_refusal.h"

typedef struct KafkaPoison KafkaPoison;

extern KafkaPoison *kafka_poison_new(void);
extern void kafka_poison_free(KafkaPoison *poison);

/*
 * Remembers.  False: starting over is of no use, since it is known and came
 * nevertheless, or too many are known.
 */
extern bool kafka_poison_add(KafkaPoison *poison, const RefusedRecord *refused) MUST_CHECK;

/*
 * Why brokers refused a record that is about to be sent; NO_ERROR: they did
 * not.  its source LSN 0: of a snapshot.
 */
extern rd_kafka_resp_err_t kafka_poison_find(const KafkaPoison *poison, const RefusedRecord *record);

#endif
