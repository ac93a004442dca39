/*
 * json_line.h
 *	  One record as a line of JSON, in the form the plugin's format=json has.
 */
#ifndef JSON_LINE_H
#define JSON_LINE_H

#include "bytes.h"
#include "record_bytes.h"
#include "sink.h"

/* Appends the line with its newline. Key, value and holes come as they are; what is not JSON goes as base64. */
extern void json_line_append(Buffer *buffer, const SinkRecord *sink_record);
/* The same for a record of the relay's own, whose key and value are JSON structures, other text (base64) or (data NULL) null. */
extern void json_line_append_raw(Buffer *buffer, const char *topic, int32_t partition, Bytes key, Bytes value);

#endif
