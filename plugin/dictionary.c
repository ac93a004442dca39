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

#define BUCKETS 4096

/* Below the reader's limit by more than one frame can add. */
#define DICTIONARY_HIGH_WATER (FRAME_DICTIONARY_LIMIT / 4 * 3)

struct Dictionary
{
	MemoryContext context;
	DictionaryEntry *buckets[BUCKETS];
	DictionaryEntry *oldest; /* of those with an id */
	DictionaryEntry *newest;
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

static void
unlink_known(Dictionary *dictionary, DictionaryEntry *entry)
{
	*(entry->older ? &entry->older->newer : &dictionary->oldest) = entry->newer;
	*(entry->newer ? &entry->newer->older : &dictionary->newest) = entry->older;
}

static void
link_newest(Dictionary *dictionary, DictionaryEntry *entry)
{
	entry->older = dictionary->newest;
	entry->newer = NULL;
	*(entry->older ? &entry->older->newer : &dictionary->oldest) = entry;
	dictionary->newest = entry;
}

bool
dictionary_use(Dictionary *dictionary, DictionaryEntry *entry, uint64 frame)
{
	bool is_known = entry->id != 0;

	if (is_known && entry->last_used == frame)
		return false;
	if (is_known)
		unlink_known(dictionary, entry);
	else
	{
		entry->id = ++dictionary->last_id;
		dictionary->announced += entry->size;
	}
	link_newest(dictionary, entry);
	entry->last_used = frame;
	return !is_known;
}

bool
dictionary_evict(Dictionary *dictionary, uint64 current_frame, uint8 *kind, uint32 *id)
{
	DictionaryEntry *entry;

	if (dictionary->announced <= DICTIONARY_HIGH_WATER)
		return false;
	entry = dictionary->oldest;
	if (entry == NULL || entry->last_used == current_frame)
		return false;
	unlink_known(dictionary, entry);
	*kind = entry->kind;
	*id = entry->id;
	entry->id = 0;
	dictionary->announced -= entry->size;
	if (entry->references == 0)
		entry_free(dictionary, entry);
	return true;
}
