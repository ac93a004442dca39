/*-------------------------------------------------------------------------
 *
 * relation_cache.h
 *	  RelationSchemas by OID, rebuilt on use after an invalidation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RELATION_CACHE_H
#define RELATION_CACHE_H

#include "postgres.h"
#include "utils/rel.h"

#include "relation_schema.h"

typedef struct RelationCache RelationCache;

/* Lives in context, and is unhooked from the invalidation callbacks when that goes away. inputs are borrowed. */
extern RelationCache *relation_cache_new(MemoryContext context, const SchemaInputs *inputs);

/* The schema as of now; valid until the next call. */
extern RelationSchema *relation_cache_get(RelationCache *cache, Relation rel);

#endif /* RELATION_CACHE_H */
