/*
 * java_order.h
 *	  The order in which Java's HashMap and HashSet give back texts.
 *
 * Source: java.util.HashMap of OpenJDK 17: a key's bucket is its spread hash
 * modulo the table's size, a power of two; buckets are gone through from the
 * first, and within one (of fewer than eight) in the order of insertion.
 */
#ifndef JAVA_ORDER_H
#define JAVA_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* String.hashCode() of UTF-8 text, over its UTF-16 units. */
extern int32_t java_string_hash(const char *text);

/* Size of the table of new HashMap(map with `given` entries) after `added` more were put. */
extern size_t java_copied_map_size(size_t given, size_t added);
/* The same for new HashSet(collection of `count`). */
extern size_t java_copied_set_size(size_t count);

/*
 * Fills order[0..count-1] with the places of the keys (inserted in the order
 * they are given, all different) as the map gives them back.
 */
extern void java_map_order(const char *const *keys, size_t count, size_t table_size, size_t *order);

#endif
