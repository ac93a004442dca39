/*-------------------------------------------------------------------------
 *
 * output_plugin.c
 *	  The callbacks of logical decoding.
 *
 * Decides what a change is and whether it counts; how it looks is decided in
 * envelope.c and below.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupconvert.h"
#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "replication/walsender.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "frame_pack.h"
#include "pg_compat.h"
#include "session.h"
#include "signal_mark.h"

PG_MODULE_MAGIC;

/* How many changes may pass without a word to the client (pgoutput's number). */
#define SILENT_CHANGES 100

/* A frame or line is complete. In SQL, text must be in the server's encoding. */
static void
write_output(void *arg, const char *bytes, Size size, bool last)
{
	LogicalDecodingContext *ctx = arg;
	Session *session = ctx->output_plugin_private;
	const char *text = bytes;

	if (session->pack != NULL)
	{
		frame_pack_write(session->pack, bytes, size, last);
		return;
	}
	if (!am_walsender && ctx->options.output_type == OUTPUT_PLUGIN_TEXTUAL_OUTPUT)
	{
		text = pg_any_to_server(bytes, size, PG_UTF8);
		if (text != bytes)
			size = strlen(text);
	}
	OutputPluginPrepareWrite(ctx, true);
	appendBinaryStringInfo(ctx->out, text, size);
	OutputPluginWrite(ctx, true);
}

static void
decode_startup(LogicalDecodingContext *ctx, OutputPluginOptions *output, bool is_init)
{
	MemoryContext previous = CurrentMemoryContext;
	PluginOptions *options;
	Session *session;
	bool own_transaction = !IsTransactionState();

	output->output_type = OUTPUT_PLUGIN_TEXTUAL_OUTPUT;
	if (is_init) /* a slot is created: there are no options, and nothing is decoded */
		return;
	/* START_REPLICATION has no transaction; the database's name and encoding conversions need one */
	if (own_transaction)
		StartTransactionCommand();
	MemoryContextSwitchTo(ctx->context);
	options = options_from_list(ctx->output_plugin_options, get_database_name(MyDatabaseId));
	if (option_number(options, FORMAT) == FORMAT_FRAMES)
		output->output_type = OUTPUT_PLUGIN_BINARY_OUTPUT;
	session = session_new(ctx->context, options, false, write_output, ctx);
	/* am_walsender is also set for SQL over such a connection, which waits nowhere; update_progress is not */
	if (am_walsender && ctx->update_progress != NULL && option_number(options, FORMAT) == FORMAT_FRAMES &&
		option_bool(options, PACKS))
		session->pack = frame_pack_new(ctx, session->context);
	ctx->output_plugin_private = session;
	if (own_transaction)
		CommitTransactionCommand();
	MemoryContextSwitchTo(previous);
}

static void
decode_begin(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	/* the first published change opens the transaction */
}

/* Lets the walsender speak now and then while nothing is written. */
static void
keep_client_informed(LogicalDecodingContext *ctx, Session *session)
{
	if (++session->silent_changes < SILENT_CHANGES)
		return;
	session->silent_changes = 0;
	if (session->pack != NULL)
		frame_pack_flush(session->pack);
	compat_update_progress(ctx);
}

/* A change on its way from the reorder buffer to the envelope. */
typedef struct RowChange
{
	ReorderBufferChangeType action;
	Relation rel;
	RelationSchema *schema;
	HeapTuple old;
	HeapTuple row;
	XLogRecPtr lsn;
} RowChange;

static void
write_change(Session *session, const RowChange *change)
{
	switch (change->action)
	{
		case REORDER_BUFFER_CHANGE_INSERT:
			envelope_insert(session->envelope, change->schema, change->rel, change->row, change->lsn);
			break;
		case REORDER_BUFFER_CHANGE_UPDATE:
			envelope_update(session->envelope, change->schema, change->rel, change->old, change->row, change->lsn);
			break;
		case REORDER_BUFFER_CHANGE_DELETE:
			envelope_delete(session->envelope, change->schema, change->rel, change->old, change->lsn);
			break;
		default:
			elog(ERROR, "unexpected change action %d", change->action);
	}
}

