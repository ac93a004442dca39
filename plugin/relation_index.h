/*-------------------------------------------------------------------------
 *
 * relation_index.h
 *	  What indexes say about a relation, from pg_index without opening them:
 *	  a decoding callback takes no lock on an index.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RELATION_INDEX_H
#define RELATION_INDEX_H

#include "postgres.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "utils/rel.h"

/*
 * Attribute numbers of the primary key, else of the first unique index
 * without expressions, in the order in which JDBC lists indexes (reference 2).
 * NIL: there is none.
 */
extern List *relation_key_columns(Relation rel);

/*
 * Attribute numbers that old tuples have under the replica identity; NULL with
 * FULL, which means all, and where there is none (*exists is false then).
 */
extern Bitmapset *relation_identity_columns(Relation rel, bool *exists);

#endif /* RELATION_INDEX_H */
