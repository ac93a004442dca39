/*-------------------------------------------------------------------------
 *
 * java_dialect.h
 *	  Java's regular expressions (java.util.regex.Pattern, JDK 19 and later)
 *	  rewritten for PCRE2.
 *
 * Nothing is passed through as it stands: every construct is read as Java
 * reads it and written in a form that PCRE2 cannot read otherwise, so what is
 * accepted means the same.  Accepted:
 *
 *	  literals			all characters but \ ^ $ . | ? * + ( ) [ {, and these
 *						behind a backslash; \Q...\E
 *	  characters		\t \n \r \f \a \e \cX \0o \0oo \0ooo \xhh \x{h...}
 *						\uhhhh (two of them for a surrogate pair)
 *	  any character		. (not a line terminator, unless flag s)
 *	  classes			[abc] [^abc] [a-z], with all of the next two lines inside
 *	  predefined		\d \D \w \W \s \S \h \H \v \V
 *	  properties		\p{Lower} Upper ASCII Alpha Digit Alnum Punct Graph Print
 *						Blank Cntrl XDigit Space, all of them ASCII; \p{Lu} and
 *						the other general categories, also as \pL, \p{IsLu},
 *						\p{gc=Lu}, \p{general_category=Lu}; \P negates
 *	  boundaries		^ $ \A \z \Z \b \B
 *	  line break		\R
 *	  quantifiers		? * + {n} {n,} {n,m}, greedy, reluctant and possessive
 *	  groups			(...) (?<name>...) (?:...) (?>...) and alternatives
 *	  look-around		(?=...) (?!...) (?<=...) (?<!...); those behind need
 *						alternatives of fixed length
 *	  references		\1 and \k<name> to groups that stand before, where case
 *						matters
 *	  flags				(?i) (?s) (?x), alone or as (?i:...) and (?-i)
 *
 * Refused by name: && and [ inside a class, \p{IsAlphabetic}, \p{IsLatin},
 * \p{InGreek}, \p{javaLowerCase} and other properties, \X \G \N{...} \b{g},
 * the flags d, m, u and U, references where case is ignored, and whatever
 * Java does not know.
 *
 * Ignoring case concerns the letters A to Z only, as in Java without
 * UNICODE_CASE; PCRE2's own way would fold all of Unicode, so the letters are
 * written in both cases instead.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_DIALECT_H
#define JAVA_DIALECT_H

#include "postgres.h"

/*
 * The pattern (UTF-8) for pcre2_compile() with PCRE2_UTF and no other option,
 * in the current context.  Capturing groups keep numbers and names.  ERROR
 * names option, pattern and construct.
 */
extern char *java_dialect_translate(const char *option, const char *pattern, bool ignore_case);

#endif /* JAVA_DIALECT_H */
