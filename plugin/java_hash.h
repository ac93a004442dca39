/*-------------------------------------------------------------------------
 *
 * java_hash.h
 *	  Java's hash of a string.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_HASH_H
#define JAVA_HASH_H

#include "postgres.h"

/* String.hashCode() of UTF-8 text: over its UTF-16 units. */
extern uint32 java_string_hash(const char *utf8, Size size);

#endif /* JAVA_HASH_H */
