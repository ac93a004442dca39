/*-------------------------------------------------------------------------
 *
 * java_regex.h
 *	  Java's regular expressions, as far as PCRE2 means the same by them.
 *
 * Patterns come from options and are hostile: memory, nesting and the number
 * of steps of a match are bounded, and constructs that Java does not have, or
 * reads differently, are refused by name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_REGEX_H
#define JAVA_REGEX_H

#include "postgres.h"

typedef struct RegexList RegexList;

/*
 * A comma-separated list ("\," is a comma in a pattern) as Debezium's
 * Strings.setOfRegex reads it: blanks around each are trimmed, each is matched
 * against the whole subject without regard to case.  NULL if there are none.
 * Lives in context.  ERROR names option and pattern.
 */
extern RegexList *regex_list_compile(MemoryContext context, const char *option, const char *text);

/* Does any of them match all of the UTF-8 subject?  ERROR if that takes too many steps.  A NULL list matches nothing. */
extern bool regex_list_matches(const RegexList *list, const char *subject, Size size);

#endif /* JAVA_REGEX_H */
