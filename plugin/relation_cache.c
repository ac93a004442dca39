/*-------------------------------------------------------------------------
 *
 * relation_cache.c
 *	  See relation_cache.h.
 *
 * Invalidation callbacks stay registered for the life of the backend and may
 * run in the middle of a look-up of our own: they only mark.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "relation_cache.h"
#include "type_set.h"

#define PURGE_ABOVE 1000

typedef struct CacheEntry
{
	Oid relid;				/* hash key */
	uint64 generation;		/* the cache's when it was built; 0: no longer valid */
	RelationSchema *schema; /* NULL: not built yet */
} CacheEntry;

struct RelationCache
{
	RelationCache *next; /* of the anchor's list */
	MemoryContext context;
	const SchemaInputs *inputs;
	TypeSet *types;	   /* of all entries that are valid, at least */
	uint64 generation; /* entries of an earlier one are not valid */
	HTAB *entries;
	CacheEntry *last; /* the one asked for last, which is often asked for again; NULL: none */
	long purge_above; /* entries; dropped tables would stay for ever otherwise */
	MemoryContextCallback unhook;
};

/* The invalidation anchor: all caches alive in this backend. */
static RelationCache *live_caches = NULL;
static bool callbacks_registered = false;

static void
invalidate_relation(Datum arg, Oid relid)
{
	for (RelationCache *cache = live_caches; cache; cache = cache->next)
	{
		CacheEntry *entry;

		if (!OidIsValid(relid))
		{
			cache->generation++;
			continue;
		}
		entry = hash_search(cache->entries, &relid, HASH_FIND, NULL);
		if (entry)
			entry->generation = 0;
	}
}

/* A type that columns have may stand in many relations: all are looked at again. A hash value of 0 means any type. */
static void
invalidate_type(Datum arg, int cache_id, uint32 hash_value)
{
	for (RelationCache *cache = live_caches; cache; cache = cache->next)
		if (hash_value == 0 || type_set_has(cache->types, hash_value))
		{
			cache->generation++;
			type_set_outdate(cache->types);
		}
}

/* So may labels of enums and names of schemas, which change rarely. */
static void
invalidate_all(Datum arg, int cache_id, uint32 hash_value)
{
	invalidate_relation((Datum) 0, InvalidOid);
}

static void
register_callbacks(void)
{
	if (callbacks_registered)
		return;
	CacheRegisterRelcacheCallback(invalidate_relation, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, invalidate_type, (Datum) 0);
	CacheRegisterSyscacheCallback(ENUMOID, invalidate_all, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, invalidate_all, (Datum) 0);
	callbacks_registered = true;
}

static void
unhook_cache(void *arg)
{
	RelationCache **link = &live_caches;

	while (*link != NULL && *link != arg)
		link = &(*link)->next;
	if (*link != NULL)
		*link = (*link)->next;
}

RelationCache *
relation_cache_new(MemoryContext context, const SchemaInputs *inputs)
{
	RelationCache *cache = MemoryContextAllocZero(context, sizeof(RelationCache));
	HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(CacheEntry), .hcxt = context};

	register_callbacks();
	cache->context = context;
	cache->inputs = inputs;
	cache->purge_above = PURGE_ABOVE;
	cache->generation = 1;
	cache->types = type_set_new(context);
	cache->entries = hash_create("wal2debezium relations", 128, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	cache->unhook.func = unhook_cache;
	cache->unhook.arg = cache;
	MemoryContextRegisterResetCallback(context, &cache->unhook);
	cache->next = live_caches;
	live_caches = cache;
	return cache;
}

static inline bool
is_valid(const RelationCache *cache, const CacheEntry *entry)
{
	return entry->generation == cache->generation;
}

static void
rebuild(RelationCache *cache, CacheEntry *entry, Relation rel)
{
	RelationSchema *old = entry->schema;
	RelationSchema *fresh;

	/*
	 * Marked valid before building: an invalidation that arrives meanwhile
	 * must be seen by the next call.
	 */
	entry->generation = cache->generation;
	type_set_add(cache->types, RelationGetDescr(rel));
	fresh = relation_schema_build(rel, cache->inputs, cache->context);
	if (old)
	{
		fresh->counter_serial = old->counter_serial;
		fresh->counter = old->counter;
		fresh->missing_identity_reported = old->missing_identity_reported;
		relation_schema_free(old, cache->inputs->dictionary);
	}
	entry->schema = fresh;
}

/* Drops what is no longer valid; what is still needed is built again on use. */
static void
purge(RelationCache *cache)
{
	HASH_SEQ_STATUS status;
	CacheEntry *entry;

	cache->last = NULL;
	hash_seq_init(&status, cache->entries);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		if (is_valid(cache, entry))
			continue;
		if (entry->schema != NULL)
			relation_schema_free(entry->schema, cache->inputs->dictionary);
		hash_search(cache->entries, &entry->relid, HASH_REMOVE, NULL);
	}
	cache->purge_above = Max(PURGE_ABOVE, 2 * hash_get_num_entries(cache->entries));
}

static CacheEntry *
find_entry(RelationCache *cache, Oid relid)
{
	CacheEntry *entry = hash_search(cache->entries, &relid, HASH_FIND, NULL);

	if (entry != NULL)
		return entry;
	if (hash_get_num_entries(cache->entries) >= cache->purge_above)
		purge(cache);
	entry = hash_search(cache->entries, &relid, HASH_ENTER, NULL);
	entry->generation = 0;
	entry->schema = NULL;
	return entry;
}

RelationSchema *
relation_cache_get(RelationCache *cache, Relation rel)
{
	Oid relid = RelationGetRelid(rel);

	if (cache->last == NULL || cache->last->relid != relid)
		cache->last = find_entry(cache, relid);
	if (unlikely(!is_valid(cache, cache->last)))
		rebuild(cache, cache->last, rel);
	return cache->last->schema;
}
