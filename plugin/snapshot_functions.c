/*-------------------------------------------------------------------------
 *
 * snapshot_functions.c
 *	  Rows of a table as "r" records, by the encoder that decoding uses.
 *
 * snapshot_frames() returns a frame per call and must stand in a target list:
 * in FROM all frames would be spooled first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "frame_format.h"
#include "session.h"
#include "sql_options.h"

/* One running snapshot_frames() or snapshot_lines() call. */
typedef struct SnapshotRead
{
	Session *session;
	RelationSchema *schema;
	Relation rel;
	TableScanDesc scan;
	TupleTableSlot *slot;
	XLogRecPtr lsn;
	uint64 rows;
	bool done;			  /* the table is read */
	StringInfoData ready; /* a frame or line to return; len 0: none */
} SnapshotRead;

PG_FUNCTION_INFO_V1(wal2debezium_snapshot_frames);
PG_FUNCTION_INFO_V1(wal2debezium_snapshot_lines);

static void
keep_output(void *arg, const char *bytes, Size size, bool last)
{
	SnapshotRead *read = arg;

	appendBinaryStringInfo(&read->ready, bytes, size);
}

static void
check_privileges(Relation rel)
{
	Oid relid = RelationGetRelid(rel);

	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relid, GetUserId(), ACL_SELECT, ACLMASK_ALL) != ACLCHECK_OK)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied to read table \"%s\"", RelationGetRelationName(rel)),
						errhint("GRANT SELECT ON %s TO %s.",
								quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
														   RelationGetRelationName(rel)),
								quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	if (check_enable_rls(relid, InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("row security would hide rows of table \"%s\"", RelationGetRelationName(rel)),
						errhint("Read as the owner of the table or as a role with BYPASSRLS.")));
}

static void
check_kind(Relation rel)
{
	if (rel->rd_rel->relkind != RELKIND_RELATION && rel->rd_rel->relkind != RELKIND_MATVIEW)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is not a table with rows of its own", RelationGetRelationName(rel)),
						errhint("Of a partitioned table, read the partitions.")));
}

/* What stands in "source" and in the frames' headers. */
static void
begin_records(SnapshotRead *read, const PluginOptions *options)
{
	BatchTransaction transaction = {.flags = FRAME_SNAPSHOT};
	SourceInfo info = {.snapshot = true};
	XLogRecPtr now = RecoveryInProgress() ? GetXLogReplayRecPtr(NULL) : GetXLogWriteRecPtr();

	read->lsn = option_decimal(options, OPT_SNAPSHOT_LSN, now);
	info.txid = option_decimal(options, OPT_SNAPSHOT_TXID, 0);
	info.time_us =
		(int64) option_decimal(options, OPT_SNAPSHOT_TS, unix_microseconds(GetCurrentTransactionStartTimestamp()));
	transaction.commit_lsn = transaction.end_lsn = read->lsn;
	transaction.commit_time = info.time_us;
	batch_transaction(read->session->batch, &transaction);
	source_block_set(read->session->txn->source, &info);
}

static void
end_scan(Datum arg)
{
	SnapshotRead *read = (SnapshotRead *) DatumGetPointer(arg);

	if (read->scan == NULL)
		return;
	table_endscan(read->scan);
	ExecDropSingleTupleTableSlot(read->slot);
	table_close(read->rel, AccessShareLock);
	read->scan = NULL;
}

static SnapshotRead *
begin_read(FunctionCallInfo fcinfo, Oid relid, PluginOptions *options)
{
	SnapshotRead *read = palloc0(sizeof(SnapshotRead));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	read->rel = table_open(relid, AccessShareLock);
	check_kind(read->rel);
	check_privileges(read->rel);
	initStringInfo(&read->ready);
	read->session = session_new(CurrentMemoryContext, options, true, keep_output, read);
	read->schema = relation_cache_get(read->session->cache, read->rel);
	if (read->schema->reason != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("table \"%s\" is not captured: %s", relation_schema_name(read->schema), read->schema->reason)));
	begin_records(read, options);
	read->slot = table_slot_create(read->rel, NULL);
	read->scan = table_beginscan_strat(read->rel, GetActiveSnapshot(), 0, NULL, true, false);
	RegisterExprContextCallback(result->econtext, end_scan, PointerGetDatum(read));
	return read;
}

/* Encodes rows until a frame or line is ready or the table ends. */
static void
read_rows(SnapshotRead *read)
{
	Session *session = read->session;
	MemoryContext previous = CurrentMemoryContext;

	resetStringInfo(&read->ready);
	while (read->ready.len == 0 && !read->done)
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(session->event);
		if (table_scan_getnextslot(read->scan, ForwardScanDirection, read->slot))
		{
			slot_getallattrs(read->slot);
			envelope_read(session->envelope, read->schema, read->rel, read->slot->tts_values, read->slot->tts_isnull,
						  read->lsn);
			read->rows++;
		}
		else
		{
			read->done = true;
			batch_chunk(session->batch, read->schema->relation, FRAME_NO_BLOCK, read->rows);
			batch_flush(session->batch);
		}
		MemoryContextSwitchTo(previous);
		MemoryContextReset(session->event);
	}
}

/* The next frame or line, or false at the end of the table. */
static bool
next_output(FunctionCallInfo fcinfo, const char *format, FuncCallContext **call_out, SnapshotRead **read_out)
{
	FuncCallContext *call;
	SnapshotRead *read;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext previous;

		call = SRF_FIRSTCALL_INIT();
		previous = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		call->user_fctx = begin_read(fcinfo, PG_GETARG_OID(0), options_from_array(PG_GETARG_ARRAYTYPE_P(1), format));
		MemoryContextSwitchTo(previous);
	}
	*call_out = call = SRF_PERCALL_SETUP();
	*read_out = read = call->user_fctx;
	read_rows(read);
	if (read->ready.len > 0)
		return true;
	end_scan(PointerGetDatum(read));
	return false;
}

Datum
wal2debezium_snapshot_frames(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	SnapshotRead *read;

	if (!next_output(fcinfo, "frames", &call, &read))
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, PointerGetDatum(cstring_to_text_with_len(read->ready.data, read->ready.len)));
}

Datum
wal2debezium_snapshot_lines(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	SnapshotRead *read;

	if (!next_output(fcinfo, "json", &call, &read))
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, CStringGetTextDatum(pg_any_to_server(read->ready.data, read->ready.len, PG_UTF8)));
}
