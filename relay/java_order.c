/*
 * java_order.c
 *	  The order in which Java's HashMap and HashSet give back texts.
 */
#include "java_order.h"

#define DEFAULT_SIZE 16
/* HashMap's load factor is three quarters. */
#define FULL(size) ((size) *3 / 4)

/* One code point; malformed bytes count for themselves, they cannot come from PostgreSQL. */
static uint32_t
next_code_point(const unsigned char **at)
{
	const unsigned char *p = *at;
	int more = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : p[0] >= 0xC0 ? 1 : 0;
	uint32_t point = more == 3 ? p[0] & 0x07 : more == 2 ? p[0] & 0x0F : more == 1 ? p[0] & 0x1F : p[0];

	for (int i = 1; i <= more && p[i] != '\0'; i++, (*at)++)
		point = point << 6 | (p[i] & 0x3F);
	(*at)++;
	return point;
}

int32_t
java_string_hash(const char *text)
{
	const unsigned char *at = (const unsigned char *) text;
	uint32_t hash = 0;

	while (*at != '\0')
	{
		uint32_t point = next_code_point(&at);

		if (point >= 0x10000)
		{
			hash = hash * 31 + (0xD800 + ((point - 0x10000) >> 10));
			point = 0xDC00 + ((point - 0x10000) & 0x3FF);
		}
		hash = hash * 31 + point;
	}
	return (int32_t) hash;
}

static size_t
power_of_two(size_t least)
{
	size_t size = 1;

	while (size < least)
		size *= 2;
	return size;
}

size_t
java_copied_map_size(size_t given, size_t added)
{
	/* an empty map has no table before the first put */
	size_t size = given == 0 ? DEFAULT_SIZE : power_of_two(given * 4 / 3 + 1);

	while (given + added > FULL(size))
		size *= 2;
	return size;
}

size_t
java_copied_set_size(size_t count)
{
	size_t wanted = count * 4 / 3 + 1;

	return power_of_two(wanted < DEFAULT_SIZE ? DEFAULT_SIZE : wanted);
}

static size_t
bucket(const char *key, size_t table_size)
{
	uint32_t hash = (uint32_t) java_string_hash(key);

	return (hash ^ hash >> 16) & (table_size - 1);
}

void
java_map_order(const char *const *keys, size_t count, size_t table_size, size_t *order)
{
	/* an insertion sort by bucket: stable, and lists of tables are short */
	for (size_t i = 0; i < count; i++)
	{
		size_t at = i;

		while (at > 0 && bucket(keys[order[at - 1]], table_size) > bucket(keys[i], table_size))
		{
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
}
