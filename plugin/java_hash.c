/*-------------------------------------------------------------------------
 *
 * java_hash.c
 *	  See java_hash.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "java_hash.h"

uint32
java_string_hash(const char *utf8, Size size)
{
	const unsigned char *at = (const unsigned char *) utf8;
	const unsigned char *end = at + size;
	uint32 hash = 0;

	while (at < end)
	{
		pg_wchar c = utf8_to_unicode(at);

		if (c >= 0x10000)
		{
			hash = 31 * hash + (0xD800 + ((c - 0x10000) >> 10));
			c = 0xDC00 + ((c - 0x10000) & 0x3FF);
		}
		hash = 31 * hash + c;
		at += pg_utf_mblen(at);
	}
	return hash;
}

typedef struct HashPlace
{
	uint32 bucket;
	int index;
} HashPlace;

static int
compare_places(const void *a, const void *b)
{
	const HashPlace *left = a;
	const HashPlace *right = b;

	if (left->bucket != right->bucket)
		return left->bucket < right->bucket ? -1 : 1;
	return left->index - right->index;
}

int *
java_hash_order(const char *const *keys, int count)
{
	int *order = palloc((count + 1) * sizeof(int));
	HashPlace *places = palloc((count + 1) * sizeof(HashPlace));
	uint32 capacity = 16;

	while (count > (int) (capacity / 4 * 3))
		capacity *= 2;
	for (int i = 0; i < count; i++)
	{
		uint32 hash = java_string_hash(keys[i], strlen(keys[i]));

		places[i].bucket = (hash ^ (hash >> 16)) & (capacity - 1);
		places[i].index = i;
	}
	qsort(places, count, sizeof(HashPlace), compare_places);
	for (int i = 0; i < count; i++)
		order[i] = places[i].index;
	pfree(places);
	return order;
}
