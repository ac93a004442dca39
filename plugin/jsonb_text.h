/*-------------------------------------------------------------------------
 *
 * jsonb_text.h
 *	  jsonb as the JSON string that holds its text, without writing that text
 *	  anywhere else first.
 *
 * The text is what jsonb's output function prints (JsonbToCString(): a blank
 * behind commas and colons).
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSONB_TEXT_H
#define JSONB_TEXT_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "json_writer.h"

/* The text as a JSON string; strings in value must be UTF-8. */
extern void jsonb_text_write(JsonWriter *writer, Jsonb *value);

#endif /* JSONB_TEXT_H */
