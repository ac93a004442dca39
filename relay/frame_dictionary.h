/*
 * frame_dictionary.h
 *	  What a stream has defined and not forgotten: topics, schemas, header
 *	  sets, relations by their ids.
 */
#ifndef FRAME_DICTIONARY_H
#define FRAME_DICTIONARY_H

#include "bytes.h"
#include "frame_reader.h"

typedef struct DictionaryEntry DictionaryEntry;

struct DictionaryEntry
{
	DictionaryEntry *next; /* in its bucket, or among the forgotten */
	uint8_t kind;		   /* ENTRY_TOPIC, ENTRY_SCHEMA, ENTRY_HEADERSET, ENTRY_RELATION */
	uint32_t id;
	size_t charge; /* against FRAME_DICTIONARY_LIMIT */
	char *body;	   /* copy of the entry's body, which the members point into */
	union
	{
		FrameTopic topic;
		Bytes schema;
		FrameHeaderset headerset;
		FrameRelation relation;
	} as;
};

typedef struct FrameDictionary
{
	FrameReaderCallbacks callbacks;
	DictionaryEntry **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	size_t charge;
	DictionaryEntry *forgotten; /* still borrowed by the frame being read */
} FrameDictionary;

extern void frame_dictionary_init(FrameDictionary *dictionary, const FrameReaderCallbacks *callbacks);
extern void frame_dictionary_destroy(FrameDictionary *dictionary);

/* NULL: not defined. */
extern DictionaryEntry *frame_dictionary_find(const FrameDictionary *dictionary, uint8_t kind, uint32_t id);

/*
 * Defines an entry from its checked body, of which a copy is made; `as` is
 * zero, to be filled from entry->body.  NULL: the id is zero or in use, or the
 * limit is passed; *why says which.
 */
extern DictionaryEntry *frame_dictionary_define(FrameDictionary *dictionary, uint8_t kind, uint32_t id,
												const char *body, size_t size, const char **why);
/* False: not defined.  The entry lives until frame_dictionary_sweep. */
extern bool frame_dictionary_forget(FrameDictionary *dictionary, uint8_t kind, uint32_t id);
/* Frees what was forgotten. */
extern void frame_dictionary_sweep(FrameDictionary *dictionary);

#endif
