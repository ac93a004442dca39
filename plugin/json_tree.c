/*-------------------------------------------------------------------------
 *
 * json_tree.c
 *	  See json_tree.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "json_tree.h"
#include "pg_compat.h"

/* com.fasterxml.jackson.core.StreamReadConstraints; lengths in UTF-16 units. */
#define MAX_DEPTH 1000
#define MAX_NUMBER_LENGTH 1000
#define MAX_NAME_LENGTH 50000
#define MAX_STRING_LENGTH 20000000

/* Values of one document, which bounds the memory that it takes: beyond any payload's. */
#define MAX_VALUES 1000000

/* An array or object that is not closed yet. */
typedef struct OpenNode
{
	JsonNode *node;
	int room;
	struct OpenNode *outer;
} OpenNode;

typedef struct Parser
{
	JsonLexContext *lexer;
	OpenNode *open;
	int depth;
	int values;
	const char *name; /* of the member whose value comes next */
	const char *problem;
} Parser;

static bool
fail(Parser *parser, const char *problem)
{
	if (parser->problem == NULL)
		parser->problem = problem;
	return false;
}

static bool
next_token(Parser *parser)
{
	JsonParseErrorType result = json_lex(parser->lexer);

	CHECK_FOR_INTERRUPTS();
	if (result == JSON_SUCCESS)
		return true;
	return fail(parser, "it is not valid JSON");
}

/* ---------------------------------------------------------------- strings */

/* Length in Java's characters. */
static Size
java_length(const char *utf8, Size size)
{
	Size length = 0;

	for (Size i = 0; i < size; i++)
	{
		unsigned char c = (unsigned char) utf8[i];

		length += (c & 0xC0) != 0x80;
		length += c >= 0xF0;
	}
	return length;
}

static bool
too_long(const char *utf8, Size size, Size limit)
{
	return size > limit && java_length(utf8, size) > limit;
}

