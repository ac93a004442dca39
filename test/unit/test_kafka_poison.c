/*
 * test_kafka_poison.c
 *	  Which records are known as those that brokers have refused, and where
 *	  those of a ticket come from.
 */
#include "unit.h"

#include <stdlib.h>

#include "bytes.h"
#include "kafka_poison.h"
#include "kafka_sources.h"

static RefusedRecord
record(const char *topic, const char *key, size_t value_size, uint64_t first_lsn, uint64_t last_lsn)
{
	return (RefusedRecord){.topic = topic,
						   .code = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
						   .key = {key, key != NULL ? strlen(key) : 0},
						   .value = {"", value_size},
						   .first_source_lsn = first_lsn,
						   .last_source_lsn = last_lsn};
}

static bool
is_known(const KafkaPoison *poison, const char *topic, const char *key, size_t value_size, uint64_t lsn)
{
	const RefusedRecord sought = record(topic, key, value_size, lsn, lsn);

	return kafka_poison_find(poison, &sought) == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
}

static void
test_known(void)
{
	KafkaPoison *poison = kafka_poison_new();
	RefusedRecord one = record("t", "{\"id\":1}", 500, 100, 200);
	RefusedRecord keyless = record("t", NULL, 70, 300, 300);

	unit_ok(!is_known(poison, "t", "{\"id\":1}", 500, 150), "nothing is known at first");
	unit_ok(!is_known(poison, "t", "{\"id\":1}", 500, 0), "nor of a snapshot");
	unit_ok(kafka_poison_add(poison, &one) && kafka_poison_add(poison, &keyless), "two are remembered");
	unit_ok(is_known(poison, "t", "{\"id\":1}", 500, 100) && is_known(poison, "t", "{\"id\":1}", 500, 200),
			"known where its transaction is");
	unit_ok(!is_known(poison, "t", "{\"id\":1}", 500, 99) && !is_known(poison, "t", "{\"id\":1}", 500, 201),
			"not before and behind");
	unit_ok(!is_known(poison, "t", "{\"id\":1}", 501, 150), "nor of another size");
	unit_ok(!is_known(poison, "t", "{\"id\":2}", 500, 150) && !is_known(poison, "t", NULL, 500, 150),
			"nor with another key, or none");
	unit_ok(!is_known(poison, "u", "{\"id\":1}", 500, 150), "nor for another topic");
	unit_ok(is_known(poison, "t", NULL, 70, 300) && !is_known(poison, "t", "", 70, 300), "no key is not an empty one");
	unit_ok(is_known(poison, "t", "{\"id\":1}", 500, 0), "a snapshot reads it again wherever it is");
	kafka_poison_free(poison);
}

/* Whoever starts over for them must come to an end. */
static void
test_no_use(void)
{
	KafkaPoison *poison = kafka_poison_new();
	RefusedRecord one = record("t", "k", 500, 100, 200);
	RefusedRecord nowhere = record("t", "k", 500, 0, 0);
	char key[16];
	int added = 0;

	unit_ok(kafka_poison_add(poison, &one) && !kafka_poison_add(poison, &one), "one that is known and comes again");
	unit_ok(!kafka_poison_add(poison, &nowhere), "one from nowhere");
	for (int i = 0; i < 5000; i++)
	{
		RefusedRecord next;

		snprintf(key, sizeof(key), "%d", i);
		next = record("t", key, 500, 100, 200);
		added += kafka_poison_add(poison, &next);
	}
	unit_ok(added > 100 && added < 5000, "no more than so many: %d", added);
	kafka_poison_free(poison);
}

static bool
stands_at(const TicketSource *sources, uint64_t ticket, uint64_t first_lsn, uint64_t last_lsn)
{
	RefusedRecord refused = record("t", "k", 1, 0, 0);

	kafka_sources_fill(sources, ticket, &refused);
	return refused.first_source_lsn == first_lsn && refused.last_source_lsn == last_lsn;
}

/* What is not known where it stands cannot be let go: the relay's own records must not hide the place of others. */
static void
test_places(void)
{
	TicketSource *sources = bytes_alloc_zero(REMEMBERED_TICKETS, sizeof(TicketSource));

	kafka_sources_remember(sources, REMEMBERED_TICKETS, 100);
	kafka_sources_remember(sources, REMEMBERED_TICKETS, 200);
	unit_ok(stands_at(sources, REMEMBERED_TICKETS, 100, 200), "first and last place of a ticket");
	kafka_sources_remember(sources, REMEMBERED_TICKETS, 0);
	unit_ok(stands_at(sources, REMEMBERED_TICKETS, 100, 200), "a record without a place, such as state of signals");
	kafka_sources_remember(sources, 0, 300);
	unit_ok(stands_at(sources, REMEMBERED_TICKETS, 100, 200), "a record without a ticket, such as progress");
	unit_ok(stands_at(sources, 0, 0, 0) && stands_at(sources, 1, 0, 0), "tickets that are not known");
	kafka_sources_remember(sources, 2 * REMEMBERED_TICKETS, 400);
	unit_ok(stands_at(sources, REMEMBERED_TICKETS, 0, 0), "one that is forgotten");
	free(sources);
}

int
main(void)
{
	test_known();
	test_no_use();
	test_places();
	return unit_done();
}
