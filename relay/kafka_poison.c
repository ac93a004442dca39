/*
 * kafka_poison.c
 *	  A short list; a record outside of the WAL that it speaks of costs two
 *	  comparisons.
 */
#include "kafka_poison.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "memory.h"

/* One more, and the cause is not single records. */
#define POISON_MAX 1000

typedef struct PoisonRecord
{
	char *topic;
	Bytes key; /* ours; data NULL: null */
	size_t value_size;
	uint64_t first_lsn; /* it comes from between these two */
	uint64_t last_lsn;
	rd_kafka_resp_err_t code;
} PoisonRecord;

struct KafkaPoison
{
	PoisonRecord *records;
	size_t count;
	uint64_t first_lsn; /* of all */
	uint64_t last_lsn;
};

KafkaPoison *
kafka_poison_new(void)
{
	return bytes_alloc_zero(1, sizeof(KafkaPoison));
}

void
kafka_poison_free(KafkaPoison *poison)
{
	if (poison == NULL)
		return;
	for (size_t i = 0; i < poison->count; i++)
	{
		free(poison->records[i].topic);
		free((void *) poison->records[i].key.data);
	}
	free(poison->records);
	free(poison);
}

static bool
same_bytes(Bytes left, Bytes right)
{
	if (left.data == NULL || right.data == NULL)
		return left.data == right.data;
	return left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

static const PoisonRecord *
find(const KafkaPoison *poison, const RefusedRecord *record)
{
	for (size_t i = 0; i < poison->count; i++)
	{
		const PoisonRecord *known = &poison->records[i];
		bool here = record->last_source_lsn == 0 ||
					(record->first_source_lsn <= known->last_lsn && record->last_source_lsn >= known->first_lsn);

		if (here && known->value_size == record->value.size && same_bytes(known->key, record->key) &&
			strcmp(known->topic, record->topic) == 0)
			return known;
	}
	return NULL;
}

bool
kafka_poison_add(KafkaPoison *poison, const RefusedRecord *refused)
{
	PoisonRecord record = {
		.topic = memory_strdup(refused->topic),
		.value_size = refused->value.size,
		.first_lsn = refused->first_source_lsn,
		.last_lsn = refused->last_source_lsn,
		.code = refused->code,
	};

	if (poison->count == POISON_MAX || refused->last_source_lsn == 0 || find(poison, refused) != NULL)
	{
		free(record.topic);
		return false;
	}
	if (refused->key.data != NULL)
		record.key = (Bytes){bytes_copy_text(refused->key.data, refused->key.size), refused->key.size};
	if (poison->count == 0 || record.first_lsn < poison->first_lsn)
		poison->first_lsn = record.first_lsn;
	if (record.last_lsn > poison->last_lsn)
		poison->last_lsn = record.last_lsn;
	poison->records = bytes_realloc(poison->records, (poison->count + 1) * sizeof(PoisonRecord));
	poison->records[poison->count++] = record;
	return true;
}

rd_kafka_resp_err_t
kafka_poison_find(const KafkaPoison *poison, const RefusedRecord *record)
{
	const PoisonRecord *known;

	if (record->last_source_lsn != 0 &&
		(record->last_source_lsn > poison->last_lsn || record->first_source_lsn < poison->first_lsn))
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	known = poison->count > 0 ? find(poison, record) : NULL;
	return known != NULL ? known->code : RD_KAFKA_RESP_ERR_NO_ERROR;
}
