/*-------------------------------------------------------------------------
 *
 * publication.c
 *	  See publication.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "nodes/nodes.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "pg_compat.h"
#include "publication.h"

/* Since 3.6 a skipped.operations that is set goes into the publication Debezium makes (reference 3.4). */
#define RELEASE_SKIPPED_IN_PUBLICATION 306

#define ALL_OPERATIONS (SKIP_CREATE | SKIP_UPDATE | SKIP_DELETE | SKIP_TRUNCATE)

/*
 * is_publishable_class() in pg_publication.c, partitioned tables left to the
 * caller, and unlogged ones, too: nothing of them is in the WAL, but snapshots
 * read them, as Debezium's do.
 */
static bool
may_be_captured(Relation rel)
{
	char kind = rel->rd_rel->relkind;

	return (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE) && !IsCatalogRelation(rel) &&
		   rel->rd_rel->relpersistence != RELPERSISTENCE_TEMP && RelationGetRelid(rel) >= FirstNormalObjectId;
}

static uint32
publication_operations(const Publication *publication)
{
	return (publication->pubactions.pubinsert ? SKIP_CREATE : 0) |
		   (publication->pubactions.pubupdate ? SKIP_UPDATE : 0) |
		   (publication->pubactions.pubdelete ? SKIP_DELETE : 0) |
		   (publication->pubactions.pubtruncate ? SKIP_TRUNCATE : 0);
}

static Bitmapset *
column_list(Datum array)
{
	ArrayType *columns = DatumGetArrayTypeP(array);
	int16 *numbers = (int16 *) ARR_DATA_PTR(columns);
	Bitmapset *set = NULL;

	for (int i = 0; i < ARR_DIMS(columns)[0]; i++)
		set = bms_add_member(set, numbers[i]);
	return set;
}

/* Column list and WHERE of a member table. */
static void
read_member(PublicationDecision *decision, Oid publication)
{
	HeapTuple tuple =
		SearchSysCache2(PUBLICATIONRELMAP, ObjectIdGetDatum(decision->publish_as), ObjectIdGetDatum(publication));
	bool is_null;
	Datum value;

	if (!HeapTupleIsValid(tuple))
		return;
	value = SysCacheGetAttr(PUBLICATIONRELMAP, tuple, Anum_pg_publication_rel_prattrs, &is_null);
	if (!is_null)
		decision->columns = column_list(value);
	value = SysCacheGetAttr(PUBLICATIONRELMAP, tuple, Anum_pg_publication_rel_prqual, &is_null);
	if (!is_null)
		decision->row_filter = TextDatumGetCString(value);
	ReleaseSysCache(tuple);
}

/* Is the relation a member, by itself, by its schema, or by an ancestor (then *top is the topmost such)? */
static bool
is_member(Relation rel, const Publication *publication, Oid *top)
{
	Oid relid = RelationGetRelid(rel);

	*top = InvalidOid;
	if (list_member_oid(compat_publications_excepting(relid), publication->oid))
		return false;
	if (rel->rd_rel->relispartition)
		*top = publication->alltables
				   ? llast_oid(get_partition_ancestors(relid))
				   : GetTopMostAncestorInPublication(publication->oid, get_partition_ancestors(relid), NULL);
	return publication->alltables || OidIsValid(*top) ||
		   list_member_oid(compat_publications_of(relid), publication->oid) ||
		   list_member_oid(GetSchemaPublications(RelationGetNamespace(rel)), publication->oid);
}

static void
decide_by_publication(Relation rel, const Publication *publication, PublicationDecision *decision)
{
	Oid top;

	if (!is_member(rel, publication, &top))
	{
		decision->reason = "not in the publication";
		return;
	}
	if (publication->pubviaroot && OidIsValid(top))
		decision->publish_as = top;
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE && !publication->pubviaroot)
	{
		decision->reason = "its partitions are captured";
		return;
	}
	decision->operations = publication_operations(publication);
	if (!publication->alltables)
		read_member(decision, publication->oid);
}

