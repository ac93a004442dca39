/*
 * memory.h
 *	  Results of allocating functions of others, checked: out of memory ends
 *	  the process as bytes.h says.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

static inline void *
memory_checked(void *pointer)
{
	if (pointer == NULL)
		abort();
	return pointer;
}

/* A copy; the caller frees. */
static inline char *
memory_strdup(const char *text)
{
	return bytes_copy_text(text, strlen(text));
}

/* printf to a string; the caller frees. */
static inline char *__attribute__((format(printf, 1, 2))) memory_printf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int written;

	va_start(args, format);
	written = vasprintf(&text, format, args);
	va_end(args);
	return memory_checked(written < 0 ? NULL : text);
}

#endif