/* Four digits, which the lexer has checked. */
static unsigned int
read_unit(const char *digits)
{
	unsigned int unit = 0;

	for (int i = 0; i < 4; i++)
	{
		char c = digits[i];

		unit = unit * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return unit;
}

/* \uXXXX, and the second half of a pair with it; *at is behind the u.  Returns how many bytes it wrote, 0: half a pair. */
static int
write_unicode(const char **at, const char *end, char *out)
{
	unsigned int unit = read_unit(*at);

	*at += 4;
	if (unit >= 0xDC00 && unit <= 0xDFFF)
		return 0;
	if (unit >= 0xD800 && unit <= 0xDBFF)
	{
		unsigned int low = end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' ? read_unit(*at + 2) : 0;

		if (low < 0xDC00 || low > 0xDFFF)
			return 0;
		*at += 6;
		unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
	}
	unicode_to_utf8(unit, (unsigned char *) out);
	return pg_utf_mblen((unsigned char *) out);
}

/* Resolves the escapes between at and end; room for as many bytes is there, for no escape is shorter than its character. */
static bool
unescape(Parser *parser, const char *at, const char *end, char *out, Size *size)
{
	static const char letters[] = "bfnrt";
	static const char values[] = "\b\f\n\r\t";
	char *start = out;

	while (at < end)
	{
		const char *letter;
		int written;

		if (*at != '\\')
		{
			*out++ = *at++;
			continue;
		}
		at++;
		if (*at == 'u')
		{
			at++;
			written = write_unicode(&at, end, out);
			if (written == 0)
				return fail(parser, "it has half of a surrogate pair");
			out += written;
			continue;
		}
		if (*at == '\0') /* the lexer takes it for one of the letters */
			return fail(parser, "it is not valid JSON");
		letter = strchr(letters, *at);
		*out++ = letter ? values[letter - letters] : *at;
		at++;
	}
	*size = out - start;
	return true;
}

/* The string that is the current token, without copying it if it has no escapes. */
static bool
read_string(Parser *parser, Size limit, const char **text, Size *size)
{
	const char *start = parser->lexer->token_start + 1;
	const char *end = parser->lexer->token_terminator - 1;

	*text = start;
	*size = end - start;
	if (memchr(start, '\\', end - start) != NULL)
	{
		char *copy = MemoryContextAllocHuge(CurrentMemoryContext, end - start + 1);

		*text = copy;
		if (!unescape(parser, start, end, copy, size))
			return false;
	}
	if (too_long(*text, *size, limit))
		return fail(parser, "it has a name or a string that is too long");
	return true;
}

static bool
read_name(Parser *parser)
{
	const char *text;
	Size size;

	if (!read_string(parser, MAX_NAME_LENGTH, &text, &size))
		return false;
	if (memchr(text, '\0', size) != NULL)
		return fail(parser, "it has a name with the character \\u0000");
	parser->name = pnstrdup(text, size);
	return true;
}

/* ---------------------------------------------------------------- numbers */

static bool
read_integer(const char *text, JsonNode *node)
{
	char *end;

	errno = 0;
	node->integer = strtoll(text, &end, 10);
	if (errno == ERANGE)
		node->type = NODE_BIG;
	else
		node->type = node->integer >= PG_INT32_MIN && node->integer <= PG_INT32_MAX ? NODE_INT : NODE_LONG;
	return true;
}

static bool
read_number(Parser *parser, JsonNode *node)
{
	const char *start = parser->lexer->token_start;
	Size size = parser->lexer->token_terminator - start;
	char text[MAX_NUMBER_LENGTH + 8];
	Size digits = 0;

	for (Size i = 0; i < size; i++)
		digits += start[i] >= '0' && start[i] <= '9';
	if (digits > MAX_NUMBER_LENGTH)
		return fail(parser, "it has a number that is too long");
	memcpy(text, start, size);
	text[size] = '\0';
	if (strpbrk(text, ".eE") == NULL)
		return read_integer(text, node);
	node->type = NODE_DOUBLE;
	node->number = strtod(text, NULL);
	return true;
}

/* ---------------------------------------------------------------- objects */

static int
compare_members(const void *a, const void *b, void *arg)
{
	JsonNode *const *items = arg;
	int left = *(const int *) a;
	int right = *(const int *) b;
	int result = strcmp(items[left]->name, items[right]->name);

	return result != 0 ? result : left - right;
}

/* Each name once: the last value at the place of the first.  Leaves the members in order and by name. */
static void
close_object(JsonNode *object)
{
	int *order = palloc(Max(object->count, 1) * sizeof(int));
	JsonNode **items = object->items;
	int names = 0;
	int kept = 0;

	for (int i = 0; i < object->count; i++)
		order[i] = i;
	qsort_arg(order, object->count, sizeof(int), compare_members, items);
	object->sorted = palloc(Max(object->count, 1) * sizeof(JsonNode *));
	for (int i = 0; i < object->count; i++)
	{
		JsonNode **first = names > 0 ? &object->sorted[names - 1] : NULL;
		JsonNode *member = items[order[i]];

		if (first == NULL || strcmp((*first)->name, member->name) != 0)
		{
			object->sorted[names++] = member;
			continue;
		}
		**first = *member;
		items[order[i]] = NULL;
	}
	for (int i = 0; i < object->count; i++)
		if (items[i] != NULL)
			items[kept++] = items[i];
	object->count = kept;
}

const JsonNode *
json_node_member(const JsonNode *object, const char *name, int *hint)
{
	int low = 0;
	int high = object->count;

	if (*hint < object->count && strcmp(object->items[*hint]->name, name) == 0)
		return object->items[(*hint)++];
	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order = strcmp(object->sorted[middle]->name, name);

		if (order == 0)
			return object->sorted[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* ---------------------------------------------------------------- values */

/* Puts the node where it belongs: into the innermost open one. */
static void
add_node(Parser *parser, JsonNode *node)
{
	OpenNode *open = parser->open;
	JsonNode *parent;

	node->name = parser->name;
	parser->name = NULL;
	if (open == NULL)
		return;
	parent = open->node;
	if (parent->count == open->room)
	{
		open->room = open->room > 0 ? open->room * 2 : 8;
		parent->items = parent->items ? repalloc_huge(parent->items, open->room * sizeof(JsonNode *))
									  : palloc(open->room * sizeof(JsonNode *));
	}
	parent->items[parent->count++] = node;
}

static bool
open_node(Parser *parser, JsonNode *node, JsonNodeType type)
{
	OpenNode *open;

	if (++parser->depth > MAX_DEPTH)
		return fail(parser, "it is nested too deeply");
	node->type = type;
	open = palloc0(sizeof(OpenNode));
	open->node = node;
	open->outer = parser->open;
	parser->open = open;
	return true;
}

static void
close_node(Parser *parser)
{
	JsonNode *node = parser->open->node;

	if (node->type == NODE_OBJECT)
		close_object(node);
	parser->open = parser->open->outer;
	parser->depth--;
}

/* The value that begins with the current token. */
static JsonNode *
read_value(Parser *parser)
{
	JsonNode *node = palloc0(sizeof(JsonNode));
	bool valid = true;

	if (++parser->values > MAX_VALUES)
	{
		fail(parser, "it has too many values");
		return NULL;
	}
	add_node(parser, node);
	switch (parser->lexer->token_type)
	{
		case JSON_TOKEN_OBJECT_START:
			valid = open_node(parser, node, NODE_OBJECT);
			break;
		case JSON_TOKEN_ARRAY_START:
			valid = open_node(parser, node, NODE_ARRAY);
			break;
		case JSON_TOKEN_STRING:
			node->type = NODE_STRING;
			valid = read_string(parser, MAX_STRING_LENGTH, &node->text, &node->size);
			break;
		case JSON_TOKEN_NUMBER:
			valid = read_number(parser, node);
			break;
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
			node->type = NODE_BOOLEAN;
			node->boolean = parser->lexer->token_type == JSON_TOKEN_TRUE;
			break;
		case JSON_TOKEN_NULL:
			break;
		default:
			valid = fail(parser, "it is not valid JSON");
	}
	return valid ? node : NULL;
}

/* A member's name and its colon, up to the first token of the value. */
static bool
read_member(Parser *parser)
{
	if (parser->lexer->token_type != JSON_TOKEN_STRING)
		return fail(parser, "it is not valid JSON");
	if (!read_name(parser) || !next_token(parser))
		return false;
	if (parser->lexer->token_type != JSON_TOKEN_COLON)
		return fail(parser, "it is not valid JSON");
	return next_token(parser);
}

/* What comes next in the innermost open node: its end, or another value. */
static bool
read_next(Parser *parser)
{
	const JsonNode *node = parser->open->node;
	JsonTokenType end = node->type == NODE_OBJECT ? JSON_TOKEN_OBJECT_END : JSON_TOKEN_ARRAY_END;

	if (!next_token(parser))
		return false;
	if (parser->lexer->token_type == end)
	{
		close_node(parser);
		return true;
	}
	if (node->count > 0)
	{
		if (parser->lexer->token_type != JSON_TOKEN_COMMA)
			return fail(parser, "it is not valid JSON");
		if (!next_token(parser))
			return false;
	}
	if (node->type == NODE_OBJECT && !read_member(parser))
		return false;
	return read_value(parser) != NULL;
}

JsonNode *
json_tree_parse(const char *utf8, Size size, const char **problem)
{
	Parser parser = {.lexer = compat_json_tokens(unconstify(char *, utf8), (int) size)};
	JsonNode *root = next_token(&parser) ? read_value(&parser) : NULL;

	while (root != NULL && parser.open != NULL)
	{
		if (!read_next(&parser))
			root = NULL;
	}
	*problem = parser.problem;
	return root;
}

const char *
json_node_type_name(const JsonNode *node)
{
	switch (node->type)
	{
		case NODE_NULL:
			return "NULL";
		case NODE_BOOLEAN:
			return "BOOLEAN";
		case NODE_STRING:
			return "STRING";
		case NODE_ARRAY:
			return "ARRAY";
		case NODE_OBJECT:
			return "OBJECT";
		default:
			return "NUMBER";
	}
}
