/*-------------------------------------------------------------------------
 *
 * column_hash.h
 *	  The digests of column.mask.hash and column.mask.hash.v2 (MaskStrings in
 *	  Debezium).
 *
 *-------------------------------------------------------------------------
 */
#ifndef COLUMN_HASH_H
#define COLUMN_HASH_H

#include "postgres.h"

typedef struct ColumnHash ColumnHash;

/*
 * From "ALGORITHM.with.salt.SALT", UTF-8; option is the whole name, for
 * errors.  serialised: version 1, which digests Java's serialised form of the
 * string.  In the current context; ERROR if the algorithm is not one of MD5,
 * SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512.
 */
extern ColumnHash *column_hash_parse(const char *option, const char *text, bool serialised);

/* Longest digest in hexadecimal digits. */
#define COLUMN_HASH_DIGITS 128

/* Writes the digest of salt and UTF-8 text in lower-case hexadecimal digits and returns their number. */
extern int column_hash_digest(const ColumnHash *hash, const char *text, Size size, char *digits);

#endif /* COLUMN_HASH_H */
