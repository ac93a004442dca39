/*-------------------------------------------------------------------------
 *
 * json_line.h
 *	  One record as one line of JSON (format=json).
 *
 * Key, value and headers are spliced in as they are; nothing is parsed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_LINE_H
#define JSON_LINE_H

#include "postgres.h"

#include "dictionary.h"
#include "json_writer.h"

typedef struct JsonLine
{
	const DictionaryEntry *topic;
	const DictionaryEntry *key_schema;
	const DictionaryEntry *value_schema;
	const DictionaryEntry *headers;
	const char *own_headers; /* in wire form */
	Size own_headers_size;
	uint8 flags;	 /* RECORD_* */
	int32 partition; /* -1: not set */
	int64 timestamp; /* -1: not set */
	const char *key;
	Size key_size;
	const char *value;
	Size value_size;
} JsonLine;

/* Appends the line, without a newline, to writer. */
extern void json_line_write(JsonWriter *writer, const JsonLine *record);

#endif /* JSON_LINE_H */
