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

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_am.h"
#include "executor/spi.h"
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
#include "snapshot_horizon.h"
#include "sql_options.h"

/* From here on a frame ends with its block: less would cost calls, more memory. */
#define FRAME_BLOCK_END (FRAME_TARGET_SIZE / 2)

/* Which rows of a table are wanted when a snapshot goes on under a later one; see docs/architecture.md. */
typedef enum RowChoice
{
	ROWS_ALL,
	ROWS_SEEN,			  /* by the earlier snapshot */
	ROWS_SEEN_OR_UPDATED, /* and new versions of rows */
	ROWS_UPDATED,		  /* new versions only */
} RowChoice;

/* One running call. */
typedef struct SnapshotRead
{
	Session *session;
	RelationSchema *schema;
	Relation rel;
	TableScanDesc scan;
	TupleTableSlot *slot;
	XLogRecPtr lsn;
	uint64 rows;
	BlockNumber block; /* at work; InvalidBlockNumber: none yet */
	RowChoice choice;
	SnapshotHorizon *horizon;
	bool done;			  /* the range is read */
	ExprContext *query;	  /* ends the scan if the query ends first */
	StringInfoData ready; /* a frame or line to return; len 0: none */

	/* of a query instead of a scan */
	char *portal; /* NULL: a scan */
	int *columns; /* which of the query's stands for each attribute; 0: none */
	Datum *values;
	bool *nulls;
} SnapshotRead;

PG_FUNCTION_INFO_V1(wal2debezium_snapshot_frames);
PG_FUNCTION_INFO_V1(wal2debezium_snapshot_blocks);
PG_FUNCTION_INFO_V1(wal2debezium_snapshot_query);
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

/* What Debezium's snapshots read: no views, no foreign tables (PostgresConnection.getAllTableIds). */
static void
check_kind(Relation rel)
{
	char kind = rel->rd_rel->relkind;

	if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW && kind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is not a table with rows of its own", RelationGetRelationName(rel))));
}

/* Rows that are to be let out amid the stream, and look like it. */
static bool
is_incremental(const PluginOptions *options)
{
	return option_number(options, SNAPSHOT_KIND) == SNAPSHOT_INCREMENTAL &&
		   option_number(options, FORMAT) == FORMAT_FRAMES;
}

/* What stands in "source" and in the frames' headers. */
static void
begin_records(SnapshotRead *read, const PluginOptions *options)
{
	BatchTransaction transaction = {.flags = FRAME_SNAPSHOT};
	SourceInfo info = {.snapshot = true, .incremental = is_incremental(options)};
	TimestampTz clock = info.incremental ? GetCurrentTimestamp() : GetCurrentTransactionStartTimestamp();
	XLogRecPtr now = RecoveryInProgress() ? GetXLogReplayRecPtr(NULL) : GetXLogWriteRecPtr();

	read->lsn = option_decimal(options, OPT_SNAPSHOT_LSN, now);
	info.txid = option_decimal(options, OPT_SNAPSHOT_TXID, 0);
	info.last_commit = option_decimal(options, OPT_LAST_COMMIT_LSN, 0);
	info.time_us = (int64) option_decimal(options, OPT_SNAPSHOT_TS, unix_microseconds(clock));
	transaction.commit_lsn = transaction.end_lsn = read->lsn;
	transaction.commit_time = info.time_us;
	batch_transaction(read->session->batch, &transaction);
	source_block_set(read->session->txn->source, &info);
}

static void
end_scan(Datum arg)
{
	SnapshotRead *read = (SnapshotRead *) DatumGetPointer(arg);

	if (read->rel == NULL)
		return;
	if (read->scan != NULL)
	{
		table_endscan(read->scan);
		ExecDropSingleTupleTableSlot(read->slot);
	}
	table_close(read->rel, AccessShareLock);
	read->scan = NULL;
	read->rel = NULL;
}

/* The table, judged and described. */
static SnapshotRead *
open_table(FunctionCallInfo fcinfo, Oid relid, PluginOptions *options)
{
	SnapshotRead *read = palloc0(sizeof(SnapshotRead));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	read->block = InvalidBlockNumber;
	read->rel = table_open(relid, AccessShareLock);
	check_kind(read->rel);
	check_privileges(read->rel);
	initStringInfo(&read->ready);
	read->session = session_new(CurrentMemoryContext, options, !is_incremental(options), keep_output, read);
	read->schema = relation_cache_get(read->session->cache, read->rel);
	if (read->schema->reason != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("table \"%s\" is not captured: %s", relation_schema_name(read->schema), read->schema->reason)));
	begin_records(read, options);
	read->query = result->econtext;
	RegisterExprContextCallback(read->query, end_scan, PointerGetDatum(read));
	return read;
}

static SnapshotRead *
begin_read(FunctionCallInfo fcinfo, Oid relid, PluginOptions *options)
{
	SnapshotRead *read = open_table(fcinfo, relid, options);

	if (read->rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("partitioned table \"%s\" has no blocks", RelationGetRelationName(read->rel)),
						errhint("Read it with snapshot_frames().")));
	read->slot = table_slot_create(read->rel, NULL);
	read->scan = table_beginscan_strat(read->rel, GetActiveSnapshot(), 0, NULL, true, false);
	return read;
}

