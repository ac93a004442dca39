/*-------------------------------------------------------------------------
 *
 * clean_copy.h
 *	  Copies long text as far as it may stand in a JSON string as it is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLEAN_COPY_H
#define CLEAN_COPY_H

#include "postgres.h"

/* What is copied at once, in bytes. */
#define CLEAN_STRIDE 64

/* Bytes that cannot: controls, quotes, and the beginnings of surrogate pairs, which Jackson escapes. */
static inline bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0xF0;
}

/*
 * Copies in to out, which has room for size bytes and does not overlap, up to
 * the first byte that needs an escape or the last whole stride, and returns
 * how many bytes are copied: if a stride or more is left, such a byte is next,
 * else the rest is still to be looked at.  What stands in out behind them is
 * undefined.
 */
extern Size copy_clean_strides(char *out, const char *in, Size size);

#endif /* CLEAN_COPY_H */
