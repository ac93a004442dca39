/*-------------------------------------------------------------------------
 *
 * pg_compat.h
 *	  Every difference between PostgreSQL 15 and 19, one small function or
 *	  definition each.  No other file asks for the version.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PG_COMPAT_H
#define PG_COMPAT_H

#include "postgres.h"

#include "access/attmap.h"
#include "access/htup_details.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_publication.h"
#include "commands/dbcommands.h"
#include "common/jsonapi.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "parser/parser.h"
#include "replication/logical.h"
#include "replication/message.h"
#include "replication/output_plugin.h"
#include "replication/reorderbuffer.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Result of a JSON semantic action: nothing up to 15; write "return JSON_ACTION_SUCCESS;". */
#if PG_VERSION_NUM >= 160000
typedef JsonParseErrorType JsonActionResult;
#define JSON_ACTION_SUCCESS JSON_SUCCESS
#else
typedef void JsonActionResult;
#define JSON_ACTION_SUCCESS
#endif

/* Whether a backslash in a deparsed literal stands once; from 19 on it always does. */
static inline bool
compat_standard_strings(void)
{
#if PG_VERSION_NUM >= 190000
	return true;
#else
	return standard_conforming_strings;
#endif
}

static inline void
compat_set_standard_strings(bool on)
{
#if PG_VERSION_NUM < 190000
	standard_conforming_strings = on;
#endif
}

static inline JsonLexContext *
compat_json_lexer(char *json, int size, int encoding, bool escapes)
{
#if PG_VERSION_NUM >= 170000
	return makeJsonLexContextCstringLen(NULL, json, size, encoding, escapes);
#else
	return makeJsonLexContextCstringLen(json, size, encoding, escapes);
#endif
}

/* The same for json_lex() over UTF-8: tokens only, escapes are checked and left as they are. */
static inline JsonLexContext *
compat_json_tokens(char *json, int size)
{
#if PG_VERSION_NUM >= 170000
	return makeJsonLexContextCstringLen(NULL, json, size, PG_UTF8, false);
#else
	return makeJsonLexContextCstringLen(json, size, PG_UTF8, false);
#endif
}

/* A change's tuples: wrapped in ReorderBufferTupleBuf up to 16. */
static inline HeapTuple
compat_old_tuple(const ReorderBufferChange *change)
{
#if PG_VERSION_NUM >= 170000
	return change->data.tp.oldtuple;
#else
	return change->data.tp.oldtuple ? &change->data.tp.oldtuple->tuple : NULL;
#endif
}

static inline HeapTuple
compat_new_tuple(const ReorderBufferChange *change)
{
#if PG_VERSION_NUM >= 170000
	return change->data.tp.newtuple;
#else
	return change->data.tp.newtuple ? &change->data.tp.newtuple->tuple : NULL;
#endif
}

/* Commit time of a transaction being decoded. */
static inline TimestampTz
compat_commit_time(const ReorderBufferTXN *txn)
{
#if PG_VERSION_NUM >= 190000
	return txn->commit_time;
#else
	return txn->xact_time.commit_time;
#endif
}

/* The timeline that WAL is written or replayed on. */
static inline TimeLineID
compat_timeline(void)
{
	TimeLineID timeline;

	if (!RecoveryInProgress())
		return GetWALInsertionTimeLine();
	GetXLogReplayRecPtr(&timeline);
	return timeline;
}

/* The end of the WAL that can be decoded now. */
static inline XLogRecPtr
compat_wal_end(void)
{
	return RecoveryInProgress() ? GetXLogReplayRecPtr(NULL) : GetFlushRecPtr(NULL);
}

/*
 * Lets the walsender answer its client while a long transaction gives no
 * output.  From 16 on the reorder buffer does this by itself.
 */
static inline void
compat_update_progress(LogicalDecodingContext *ctx)
{
#if PG_VERSION_NUM < 160000
	OutputPluginUpdateProgress(ctx, false);
#else
	(void) ctx;
#endif
}

/* The primary key's index after RelationGetIndexList(); a deferrable one counts from 18 on only if asked. */
static inline Oid
compat_primary_key(Relation rel)
{
	return rel->rd_pkindex;
}

/* Prepares a set-returning function that fills a tuplestore. */
static inline void
compat_materialized_srf(FunctionCallInfo fcinfo)
{
#if PG_VERSION_NUM >= 160000
	InitMaterializedSRF(fcinfo, 0);
#else
	SetSingleFuncCall(fcinfo, 0);
#endif
}

/* Attribute map by column name, or NULL if the row types are the same. */
static inline AttrMap *
compat_attribute_map(TupleDesc from, TupleDesc to)
{
#if PG_VERSION_NUM >= 160000
	return build_attrmap_by_name_if_req(from, to, false);
#else
	return build_attrmap_by_name_if_req(from, to);
#endif
}

/* Oids of the publications that list the relation, and of FOR ALL TABLES ones that except it (19 on). */
static inline List *
compat_publications_of(Oid relid)
{
#if PG_VERSION_NUM >= 190000
	return GetRelationIncludedPublications(relid);
#else
	return GetRelationPublications(relid);
#endif
}

static inline List *
compat_publications_excepting(Oid relid)
{
#if PG_VERSION_NUM >= 190000
	return GetRelationExcludedPublications(relid);
#else
	(void) relid;
	return NIL;
#endif
}

/* Writes a transactional logical message. */
static inline void
compat_log_message(const char *prefix, const char *message, size_t size)
{
#if PG_VERSION_NUM >= 170000
	LogLogicalMessage(prefix, message, size, true, false);
#else
	LogLogicalMessage(prefix, message, size, true);
#endif
}

/* Exports the output plugin's entry point: PostgreSQL declares it itself from 17 on, and PGDLLEXPORT is empty up to 15. */
#if PG_VERSION_NUM < 160000
extern void _PG_output_plugin_init(OutputPluginCallbacks *cb);
#endif

#endif /* PG_COMPAT_H */
