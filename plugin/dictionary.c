/*-------------------------------------------------------------------------
 *
 * dictionary.c
 *	  See dictionary.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "dictionary.h"
#include "frame_entry.h"
#include "frame_format.h"

#define BUCKETS 1024

/* Below the reader's limit by more than one frame can add. */
#define DICTIONARY_HIGH_WATER (FRAME_DICTIONARY_LIMIT / 4 * 3)

struct Dictionary
{
	MemoryContext context;
	DictionaryEntry *buckets[BUCKETS];
	uint32 last_id;
	Size announced; /* bytes of entries that have an id */
};

Dictionary *
dictionary_new(MemoryContext context)
{
	Dictionary *dictionary = MemoryContextAllocZero(context, sizeof(Dictionary));

	dictionary->context = context;
	return dictionary;
}

DictionaryEntry *
dictionary_intern(Dictionary *dictionary, uint8 kind, const char *body, Size size)
{
	uint32 hash = hash_bytes((const unsigned char *) body, (int) size) ^ kind;
	DictionaryEntry **bucket = &dictionary->buckets[hash % BUCKETS];
	DictionaryEntry *entry;

	for (entry = *bucket; entry; entry = entry->next)
		if (entry->hash == hash && entry->kind == kind && entry->size == size && memcmp(entry->bytes, body, size) == 0)
			break;
	if (entry == NULL)
	{
		entry = MemoryContextAllocZero(dictionary->context, offsetof(DictionaryEntry, bytes) + size);
		entry->hash = hash;
		entry->kind = kind;
		entry->size = size;
		memcpy(entry->bytes, body, size);
		entry->next = *bucket;
		*bucket = entry;
	}
	entry->references++;
	return entry;
}

DictionaryEntry *
dictionary_intern_string(Dictionary *dictionary, uint8 kind, const char *bytes, Size size)
{
	char *body = palloc(size + 4);
	DictionaryEntry *entry;

	put_u32(body, size);
	memcpy(body + 4, bytes, size);
	entry = dictionary_intern(dictionary, kind, body, size + 4);
	pfree(body);
	return entry;
}

static void
entry_free(Dictionary *dictionary, DictionaryEntry *entry)
{
	DictionaryEntry **link = &dictionary->buckets[entry->hash % BUCKETS];

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	pfree(entry);
}

void
dictionary_release(Dictionary *dictionary, DictionaryEntry *entry)
{
	if (entry == NULL)
		return;
	Assert(entry->references > 0);
	if (--entry->references == 0 && entry->id == 0)
		entry_free(dictionary, entry);
}

bool
dictionary_announce(Dictionary *dictionary, DictionaryEntry *entry)
{
	if (entry->id != 0)
		return false;
	entry->id = ++dictionary->last_id;
	dictionary->announced += entry->size;
	return true;
}

/* Least recently used announced entry, other than those of the current frame. */
static DictionaryEntry *
oldest_entry(Dictionary *dictionary, uint64 current_frame)
{
	DictionaryEntry *oldest = NULL;

	for (int i = 0; i < BUCKETS; i++)
		for (DictionaryEntry *entry = dictionary->buckets[i]; entry; entry = entry->next)
			if (entry->id != 0 && entry->last_used < current_frame &&
				(oldest == NULL || entry->last_used < oldest->last_used))
				oldest = entry;
	return oldest;
}

bool
dictionary_evict(Dictionary *dictionary, uint64 current_frame, uint8 *kind, uint32 *id)
{
	DictionaryEntry *entry;

	if (dictionary->announced <= DICTIONARY_HIGH_WATER)
		return false;
	entry = oldest_entry(dictionary, current_frame);
	if (entry == NULL)
		return false;
	*kind = entry->kind;
	*id = entry->id;
	entry->id = 0;
	dictionary->announced -= entry->size;
	if (entry->references == 0)
		entry_free(dictionary, entry);
	return true;
}
