/*-------------------------------------------------------------------------
 *
 * java_value_hash.h
 *	  Hashes of values as Java has them: Object.hashCode(), and the variant of
 *	  MurmurHash3 in io.debezium.util.MurmurHash3.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_VALUE_HASH_H
#define JAVA_VALUE_HASH_H

#include "postgres.h"

#include "connect_value.h"

/*
 * hashCode() of the object that Debezium has for a value, which is resolved
 * and not null.  False: Java's hash of such a thing depends on where in memory
 * it is (structures), or it is rendered already (arrays, maps).
 */
extern bool java_value_hash(const ConnectSchema *schema, const ConnectValue *value, int32 *hash);

/* MurmurHash3.hash(Object): of text and of bytes their content, of all else their hashCode(). */
extern bool murmur_value_hash(const ConnectSchema *schema, const ConnectValue *value, int32 *hash);

#endif /* JAVA_VALUE_HASH_H */
