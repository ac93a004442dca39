/*-------------------------------------------------------------------------
 *
 * java_class.h
 *	  What java_dialect.c and java_class.c share: the translation at work, and
 *	  character classes, escapes and properties.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_CLASS_H
#define JAVA_CLASS_H

#include "postgres.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#define MAX_NESTING 100

typedef struct Flags
{
	bool ignore_case;
	bool dot_all;
	bool comments;
} Flags;

typedef struct Dialect
{
	const char *option;
	const char *pattern;
	const char *at;
	StringInfoData out;
	Flags flags;
	Flags saved[MAX_NESTING]; /* of the groups that are open */
	int depth;
	int groups; /* capturing ones so far */
} Dialect;

/* Members of a class: ASCII as bits, the rest as text for PCRE2. */
typedef struct Members
{
	bool ascii[128];
	StringInfoData others;
} Members;

/* ERROR: the pattern uses a construct that is not supported, or is not a pattern. */
extern void dialect_refuse(const Dialect *dialect, const char *construct);
extern void dialect_invalid(const Dialect *dialect, const char *reason);

/* The character at the reading position, which moves behind it. */
extern pg_wchar dialect_next(Dialect *dialect);

/* With flag x, white space and comments mean nothing. */
extern void dialect_skip_comments(Dialect *dialect);

extern void class_members_init(Members *members);

/* Writes the members as a class of PCRE2. */
extern void class_members_write(Dialect *dialect, const Members *members, bool negated);

/* One character as a literal, in both cases if case is ignored. */
extern void class_write_literal(Dialect *dialect, pg_wchar c);

/* Behind a backslash.  True: it stands for one character. */
extern bool class_read_escape(Dialect *dialect, pg_wchar *c);

/* Between \Q and \E; the reading position is behind \Q.  Returns where the quoted text ends. */
extern const char *class_quoted_end(const Dialect *dialect);

/* Behind a backslash in or outside of a class: sets of characters.  False: something else. */
extern bool class_add_set(Dialect *dialect, Members *members, char letter);

/* A class, from behind its [ to behind its ]. */
extern void class_translate(Dialect *dialect);

#endif /* JAVA_CLASS_H */
