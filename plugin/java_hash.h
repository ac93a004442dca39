/*-------------------------------------------------------------------------
 *
 * java_hash.h
 *	  The order in which a java.util.HashMap<String, ...> is iterated.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_HASH_H
#define JAVA_HASH_H

#include "postgres.h"

/* String.hashCode() of UTF-8 text: over its UTF-16 units. */
extern uint32 java_string_hash(const char *utf8, Size size);

/*
 * Iteration order of a HashMap that the (distinct) keys were put into in the
 * order given: indexes into keys, palloc'd.  Capacity 16, doubled at 75 %.
 */
extern int *java_hash_order(const char *const *keys, int count);

#endif /* JAVA_HASH_H */
