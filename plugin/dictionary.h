/*-------------------------------------------------------------------------
 *
 * dictionary.h
 *	  Constant parts of records (topic names, schemas, header sets, relations)
 *	  that cross the wire once and are named by id afterwards.
 *
 * Entries are found by their content, so a relation that is rebuilt with the
 * same rendering (after ANALYZE, in an invalidation storm) finds its old
 * entries and sends nothing again.  Entries are counted; those that nobody
 * holds stay known to the reader until room is needed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DICTIONARY_H
#define DICTIONARY_H

#include "postgres.h"

typedef struct DictionaryEntry
{
	struct DictionaryEntry *next;  /* in its hash bucket */
	struct DictionaryEntry *older; /* those that the reader knows, by last use */
	struct DictionaryEntry *newer;
	uint32 hash;
	uint32 id; /* 0: the reader does not know it */
	uint32 references;
	uint64 last_used; /* frame number */
	uint8 kind;		  /* ENTRY_TOPIC, ... */
	Size size;
	char bytes[FLEXIBLE_ARRAY_MEMBER]; /* the entry's body behind the id */
} DictionaryEntry;

typedef struct Dictionary Dictionary;

extern Dictionary *dictionary_new(MemoryContext context);

/* The entry with that body, made if need be; one more reference. */
extern DictionaryEntry *dictionary_intern(Dictionary *dictionary, uint8 kind, const char *body, Size size);

/* The same for a body that is one string or blob: u32 length + bytes. */
extern DictionaryEntry *dictionary_intern_string(Dictionary *dictionary, uint8 kind, const char *bytes, Size size);

/* Gives a reference back; NULL is allowed. */
extern void dictionary_release(Dictionary *dictionary, DictionaryEntry *entry);

/* It is used in that frame.  True: it has just got its id, and the reader must learn it. */
extern bool dictionary_use(Dictionary *dictionary, DictionaryEntry *entry, uint64 frame);

/*
 * Takes the id from one entry if announced entries outgrow the limit: the
 * least recently used one that was not used in the current frame.  True: the
 * reader must forget *id of that kind.
 */
extern bool dictionary_evict(Dictionary *dictionary, uint64 current_frame, uint8 *kind, uint32 *id);

#endif /* DICTIONARY_H */
