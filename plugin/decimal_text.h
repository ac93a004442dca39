/*-------------------------------------------------------------------------
 *
 * decimal_text.h
 *	  Text of java.math.BigDecimal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DECIMAL_TEXT_H
#define DECIMAL_TEXT_H

#include "postgres.h"

#include "json_writer.h"

/*
 * BigDecimal.toString() of plain text with scale digits behind the point:
 * scientific notation once the exponent of its first digit is below -6.
 */
extern void decimal_text_write(JsonWriter *writer, const char *plain, Size size, int scale);

/* Plain text of an unscaled value (big-endian two's complement); in the current context. */
extern char *decimal_plain_text(const char *unscaled, Size unscaled_size, int scale, Size *size);

#endif /* DECIMAL_TEXT_H */