static RowChoice
parse_choice(const char *text)
{
	static const char *const names[] = {"all", "seen", "seen or updated", "updated"};

	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(text, names[i]) == 0)
			return (RowChoice) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unrecognized choice of rows \"%s\"", text),
					errhint("Allowed: all, seen, seen or updated, updated.")));
}

static BlockNumber
block_argument(FunctionCallInfo fcinfo, int argument)
{
	int64 block = PG_GETARG_INT64(argument);

	if (block < 0 || block > MaxBlockNumber)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("block " INT64_FORMAT " is out of range", block)));
	return (BlockNumber) block;
}

/* Arguments of snapshot_blocks() behind the table: first block, end block or null, choice, horizon or null. */
static void
limit_read(FunctionCallInfo fcinfo, SnapshotRead *read)
{
	BlockNumber first = block_argument(fcinfo, 1);
	BlockNumber blocks;

	if (read->rel->rd_rel->relam != HEAP_TABLE_AM_OID)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("table \"%s\" is not a heap", RelationGetRelationName(read->rel)),
						errhint("Read it with snapshot_frames().")));
	blocks = ((HeapScanDesc) read->scan)->rs_nblocks;
	if (!PG_ARGISNULL(2))
		blocks = Min(blocks, block_argument(fcinfo, 2));
	read->choice = parse_choice(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	if (!PG_ARGISNULL(4))
		read->horizon = snapshot_horizon_parse(text_to_cstring(PG_GETARG_TEXT_PP(4)));
	else if (read->choice != ROWS_ALL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the choice of rows needs a snapshot")));
	if (first >= blocks)
		read->done = true;
	else
		heap_setscanlimits(read->scan, first, blocks - first);
}

/* Is it a row of those that are wanted? */
static bool
is_wanted(const SnapshotRead *read)
{
	HeapTupleHeader header;

	if (read->choice == ROWS_ALL)
		return true;
	header = ((HeapTupleTableSlot *) read->slot)->tuple->t_data;
	if (snapshot_horizon_saw(read->horizon, header))
		return read->choice != ROWS_UPDATED;
	return read->choice != ROWS_SEEN && (header->t_infomask & HEAP_UPDATED) != 0;
}

/* A row of another block follows: is the frame to end here? */
static void
note_block(SnapshotRead *read)
{
	FrameBatch *batch = read->session->batch;
	BlockNumber block = ItemPointerGetBlockNumber(&read->slot->tts_tid);

	if (block == read->block)
		return;
	if (batch_pending(batch) >= FRAME_BLOCK_END)
	{
		batch_chunk(batch, read->schema->relation, block, read->rows);
		batch_flush(batch);
	}
	read->block = block;
}

/* False at the end of the range. */
static bool
read_row(SnapshotRead *read)
{
	if (!table_scan_getnextslot(read->scan, ForwardScanDirection, read->slot))
		return false;
	if (!is_wanted(read))
		return true;
	note_block(read);
	slot_getallattrs(read->slot);
	envelope_read(read->session->envelope, read->schema, read->rel, read->slot->tts_values, read->slot->tts_isnull,
				  read->lsn);
	read->rows++;
	return true;
}

/* ---------------------------------------------------------------- a query's rows */

/* Which column of the query stands for each of the table's. */
static void
match_columns(SnapshotRead *read, TupleDesc query)
{
	TupleDesc table = RelationGetDescr(read->rel);

	read->columns = palloc0(table->natts * sizeof(int));
	read->values = palloc0(table->natts * sizeof(Datum));
	read->nulls = palloc0(table->natts * sizeof(bool));
	for (int i = 0; i < query->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(query, i);
		AttrNumber number = get_attnum(RelationGetRelid(read->rel), NameStr(column->attname));
		Oid type = number > 0 ? TupleDescAttr(table, number - 1)->atttypid : InvalidOid;

		if (number <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("column \"%s\" of the snapshot's statement is not a column of table \"%s\"",
								   NameStr(column->attname), RelationGetRelationName(read->rel)),
							errhint("Leave it out of the SELECT.")));
		if (type != column->atttypid)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of the snapshot's statement is of type %s, that of table \"%s\" of type %s",
							NameStr(column->attname), format_type_be(column->atttypid),
							RelationGetRelationName(read->rel), format_type_be(type)),
					 errhint("Cast it in the SELECT.")));
		read->columns[number - 1] = i + 1;
	}
}

static SnapshotRead *
begin_query(FunctionCallInfo fcinfo, Oid relid, const char *statement, PluginOptions *options)
{
	SnapshotRead *read = open_table(fcinfo, relid, options);
	MemoryContext context = CurrentMemoryContext;
	SPIPlanPtr plan;
	Portal portal;

	SPI_connect();
	plan = SPI_prepare(statement, 0, NULL);
	if (plan == NULL || !SPI_is_cursor_plan(plan))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the snapshot's statement for table \"%s\" is not a SELECT",
							   RelationGetRelationName(read->rel)),
						errdetail("The statement is: %s", statement)));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	MemoryContextSwitchTo(context);
	read->portal = pstrdup(portal->name);
	match_columns(read, portal->tupDesc);
	SPI_finish();
	return read;
}

