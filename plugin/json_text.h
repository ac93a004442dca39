/*-------------------------------------------------------------------------
 *
 * json_text.h
 *	  Is a text of somebody's JSON?
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "postgres.h"

/* UTF-8 text that is one JSON value on one line, and not nested beyond all measure. */
extern bool json_text_is_one_line(const char *utf8, Size size);

#endif /* JSON_TEXT_H */
