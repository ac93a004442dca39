/*-------------------------------------------------------------------------
 *
 * java_regex.h
 *	  Java's regular expressions on top of PCRE2; java_dialect.h lists what
 *	  is accepted.
 *
 * Patterns come from options and are hostile: memory, nesting and the number
 * of steps of a match are bounded, and constructs that cannot be had with
 * Java's meaning are refused by name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_REGEX_H
#define JAVA_REGEX_H

#include "postgres.h"

typedef struct JavaRegex JavaRegex;
typedef struct RegexList RegexList;

/* One pattern, as Pattern.compile().  Lives in context.  ERROR names option and pattern. */
extern JavaRegex *java_regex_compile(MemoryContext context, const char *option, const char *pattern, bool ignore_case);

/* Matcher.matches(): does it match all of the UTF-8 subject?  ERROR if that takes too many steps. */
extern bool java_regex_matches(const JavaRegex *regex, const char *subject, Size size);

/* ERROR, naming option, if the replacement is malformed or refers to a group that the pattern does not have. */
extern void java_replacement_check(const JavaRegex *regex, const char *option, const char *replacement);

/*
 * Matcher.replaceFirst(): the subject with the first match anywhere in it
 * replaced; $1 and ${name} stand for groups, \x for x.  In the current
 * context.  The replacement must have been checked.
 */
extern char *java_regex_replace_first(const JavaRegex *regex, const char *subject, const char *replacement);

/*
 * A comma-separated list ("\," is a comma in a pattern) as Debezium's
 * Strings.setOfRegex reads it: blanks around each are trimmed, each is matched
 * against the whole subject without regard to the case of ASCII letters.
 * NULL if there are none.  Lives in context.  ERROR names option and pattern.
 */
extern RegexList *regex_list_compile(MemoryContext context, const char *option, const char *text);

/* Does any of them match all of the UTF-8 subject?  ERROR if that takes too many steps.  A NULL list matches nothing. */
extern bool regex_list_matches(const RegexList *list, const char *subject, Size size);

/* Place, from 1 on, of the first pattern that matches all of the subject; 0: none does. */
extern int regex_list_position(const RegexList *list, const char *subject, Size size);

#endif /* JAVA_REGEX_H */
