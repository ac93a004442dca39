/*-------------------------------------------------------------------------
 *
 * session.c
 *	  See session.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "utils/memutils.h"

#include "session.h"

/* A UUID of version 7: 48 bits of milliseconds, then random ones. */
static char *
new_run_id(void)
{
	struct timespec now;
	uint8 bytes[16];
	uint64 ms;
	char *text = palloc(37);
	char *at = text;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8) (ms >> (8 * (5 - i)));
	bytes[6] = 0x70 | (bytes[6] & 0x0F);
	bytes[8] = 0x80 | (bytes[8] & 0x3F);
	for (int i = 0; i < 16; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += sprintf(at, "%02x", bytes[i]);
	}
	return text;
}

Session *
session_new(MemoryContext parent, const PluginOptions *options, bool snapshot, BatchOutput output, void *arg)
{
	MemoryContext context = AllocSetContextCreate(parent, "wal2debezium session", ALLOCSET_DEFAULT_SIZES);
	MemoryContext previous = MemoryContextSwitchTo(context);
	Session *session = palloc0(sizeof(Session));
	const char *run_id = option_text(options, RUN_ID) ? option_text(options, RUN_ID) : new_run_id();
	RecordWriter *records;

	session->context = context;
	session->event = AllocSetContextCreate(context, "wal2debezium event", ALLOCSET_DEFAULT_SIZES);
	session->options = options;
	session->filter = table_filter_new(options);
	session->batch = batch_new(context, options, run_id, output, arg);
	records = record_writer_new(context, options, session->batch, run_id);
	session->txn = txn_state_new(context, options, session->batch, records);
	session->envelope = envelope_new(context, options, session->batch, session->txn, run_id);
	session->inputs.options = options;
	session->inputs.filter = session->filter;
	session->inputs.dictionary = batch_dictionary(session->batch);
	session->inputs.records = records != NULL;
	session->inputs.snapshot = snapshot;
	session->inputs.publication_missing_reported = &session->publication_missing_reported;
	session->cache = relation_cache_new(context, &session->inputs);
	MemoryContextSwitchTo(previous);
	return session;
}
