/*-------------------------------------------------------------------------
 *
 * json_tree.h
 *	  JSON that users wrote (payloads of an outbox, contents of messages),
 *	  taken apart as Jackson's ObjectMapper#readTree does.
 *
 * Tokens come from PostgreSQL's lexer (common/jsonapi.h); what is made of them
 * does not.  pg_parse_json() and jsonb differ from Jackson, and from what can
 * be allowed here, in this:
 *
 *	  - members of one name: the last value counts, at the place of the first;
 *	  - numbers are int, long, or double by how they are written, so their text
 *		decides;
 *	  - what follows the value is not looked at;
 *	  - \u0000 is a character;
 *	  - escapes are resolved to UTF-8, not to the server's encoding, where
 *		PostgreSQL raises an error on what that lacks;
 *	  - Jackson's limits (StreamReadConstraints) hold, and nesting ends in a
 *		refusal, not in an error that stops decoding.
 *
 * Half of a surrogate pair (\ud800 alone) is refused, too: Java would carry it
 * on, UTF-8 has no such character.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include "postgres.h"

typedef enum JsonNodeType
{
	NODE_NULL,
	NODE_BOOLEAN,
	NODE_STRING,
	NODE_INT,	 /* fits Java's int */
	NODE_LONG,	 /* fits long, not int */
	NODE_BIG,	 /* an integer beyond long */
	NODE_DOUBLE, /* written with a point or an exponent */
	NODE_ARRAY,
	NODE_OBJECT
} JsonNodeType;

typedef struct JsonNode
{
	JsonNodeType type;
	const char *name; /* as a member of an object, NUL-terminated */
	union
	{
		bool boolean;
		int64 integer;
		double number;
		struct
		{
			const char *text; /* UTF-8; may be part of what was parsed */
			Size size;
		};
		struct
		{
			int count;
			struct JsonNode **items;  /* of an array, or members of an object: in order, each name once */
			struct JsonNode **sorted; /* members by name */
		};
	};
} JsonNode;

/* In the current context, which also must keep the text; NULL: not to be parsed, *problem says why. */
extern JsonNode *json_tree_parse(const char *utf8, Size size, const char **problem);

/* The member of that name; NULL: there is none.  hint: where to look first, moved behind what was found. */
extern const JsonNode *json_node_member(const JsonNode *object, const char *name, int *hint);

/* "NUMBER" and so on, as Jackson's JsonNodeType; kinds of numbers are one type. */
extern const char *json_node_type_name(const JsonNode *node);

#endif /* JSON_TREE_H */
