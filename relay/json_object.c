/*
 * json_object.c
 *	  See json_object.h.
 */
#include "json_object.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "memory.h"

/* ---- writing ---- */

yajl_gen
json_begin(void)
{
	return memory_checked(yajl_gen_alloc(NULL));
}

char *
json_end(yajl_gen gen)
{
	const unsigned char *json;
	size_t size;
	char *copy;

	yajl_gen_get_buf(gen, &json, &size);
	copy = bytes_copy_text((const char *) json, size);
	yajl_gen_free(gen);
	return copy;
}

void
json_put_text(yajl_gen gen, const char *text)
{
	yajl_gen_string(gen, (const unsigned char *) text, strlen(text));
}

void
json_put(yajl_gen gen, const char *name, const char *text)
{
	if (text == NULL)
		return;
	json_put_text(gen, name);
	json_put_text(gen, text);
}

void
json_put_number(yajl_gen gen, const char *name, int64_t number)
{
	json_put_text(gen, name);
	yajl_gen_integer(gen, number);
}

void
json_put_flag(yajl_gen gen, const char *name, bool flag)
{
	json_put_text(gen, name);
	yajl_gen_bool(gen, flag);
}

void
json_put_hex(yajl_gen gen, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, number);
	json_put(gen, name, text);
}

void
json_put_lsn(yajl_gen gen, const char *name, uint64_t lsn)
{
	char text[32];

	snprintf(text, sizeof(text), "%X/%X", (unsigned int) (lsn >> 32), (unsigned int) lsn);
	json_put(gen, name, text);
}

/* ---- reading ---- */

yajl_val
json_parse(const char *json, size_t size)
{
	char *text = bytes_copy_text(json, size);
	char reason[128];
	yajl_val tree = yajl_tree_parse(text, reason, sizeof(reason));

	free(text);
	return tree;
}

static yajl_val
get(yajl_val map, const char *name, yajl_type type)
{
	const char *path[] = {name, NULL};

	return yajl_tree_get(map, path, type);
}

yajl_val
json_get_object(yajl_val map, const char *name)
{
	return get(map, name, yajl_t_object);
}

yajl_val
json_get_array(yajl_val map, const char *name)
{
	return get(map, name, yajl_t_array);
}

const char *
json_get_text(yajl_val map, const char *name)
{
	return YAJL_GET_STRING(get(map, name, yajl_t_string));
}

bool
json_get_number(yajl_val map, const char *name, int64_t minimum, int64_t maximum, int64_t *number)
{
	yajl_val value = get(map, name, yajl_t_number);

	if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < minimum || YAJL_GET_INTEGER(value) > maximum)
		return false;
	*number = YAJL_GET_INTEGER(value);
	return true;
}

bool
json_get_flag(yajl_val map, const char *name, bool *flag)
{
	yajl_val value = get(map, name, yajl_t_any);

	if (!YAJL_IS_TRUE(value) && !YAJL_IS_FALSE(value))
		return false;
	*flag = YAJL_IS_TRUE(value);
	return true;
}

bool
json_get_hex(yajl_val map, const char *name, uint64_t *number)
{
	const char *text = json_get_text(map, name);
	char rest;

	return text != NULL && sscanf(text, "%16" SCNx64 "%c", number, &rest) == 1;
}

bool
json_get_lsn(yajl_val map, const char *name, uint64_t *lsn)
{
	const char *text = json_get_text(map, name);
	unsigned int high;
	unsigned int low;
	char rest;

	if (text == NULL || sscanf(text, "%8X/%8X%c", &high, &low, &rest) != 2)
		return false;
	*lsn = (uint64_t) high << 32 | low;
	return true;
}