static uint32
change_operation(ReorderBufferChangeType action)
{
	if (action == REORDER_BUFFER_CHANGE_INSERT)
		return SKIP_CREATE;
	return action == REORDER_BUFFER_CHANGE_UPDATE ? SKIP_UPDATE : SKIP_DELETE;
}

/*
 * The publication's WHERE: an update that moves a row in or out becomes an
 * insert or a delete (pgoutput_row_filter()).
 */
static bool
passes_row_filter(RowChange *change)
{
	RowFilter *filter = change->schema->row_filter;
	bool old_matches;
	bool row_matches;

	if (filter == NULL)
		return true;
	old_matches = change->old != NULL && row_filter_matches(filter, change->old, NULL);
	row_matches = change->row != NULL && row_filter_matches(filter, change->row, change->old);
	if (change->action != REORDER_BUFFER_CHANGE_UPDATE || change->old == NULL)
		return old_matches || row_matches;
	if (old_matches && !row_matches)
		change->action = REORDER_BUFFER_CHANGE_DELETE;
	else if (!old_matches && row_matches)
		change->action = REORDER_BUFFER_CHANGE_INSERT;
	return old_matches || row_matches;
}

/* A row of the table of signals; whether its own record was skipped does not matter. */
static void
mark_signal(Session *session, const RowChange *change)
{
	RowWriter rows = {.options = session->options, .batch = session->batch};
	SignalPlace place = {.rows = &rows, .source = session->txn->source, .lsn = change->lsn};

	if (change->action == REORDER_BUFFER_CHANGE_INSERT)
		signal_mark_insert(&place, change->schema, change->rel, change->row);
	else if (change->action == REORDER_BUFFER_CHANGE_DELETE && change->old != NULL)
		signal_mark_delete(&place, change->schema, change->rel, change->old);
}

static void
decode_row(Session *session, ReorderBufferTXN *txn, RowChange *change)
{
	/* WAL of a time when the table was not logged logically has no new tuple */
	if (change->row == NULL && change->action != REORDER_BUFFER_CHANGE_DELETE)
		return;
	if (!passes_row_filter(change))
		return;
	txn_open(session->txn, txn, change->lsn);
	if (change->schema->reason != NULL)
		return;
	write_change(session, change);
	if (unlikely(change->schema->signals))
		mark_signal(session, change);
}

static HeapTuple
convert_row(HeapTuple row, Relation from, Relation to, AttrMap *map)
{
	TupleConversionMap conversion = {.indesc = RelationGetDescr(from), .outdesc = RelationGetDescr(to), .attrMap = map};
	int in = RelationGetDescr(from)->natts + 1; /* +1 for the NULL that index 0 stands for */
	int out = RelationGetDescr(to)->natts;

	conversion.invalues = palloc(in * sizeof(Datum));
	conversion.inisnull = palloc(in * sizeof(bool));
	conversion.outvalues = palloc(out * sizeof(Datum));
	conversion.outisnull = palloc(out * sizeof(bool));
	conversion.invalues[0] = (Datum) 0;
	conversion.inisnull[0] = true;
	return execute_attr_map_tuple(row, &conversion);
}

/* A partition's row under the schema of its partitioned table. */
static void
decode_as_root(Session *session, ReorderBufferTXN *txn, RowChange *change)
{
	AttrMap *map = change->schema->map;
	Relation leaf = change->rel;
	Relation root = RelationIdGetRelation(change->schema->publish_as);

	if (!RelationIsValid(root))
		elog(ERROR, "could not open relation with OID %u", change->schema->publish_as);
	if (map != NULL)
	{
		change->old = change->old ? convert_row(change->old, leaf, root, map) : NULL;
		change->row = change->row ? convert_row(change->row, leaf, root, map) : NULL;
	}
	change->rel = root;
	change->schema = relation_cache_get(session->cache, root);
	decode_row(session, txn, change);
	RelationClose(root);
}

