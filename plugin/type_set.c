/*-------------------------------------------------------------------------
 *
 * type_set.c
 *	  See type_set.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/syscache.h"

#include "type_set.h"

struct TypeSet
{
	MemoryContext context;
	HTAB *hash_values; /* a hash value is the whole entry; those of two OIDs differ */
	bool outdated;	   /* begun anew by the next that adds */
};

static void
begin(TypeSet *set)
{
	HASHCTL control = {.keysize = sizeof(uint32), .entrysize = sizeof(uint32), .hcxt = set->context};
	HTAB *old = set->hash_values;

	set->hash_values = hash_create("wal2debezium types", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	set->outdated = false;
	if (old != NULL)
		hash_destroy(old);
}

TypeSet *
type_set_new(MemoryContext context)
{
	TypeSet *set = MemoryContextAllocZero(context, sizeof(TypeSet));

	set->context = context;
	begin(set);
	return set;
}

static void
add_type(TypeSet *set, Oid type)
{
	uint32 hash_value = GetSysCacheHashValue1(TYPEOID, ObjectIdGetDatum(type));
	HeapTuple tuple;
	Oid base;
	Oid element;
	bool found;

	check_stack_depth();
	hash_search(set->hash_values, &hash_value, HASH_ENTER, &found);
	if (found)
		return;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	if (!HeapTupleIsValid(tuple))
		return;
	base = ((Form_pg_type) GETSTRUCT(tuple))->typbasetype;
	element = ((Form_pg_type) GETSTRUCT(tuple))->typelem;
	ReleaseSysCache(tuple);
	if (OidIsValid(base))
		add_type(set, base);
	if (OidIsValid(element))
		add_type(set, element);
}

void
type_set_add(TypeSet *set, TupleDesc columns)
{
	if (set->outdated)
		begin(set);
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(columns, i);

		if (!attribute->attisdropped)
			add_type(set, attribute->atttypid);
	}
}

bool
type_set_has(const TypeSet *set, uint32 hash_value)
{
	return hash_search(set->hash_values, &hash_value, HASH_FIND, NULL) != NULL;
}

void
type_set_outdate(TypeSet *set)
{
	set->outdated = true;
}
