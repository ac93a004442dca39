/*-------------------------------------------------------------------------
 *
 * java_text.h
 *	  Small things that Java and Kafka Connect say about text and schemas.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_TEXT_H
#define JAVA_TEXT_H

#include "postgres.h"

/* String#trim and then isEmpty: nothing above U+0020. NULL is blank. */
extern bool java_is_blank(const char *utf8, Size size);

/* new String(bytes, UTF_8): U+FFFD for what is not UTF-8. In the current context, NUL-terminated. */
extern char *java_text_of_bytes(const char *bytes, Size size, Size *text_size);

/* The type of a schema as Connect's messages write it: Schema.Type, "FLOAT64" for double. */
extern const char *java_schema_type(const char *type);

#endif /* JAVA_TEXT_H */