static void
decode_published(Session *session, ReorderBufferTXN *txn, Relation rel, RelationSchema *schema,
				 ReorderBufferChange *change)
{
	MemoryContext previous = MemoryContextSwitchTo(session->event);
	RowChange row = {
		.action = change->action,
		.rel = rel,
		.schema = schema,
		.old = compat_old_tuple(change),
		.row = compat_new_tuple(change),
		.lsn = change->lsn,
	};

	if (schema->publish_as == schema->relid)
		decode_row(session, txn, &row);
	else
		decode_as_root(session, txn, &row);
	MemoryContextSwitchTo(previous);
	MemoryContextReset(session->event);
}

/* Nothing comes of the table's rows, which can only open their transaction. */
static inline bool
only_opens(const RelationSchema *schema)
{
	return schema->reason != NULL && schema->publish_as == schema->relid;
}

static void
decode_change(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, Relation rel, ReorderBufferChange *change)
{
	Session *session = ctx->output_plugin_private;
	RelationSchema *schema = relation_cache_get(session->cache, rel);

	/* what is left out costs no more than this */
	if ((schema->published & change_operation(change->action)) && !(session->txn->open && only_opens(schema)))
		decode_published(session, txn, rel, schema, change);
	keep_client_informed(ctx, session);
}

static void
decode_truncate(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, int count, Relation rels[],
				ReorderBufferChange *change)
{
	Session *session = ctx->output_plugin_private;
	MemoryContext previous = MemoryContextSwitchTo(session->event);

	for (int i = 0; i < count; i++)
	{
		RelationSchema *schema = relation_cache_get(session->cache, rels[i]);

		/* of partitions published as their partitioned table, that one is in the list as well */
		if (!(schema->published & SKIP_TRUNCATE) || schema->publish_as != schema->relid)
			continue;
		txn_open(session->txn, txn, change->lsn);
		if (schema->reason == NULL)
			envelope_truncate(session->envelope, schema, change->lsn);
	}
	MemoryContextSwitchTo(previous);
	MemoryContextReset(session->event);
}

static void
decode_commit(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr commit_lsn)
{
	Session *session = ctx->output_plugin_private;
	MemoryContext previous = MemoryContextSwitchTo(session->event);
	bool written = txn_close(session->txn, txn);

	MemoryContextSwitchTo(previous);
	MemoryContextReset(session->event);
	session->silent_changes = 0;
	OutputPluginUpdateProgress(ctx, !written);
}

/* What stands in a logical message's prefix, as UTF-8. */
static const char *
utf8_prefix(const char *prefix)
{
	Size size;
	const char *utf8 = text_to_utf8(prefix, strlen(prefix), &size);

	if (utf8 == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("prefix of a logical message is not valid in encoding \"%s\"", GetDatabaseEncodingName())));
	return pnstrdup(utf8, size);
}

static void
decode_message(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr lsn, bool transactional,
			   const char *prefix, Size size, const char *content)
{
	Session *session = ctx->output_plugin_private;
	MemoryContext previous = MemoryContextSwitchTo(session->event);
	const char *name = utf8_prefix(prefix);

	if (transactional)
		txn_open(session->txn, txn, lsn);
	else
		txn_message(session->txn, lsn);
	if (strcmp(name, SIGNAL_PREFIX) == 0)
	{
		RowWriter rows = {.options = session->options, .batch = session->batch};
		SignalPlace place = {.rows = &rows, .source = session->txn->source, .lsn = lsn};

		if (transactional)
			signal_mark_message(&place, content, size);
	}
	else if (filter_captures_message(session->filter, name))
		envelope_message(session->envelope, name, content, size, lsn);
	if (!transactional)
		batch_commit(session->batch);
	MemoryContextSwitchTo(previous);
	MemoryContextReset(session->event);
}

void
_PG_output_plugin_init(OutputPluginCallbacks *callbacks)
{
	callbacks->startup_cb = decode_startup;
	callbacks->begin_cb = decode_begin;
	callbacks->change_cb = decode_change;
	callbacks->truncate_cb = decode_truncate;
	callbacks->commit_cb = decode_commit;
	callbacks->message_cb = decode_message;
}
