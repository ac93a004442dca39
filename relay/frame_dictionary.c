/*
 * frame_dictionary.c
 *	  A hash table with chains, by kind and id.
 */
#include "frame_dictionary.h"

#include <stdlib.h>

#define FIRST_BUCKETS 256

void
frame_dictionary_init(FrameDictionary *dictionary, const FrameReaderCallbacks *callbacks)
{
	memset(dictionary, 0, sizeof(*dictionary));
	if (callbacks)
		dictionary->callbacks = *callbacks;
	dictionary->bucket_count = FIRST_BUCKETS;
	dictionary->buckets = bytes_alloc_zero(FIRST_BUCKETS, sizeof(DictionaryEntry *));
}

static DictionaryEntry **
bucket_of(const FrameDictionary *dictionary, uint8_t kind, uint32_t id)
{
	/* ids are given in order: the multiplication spreads the kinds, the rest is dense already */
	size_t hash = id + kind * 0x9E3779B1u;

	return &dictionary->buckets[hash & (dictionary->bucket_count - 1)];
}

static void
entry_free(FrameDictionary *dictionary, DictionaryEntry *entry)
{
	const FrameReaderCallbacks *callbacks = &dictionary->callbacks;

	if (entry->kind == ENTRY_TOPIC)
	{
		if (callbacks->topic_forgotten)
			callbacks->topic_forgotten(callbacks->arg, &entry->as.topic);
		free(entry->as.topic.name);
	}
	else if (entry->kind == ENTRY_HEADERSET)
	{
		if (callbacks->headerset_forgotten)
			callbacks->headerset_forgotten(callbacks->arg, &entry->as.headerset);
		free(entry->as.headerset.fields);
	}
	else if (entry->kind == ENTRY_RELATION)
	{
		free(entry->as.relation.schema_name);
		free(entry->as.relation.table_name);
	}
	free(entry->body);
	free(entry);
}

void
frame_dictionary_sweep(FrameDictionary *dictionary)
{
	while (dictionary->forgotten)
	{
		DictionaryEntry *entry = dictionary->forgotten;

		dictionary->forgotten = entry->next;
		entry_free(dictionary, entry);
	}
}

void
frame_dictionary_destroy(FrameDictionary *dictionary)
{
	frame_dictionary_sweep(dictionary);
	for (size_t i = 0; i < dictionary->bucket_count; i++)
	{
		while (dictionary->buckets[i])
		{
			DictionaryEntry *entry = dictionary->buckets[i];

			dictionary->buckets[i] = entry->next;
			entry_free(dictionary, entry);
		}
	}
	free(dictionary->buckets);
}

DictionaryEntry *
frame_dictionary_find(const FrameDictionary *dictionary, uint8_t kind, uint32_t id)
{
	DictionaryEntry *entry = *bucket_of(dictionary, kind, id);

	while (entry && (entry->id != id || entry->kind != kind))
		entry = entry->next;
	return entry;
}

static void
link_entry(FrameDictionary *dictionary, DictionaryEntry *entry)
{
	DictionaryEntry **bucket = bucket_of(dictionary, entry->kind, entry->id);

	entry->next = *bucket;
	*bucket = entry;
}

static void
double_buckets(FrameDictionary *dictionary)
{
	DictionaryEntry **old = dictionary->buckets;
	size_t old_count = dictionary->bucket_count;

	dictionary->bucket_count *= 2;
	dictionary->buckets = bytes_alloc_zero(dictionary->bucket_count, sizeof(DictionaryEntry *));
	for (size_t i = 0; i < old_count; i++)
	{
		for (DictionaryEntry *entry = old[i], *next; entry; entry = next)
		{
			next = entry->next;
			link_entry(dictionary, entry);
		}
	}
	free(old);
}

DictionaryEntry *
frame_dictionary_define(FrameDictionary *dictionary, uint8_t kind, uint32_t id, const char *body, size_t size,
						const char **why)
{
	DictionaryEntry *entry;

	*why = NULL;
	if (id == 0)
		*why = "zero as id";
	else if (frame_dictionary_find(dictionary, kind, id))
		*why = "id given twice";
	else if (size > FRAME_DICTIONARY_LIMIT - dictionary->charge)
		*why = "dictionary larger than its limit";
	if (*why)
		return NULL;
	entry = bytes_alloc_zero(1, sizeof(DictionaryEntry));
	entry->kind = kind;
	entry->id = id;
	entry->charge = size;
	entry->body = bytes_copy_text(body, size);
	if (dictionary->count == dictionary->bucket_count)
		double_buckets(dictionary);
	link_entry(dictionary, entry);
	dictionary->count++;
	dictionary->charge += size;
	return entry;
}

bool
frame_dictionary_forget(FrameDictionary *dictionary, uint8_t kind, uint32_t id)
{
	DictionaryEntry **link = bucket_of(dictionary, kind, id);
	DictionaryEntry *entry;

	while (*link && ((*link)->id != id || (*link)->kind != kind))
		link = &(*link)->next;
	entry = *link;
	if (entry == NULL)
		return false;
	*link = entry->next;
	entry->next = dictionary->forgotten;
	dictionary->forgotten = entry;
	dictionary->count--;
	dictionary->charge -= entry->charge;
	return true;
}
