/*-------------------------------------------------------------------------
 *
 * type_set.h
 *	  The types that relation schemas are made of, as invalidation messages
 *	  name them: by the hash value of their OID in the catalogue cache.
 *
 * Every new table brings types of its own, and a message for each; without
 * such a set all schemas would have to be made again for every table created.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TYPE_SET_H
#define TYPE_SET_H

#include "postgres.h"
#include "access/tupdesc.h"

typedef struct TypeSet TypeSet;

/* An empty set; lives in context. */
extern TypeSet *type_set_new(MemoryContext context);

/*
 * Adds the types of all columns and what these are made of: element types and
 * types below domains.  Each is added before it is read, so that no change of
 * it goes unseen after that.  Types stay until type_set_outdate().
 */
extern void type_set_add(TypeSet *set, TupleDesc columns);

/* Is a type with that hash value in the set?  Reads no catalogue: an invalidation callback may ask. */
extern bool type_set_has(const TypeSet *set, uint32 hash_value);

/*
 * No schema that is made of these types is valid any more: the next call of
 * type_set_add() begins anew, since an OID may come back as another type.
 * Until then all are still there.  An invalidation callback may say so.
 */
extern void type_set_outdate(TypeSet *set);

#endif /* TYPE_SET_H */
