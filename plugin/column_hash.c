/*-------------------------------------------------------------------------
 *
 * column_hash.c
 *	  See column_hash.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/md5.h"
#include "common/sha1.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "column_hash.h"

#define SALT_SEPARATOR ".with.salt."

/* Java's names and aliases, case ignored (MessageDigest of the JDK). */
typedef struct Algorithm
{
	const char *names[3];
	pg_cryptohash_type type;
	int size;
} Algorithm;

static const Algorithm algorithms[] = {
	{{"MD5"}, PG_MD5, MD5_DIGEST_LENGTH},
	{{"SHA-1", "SHA1", "SHA"}, PG_SHA1, SHA1_DIGEST_LENGTH},
	{{"SHA-224", "SHA224"}, PG_SHA224, PG_SHA224_DIGEST_LENGTH},
	{{"SHA-256", "SHA256"}, PG_SHA256, PG_SHA256_DIGEST_LENGTH},
	{{"SHA-384", "SHA384"}, PG_SHA384, PG_SHA384_DIGEST_LENGTH},
	{{"SHA-512", "SHA512"}, PG_SHA512, PG_SHA512_DIGEST_LENGTH},
};

struct ColumnHash
{
	const Algorithm *algorithm;
	const char *salt;
	bool serialised;
};

/* Java's object stream: its magic and version, then a string with a length of two or of eight bytes. */
#define STREAM_MAGIC "\xAC\xED\x00\x05"
#define STREAM_STRING 0x74
#define STREAM_LONG_STRING 0x7C

static const Algorithm *
find_algorithm(const char *name)
{
	for (int i = 0; i < lengthof(algorithms); i++)
		for (int n = 0; n < lengthof(algorithms[i].names) && algorithms[i].names[n] != NULL; n++)
			if (pg_strcasecmp(algorithms[i].names[n], name) == 0)
				return &algorithms[i];
	return NULL;
}

ColumnHash *
column_hash_parse(const char *option, const char *text, bool serialised)
{
	ColumnHash *hash = palloc(sizeof(ColumnHash));
	const char *end = strchrnul(text, '.');
	char *name = pnstrdup(text, end - text);

	if (*name == '\0' || strncmp(end, SALT_SEPARATOR, strlen(SALT_SEPARATOR)) != 0 ||
		end[strlen(SALT_SEPARATOR)] == '\0')
		ereport(
			ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR), errmsg("malformed option name \"%s\"", option),
			 errhint(
				 "Write column.mask.hash.ALGORITHM.with.salt.SALT, or column.mask.hash.v2.ALGORITHM.with.salt.SALT.")));
	hash->algorithm = find_algorithm(name);
	hash->salt = pstrdup(end + strlen(SALT_SEPARATOR));
	hash->serialised = serialised;
	if (hash->algorithm == NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("hash algorithm \"%s\" in option \"%s\" is not supported", name, option),
						errhint("Allowed: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.")));
	return hash;
}

static void
append_utf16_unit(StringInfo out, unsigned int unit)
{
	appendStringInfoChar(out, (char) (0xE0 | (unit >> 12)));
	appendStringInfoChar(out, (char) (0x80 | ((unit >> 6) & 0x3F)));
	appendStringInfoChar(out, (char) (0x80 | (unit & 0x3F)));
}

/* Java's modified UTF-8: the halves of a surrogate pair one by one.  (Text of PostgreSQL has no NUL.) */
static void
append_modified_utf8(StringInfo out, const char *text, Size size)
{
	const char *end = text + size;

	while (text < end)
	{
		int length = pg_utf_mblen((const unsigned char *) text);

		if (length < 4)
			appendBinaryStringInfo(out, text, length);
		else
		{
			pg_wchar c = utf8_to_unicode((const unsigned char *) text) - 0x10000;

			append_utf16_unit(out, 0xD800 + (c >> 10));
			append_utf16_unit(out, 0xDC00 + (c & 0x3FF));
		}
		text += length;
	}
}

/* What ObjectOutputStream.writeObject() makes of a string. */
static void
append_serialised(StringInfo out, const char *text, Size size)
{
	StringInfoData encoded;
	int length_size;

	initStringInfo(&encoded);
	append_modified_utf8(&encoded, text, size);
	length_size = encoded.len <= 0xFFFF ? 2 : 8;
	appendBinaryStringInfo(out, STREAM_MAGIC, sizeof(STREAM_MAGIC) - 1);
	appendStringInfoChar(out, length_size == 2 ? STREAM_STRING : STREAM_LONG_STRING);
	for (int shift = 8 * (length_size - 1); shift >= 0; shift -= 8)
		appendStringInfoChar(out, (char) ((uint64) encoded.len >> shift));
	appendBinaryStringInfo(out, encoded.data, encoded.len);
}

static void
digest_failed(pg_cryptohash_ctx *context)
{
	const char *reason = pg_cryptohash_error(context);

	ereport(ERROR,
			(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute the hash of a masked column: %s", reason)));
}

int
column_hash_digest(const ColumnHash *hash, const char *text, Size size, char *digits)
{
	pg_cryptohash_ctx *context;
	uint8 digest[PG_SHA512_DIGEST_LENGTH];
	StringInfoData serialised;

	if (hash->serialised)
	{
		initStringInfo(&serialised);
		append_serialised(&serialised, text, size);
		text = serialised.data;
		size = serialised.len;
	}
	context = pg_cryptohash_create(hash->algorithm->type);
	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) hash->salt, strlen(hash->salt)) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) text, size) < 0 ||
		pg_cryptohash_final(context, digest, hash->algorithm->size) < 0)
		digest_failed(context);
	pg_cryptohash_free(context);
	return (int) hex_encode((const char *) digest, hash->algorithm->size, digits);
}
