/*-------------------------------------------------------------------------
 *
 * relation_index.c
 *	  See relation_index.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "utils/lsyscache.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "pg_compat.h"
#include "relation_index.h"

/*
 * Attribute numbers of an index's columns, from pg_index without opening the
 * index; key columns only, or INCLUDE columns too.  Empty for one with
 * expressions.
 */
static List *
index_columns(Oid index, bool included_too)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	List *columns = NIL;
	Form_pg_index form;
	int count;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	form = (Form_pg_index) GETSTRUCT(tuple);
	count = included_too ? form->indnatts : form->indnkeyatts;
	for (int i = 0; i < count; i++)
	{
		if (form->indkey.values[i] == 0)
		{
			columns = NIL;
			break;
		}
		columns = lappend_int(columns, form->indkey.values[i]);
	}
	ReleaseSysCache(tuple);
	return columns;
}

/* Does an index come before another in JDBC's getIndexInfo()?  Clustered ones first, then by name. */
static bool
index_precedes(Oid index, Oid other)
{
	bool clustered = get_index_isclustered(index);
	bool other_clustered = get_index_isclustered(other);

	if (clustered != other_clustered)
		return clustered;
	return strcmp(get_rel_name(index), get_rel_name(other)) < 0;
}

static bool
index_is_unique(Oid index)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool unique;

	if (!HeapTupleIsValid(tuple))
		return false;
	unique = ((Form_pg_index) GETSTRUCT(tuple))->indisunique;
	ReleaseSysCache(tuple);
	return unique;
}

List *
relation_key_columns(Relation rel)
{
	List *indexes = RelationGetIndexList(rel);
	Oid first = InvalidOid;
	ListCell *cell;

	if (OidIsValid(compat_primary_key(rel)))
		return index_columns(compat_primary_key(rel), false);
	foreach (cell, indexes)
	{
		Oid index = lfirst_oid(cell);

		if (index_is_unique(index) && index_columns(index, true) != NIL &&
			(!OidIsValid(first) || index_precedes(index, first)))
			first = index;
	}
	return OidIsValid(first) ? index_columns(first, true) : NIL;
}

Bitmapset *
relation_identity_columns(Relation rel, bool *exists)
{
	Oid index = RelationGetReplicaIndex(rel);
	Bitmapset *columns = NULL;
	ListCell *cell;

	*exists = rel->rd_rel->relreplident == REPLICA_IDENTITY_FULL || OidIsValid(index);
	if (rel->rd_rel->relreplident == REPLICA_IDENTITY_FULL || !OidIsValid(index))
		return NULL;
	foreach (cell, index_columns(index, false))
		columns = bms_add_member(columns, lfirst_int(cell));
	return columns;
}