/* The publication Debezium makes: all tables, or the captured ones. */
static void
decide_by_mode(Relation rel, const PluginOptions *options, bool captured, PublicationDecision *decision)
{
	bool via_root = option_bool(options, PUBLISH_VIA_PARTITION_ROOT);

	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE && !via_root)
		decision->reason = "its partitions are captured";
	if (option_number(options, PUBLICATION_AUTOCREATE_MODE) == AUTOCREATE_FILTERED && !captured && !via_root)
		decision->reason = "not in the publication";
	if (decision->reason != NULL)
		return;
	if (via_root && rel->rd_rel->relispartition)
		decision->publish_as = llast_oid(get_partition_ancestors(RelationGetRelid(rel)));
	decision->operations = ALL_OPERATIONS;
	if (option_is_set(options, SKIPPED_OPERATIONS) && options->release >= RELEASE_SKIPPED_IN_PUBLICATION)
		decision->operations &= ~options->skipped;
}

PublicationDecision
publication_decide(Relation rel, const PluginOptions *options, bool captured)
{
	PublicationDecision decision = {.publish_as = RelationGetRelid(rel)};
	PublicationMode mode = (PublicationMode) option_number(options, PUBLICATION_AUTOCREATE_MODE);
	Publication *publication;

	if (!may_be_captured(rel))
	{
		decision.reason = "not a permanent table";
		return decision;
	}
	if (mode == AUTOCREATE_ALL_TABLES || mode == AUTOCREATE_FILTERED)
	{
		decide_by_mode(rel, options, captured, &decision);
		return decision;
	}
	publication = GetPublicationByName(option_text(options, PUBLICATION_NAME), true);
	if (publication != NULL)
		decide_by_publication(rel, publication, &decision);
	else
	{
		decision.missing = true;
		decision.reason = "the publication does not exist at this point of the WAL";
	}
	return decision;
}

/* ---------------------------------------------------------------- row filters */

struct RowFilter
{
	EState *estate;
	ExprContext *context;
	ExprState *expression;
	TupleTableSlot *slot;
};

RowFilter *
row_filter_new(MemoryContext context, Relation rel, const char *node_text)
{
	MemoryContext previous = MemoryContextSwitchTo(context);
	RowFilter *filter = palloc0(sizeof(RowFilter));
	Expr *expression = (Expr *) stringToNode(node_text);

	filter->estate = CreateExecutorState();
	MemoryContextSwitchTo(filter->estate->es_query_cxt);
	filter->context = GetPerTupleExprContext(filter->estate);
	filter->slot = MakeSingleTupleTableSlot(CreateTupleDescCopyConstr(RelationGetDescr(rel)), &TTSOpsHeapTuple);
	filter->expression = ExecPrepareExpr(expression_planner(expression), filter->estate);
	MemoryContextSwitchTo(previous);
	return filter;
}

void
row_filter_free(RowFilter *filter)
{
	if (filter == NULL)
		return;
	ExecDropSingleTupleTableSlot(filter->slot);
	FreeExecutorState(filter->estate);
}

/* As pgoutput does; the slot's own values are replaced. */
static void
fill_unchanged_toast(TupleTableSlot *slot, HeapTuple old)
{
	TupleDesc descriptor = slot->tts_tupleDescriptor;
	Datum *values = palloc(descriptor->natts * sizeof(Datum));
	bool *nulls = palloc(descriptor->natts * sizeof(bool));

	slot_getallattrs(slot);
	heap_deform_tuple(old, descriptor, values, nulls);
	for (int i = 0; i < descriptor->natts; i++)
		if (!slot->tts_isnull[i] && !nulls[i] && TupleDescAttr(descriptor, i)->attlen == -1 &&
			VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(slot->tts_values[i])))
			slot->tts_values[i] = values[i];
}

bool
row_filter_matches(RowFilter *filter, HeapTuple row, HeapTuple old)
{
	Datum result;
	bool is_null;

	ResetExprContext(filter->context);
	ExecStoreHeapTuple(row, filter->slot, false);
	if (old != NULL && HeapTupleHasExternal(row))
		fill_unchanged_toast(filter->slot, old);
	filter->context->ecxt_scantuple = filter->slot;
	result = ExecEvalExprSwitchContext(filter->expression, filter->context, &is_null);
	ExecClearTuple(filter->slot);
	return !is_null && DatumGetBool(result);
}