/* A partitioned table has no rows of its own; where it is captured in place of its partitions, it is all of theirs. */
static SnapshotRead *
begin_whole(FunctionCallInfo fcinfo, Oid relid, PluginOptions *options)
{
	char *name;

	if (get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return begin_read(fcinfo, relid, options);
	name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid));
	return begin_query(fcinfo, relid, psprintf("SELECT * FROM %s", name), options);
}

static bool
read_query_row(SnapshotRead *read)
{
	int attributes = RelationGetDescr(read->rel)->natts;
	Portal portal = SPI_cursor_find(read->portal);

	if (portal == NULL)
		elog(ERROR, "the cursor of the snapshot's statement is gone");
	SPI_cursor_fetch(portal, true, 1);
	if (SPI_processed == 0)
		return false;
	for (int i = 0; i < attributes; i++)
	{
		read->nulls[i] = true;
		if (read->columns[i] > 0)
			read->values[i] =
				SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, read->columns[i], &read->nulls[i]);
	}
	MemoryContextSwitchTo(read->session->event);
	envelope_read(read->session->envelope, read->schema, read->rel, read->values, read->nulls, read->lsn);
	SPI_freetuptable(SPI_tuptable);
	read->rows++;
	return true;
}

/* ---------------------------------------------------------------- frames and lines */

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
		if (read->portal != NULL ? !read_query_row(read) : !read_row(read))
		{
			read->done = true;
			batch_chunk(session->batch, read->schema->relation, FRAME_NO_BLOCK, read->rows);
			batch_flush(session->batch);
		}
		MemoryContextSwitchTo(previous);
		MemoryContextReset(session->event);
	}
}

/* The next frame or line, or false at the end. */
static bool
next_output(FuncCallContext *call)
{
	SnapshotRead *read = call->user_fctx;

	if (read->portal != NULL)
		SPI_connect();
	read_rows(read);
	if (read->portal != NULL)
		SPI_finish();
	if (read->ready.len > 0)
		return true;
	/* the query's end must not look at memory that goes with the last call */
	UnregisterExprContextCallback(read->query, end_scan, PointerGetDatum(read));
	end_scan(PointerGetDatum(read));
	return false;
}

static Datum
ready_frame(FuncCallContext *call)
{
	SnapshotRead *read = call->user_fctx;

	return PointerGetDatum(cstring_to_text_with_len(read->ready.data, read->ready.len));
}

/* Where a first call makes what lives until the last one. */
static FuncCallContext *
first_call(FunctionCallInfo fcinfo, MemoryContext *previous)
{
	FuncCallContext *call = SRF_FIRSTCALL_INIT();

	*previous = MemoryContextSwitchTo(call->multi_call_memory_ctx);
	return call;
}

Datum
wal2debezium_snapshot_frames(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext previous;

		call = first_call(fcinfo, &previous);
		call->user_fctx = begin_whole(fcinfo, PG_GETARG_OID(0), options_from_array(PG_GETARG_ARRAYTYPE_P(1), "frames"));
		MemoryContextSwitchTo(previous);
	}
	call = SRF_PERCALL_SETUP();
	if (!next_output(call))
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, ready_frame(call));
}

static void
refuse_null(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument %d must not be null", argument + 1)));
}

Datum
wal2debezium_snapshot_blocks(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext previous;

		for (int i = 0; i < 6; i++)
			if (i != 2 && i != 4)
				refuse_null(fcinfo, i);
		call = first_call(fcinfo, &previous);
		call->user_fctx = begin_read(fcinfo, PG_GETARG_OID(0), options_from_array(PG_GETARG_ARRAYTYPE_P(5), "frames"));
		limit_read(fcinfo, call->user_fctx);
		MemoryContextSwitchTo(previous);
	}
	call = SRF_PERCALL_SETUP();
	if (!next_output(call))
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, ready_frame(call));
}

Datum
wal2debezium_snapshot_query(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext previous;

		call = first_call(fcinfo, &previous);
		call->user_fctx = begin_query(fcinfo, PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
									  options_from_array(PG_GETARG_ARRAYTYPE_P(2), "frames"));
		MemoryContextSwitchTo(previous);
	}
	call = SRF_PERCALL_SETUP();
	if (!next_output(call))
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, ready_frame(call));
}

Datum
wal2debezium_snapshot_lines(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	SnapshotRead *read;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext previous;

		call = first_call(fcinfo, &previous);
		call->user_fctx = begin_whole(fcinfo, PG_GETARG_OID(0), options_from_array(PG_GETARG_ARRAYTYPE_P(1), "json"));
		MemoryContextSwitchTo(previous);
	}
	call = SRF_PERCALL_SETUP();
	if (!next_output(call))
		SRF_RETURN_DONE(call);
	read = call->user_fctx;
	SRF_RETURN_NEXT(call, CStringGetTextDatum(pg_any_to_server(read->ready.data, read->ready.len, PG_UTF8)));
}
