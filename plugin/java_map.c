/*-------------------------------------------------------------------------
 *
 * java_map.c
 *	  See java_map.h.
 *
 * A HashMap is iterated bucket by bucket, and in a bucket as inserted.  Two
 * rules make it more than that, once a ninth key comes into one bucket: a
 * table of less than 64 buckets doubles, and in a larger one the bucket
 * becomes a red-black tree, whose nodes also form a list: a new node comes
 * behind its parent, and the root is moved to the front.  Whether that happens
 * is found out by counting; only then the map is really built.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "java_hash.h"
#include "java_map.h"

#define CAPACITY_MIN 16
#define CAPACITY_FOR_TREES 64
#define LIST_MAX 8		 /* more keys than that in a bucket make it a tree */
#define TREE_SPLIT_MAX 6 /* half a split tree of at most that many is a list again */

JavaKey
java_key(const char *utf8, Size size)
{
	JavaKey key = {.utf8 = utf8, .size = size, .hash = java_string_hash(utf8, size)};

	key.hash ^= key.hash >> 16;
	return key;
}

/* How many keys a table of that capacity holds before it doubles. */
static inline uint32
threshold(uint32 capacity)
{
	return capacity / 4 * 3;
}

static void *
allocate(Size size)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/*-------------------------------------------------------------------------
 * Lists only
 *-------------------------------------------------------------------------
 */

/* Fills counts of the first keys in a table of that capacity; false: one bucket has too many. */
static bool
count_buckets(const JavaKey *keys, uint32 count, uint32 capacity, uint32 *counts)
{
	bool few = true;

	memset(counts, 0, sizeof(uint32) * capacity);
	for (uint32 i = 0; i < count; i++)
		few &= ++counts[keys[i].hash & (capacity - 1)] <= LIST_MAX;
	return few;
}

/* By counting; NULL: there would be trees, or doubling on their account. */
static uint32 *
order_of_lists(const JavaKey *keys, uint32 count)
{
	uint32 *order = allocate(sizeof(uint32) * Max(count, 1));
	uint32 capacity = CAPACITY_MIN;
	uint32 *next;
	uint32 filled = 0;

	while (count > threshold(capacity))
		capacity *= 2;
	next = allocate(sizeof(uint32) * capacity);
	for (uint32 smaller = CAPACITY_MIN; smaller < capacity; smaller *= 2)
		if (!count_buckets(keys, threshold(smaller) + 1, smaller, next))
			return NULL;
	if (!count_buckets(keys, count, capacity, next))
		return NULL;
	for (uint32 bucket = 0; bucket < capacity; bucket++)
	{
		uint32 in_bucket = next[bucket];

		next[bucket] = filled;
		filled += in_bucket;
	}
	for (uint32 i = 0; i < count; i++)
		order[next[keys[i].hash & (capacity - 1)]++] = i;
	return order;
}

/*-------------------------------------------------------------------------
 * The map itself
 *-------------------------------------------------------------------------
 */

typedef struct MapNode
{
	const JavaKey *key;
	struct MapNode *next; /* in its bucket */
	struct MapNode *prev; /* trees only, as all below */
	struct MapNode *parent;
	struct MapNode *left;
	struct MapNode *right;
	bool red;
	bool in_tree;
} MapNode;

typedef struct Map
{
	MapNode **table;
	uint32 capacity;
	uint32 size;
} Map;

/* String.compareTo(): by UTF-16 units. */
static int
compare_strings(const JavaKey *a, const JavaKey *b)
{
	const unsigned char *left = (const unsigned char *) a->utf8;
	const unsigned char *right = (const unsigned char *) b->utf8;
	const unsigned char *left_end = left + a->size;
	const unsigned char *right_end = right + b->size;

	while (left < left_end && right < right_end)
	{
		pg_wchar x = utf8_to_unicode(left);
		pg_wchar y = utf8_to_unicode(right);

		if (x != y)
		{
			/* surrogates stand below U+E000 */
			if ((x >= 0x10000) != (y >= 0x10000) && Min(x, y) >= 0xE000)
				return x >= 0x10000 ? -1 : 1;
			return x < y ? -1 : 1;
		}
		left += pg_utf_mblen(left);
		right += pg_utf_mblen(right);
	}
	return left < left_end ? 1 : right < right_end ? -1 : 0;
}

static bool
goes_left(const MapNode *node, const MapNode *of)
{
	int32 hash = (int32) node->key->hash;
	int32 other = (int32) of->key->hash;

	if (hash != other)
		return hash < other;
	return compare_strings(node->key, of->key) <= 0;
}

/* Puts child in node's place below node's parent. */
static void
replace_child(MapNode **root, MapNode *node, MapNode *child)
{
	child->parent = node->parent;
	if (node->parent == NULL)
		*root = child;
	else if (node->parent->left == node)
		node->parent->left = child;
	else
		node->parent->right = child;
}

static void
rotate(MapNode **root, MapNode *node, bool to_left)
{
	MapNode *up = to_left ? node->right : node->left;
	MapNode *between = to_left ? up->left : up->right;

	if (to_left)
		node->right = between;
	else
		node->left = between;
	if (between)
		between->parent = node;
	replace_child(root, node, up);
	if (to_left)
		up->left = node;
	else
		up->right = node;
	node->parent = up;
}

/* The usual repair of a red-black tree behind an insertion. */
static void
balance(MapNode **root, MapNode *node)
{
	node->red = true;
	while (node->parent && node->parent->red)
	{
		MapNode *parent = node->parent;
		MapNode *grandparent = parent->parent;
		bool parent_left = parent == grandparent->left;
		MapNode *uncle = parent_left ? grandparent->right : grandparent->left;

		if (uncle && uncle->red)
		{
			uncle->red = parent->red = false;
			grandparent->red = true;
			node = grandparent;
			continue;
		}
		if (node == (parent_left ? parent->right : parent->left))
		{
			rotate(root, parent, parent_left);
			parent = node;
		}
		parent->red = false;
		grandparent->red = true;
		rotate(root, grandparent, !parent_left);
		break;
	}
	(*root)->red = false;
}

/* Hangs the node into the tree and returns its parent. */
static MapNode *
insert_below(MapNode **root, MapNode *node)
{
	MapNode *parent = NULL;
	MapNode *at = *root;
	bool left = false;

	while (at)
	{
		parent = at;
		left = goes_left(node, at);
		at = left ? at->left : at->right;
	}
	node->parent = parent;
	if (left)
		parent->left = node;
	else
		parent->right = node;
	return parent;
}

static void
move_to_front(MapNode **bucket, MapNode *root)
{
	MapNode *first = *bucket;

	if (root == first)
		return;
	if (root->next)
		root->next->prev = root->prev;
	if (root->prev)
		root->prev->next = root->next;
	first->prev = root;
	root->next = first;
	root->prev = NULL;
	*bucket = root;
}

/* Makes a tree of a bucket's list. */
static void
make_tree(MapNode **bucket)
{
	MapNode *root = NULL;
	MapNode *prev = NULL;
	MapNode *next;

	for (MapNode *node = *bucket; node; node = next)
	{
		next = node->next;
		node->prev = prev;
		prev = node;
		node->in_tree = true;
		node->left = node->right = node->parent = NULL;
		node->red = false;
		if (root == NULL)
			root = node;
		else
		{
			insert_below(&root, node);
			balance(&root, node);
		}
	}
	move_to_front(bucket, root);
}

static void
put_into_tree(MapNode **bucket, MapNode *node)
{
	MapNode *root = *bucket;
	MapNode *parent = insert_below(&root, node);

	node->in_tree = true;
	node->next = parent->next;
	node->prev = parent;
	if (parent->next)
		parent->next->prev = node;
	parent->next = node;
	balance(&root, node);
	move_to_front(bucket, root);
}

/* What a half of a split tree becomes; it stays as it is if nothing left it. */
static void
settle_half(MapNode **bucket, uint32 size, bool alone)
{
	if (size > TREE_SPLIT_MAX && !alone)
		make_tree(bucket);
	for (MapNode *node = *bucket; node && size <= TREE_SPLIT_MAX; node = node->next)
		node->in_tree = false;
}

static void
split_bucket(MapNode *first, MapNode **halves[2], uint32 bit)
{
	bool was_tree = first && first->in_tree;
	MapNode *last[2] = {NULL, NULL};
	uint32 sizes[2] = {0, 0};
	MapNode *next;

	for (MapNode *node = first; node; node = next)
	{
		int half = (node->key->hash & bit) != 0;

		next = node->next;
		node->next = NULL;
		node->prev = last[half];
		if (last[half])
			last[half]->next = node;
		else
			*halves[half] = node;
		last[half] = node;
		sizes[half]++;
	}
	for (int half = 0; was_tree && half < 2; half++)
		if (sizes[half] > 0)
			settle_half(halves[half], sizes[half], sizes[1 - half] == 0);
}

static void
double_table(Map *map)
{
	MapNode **table = allocate(sizeof(MapNode *) * map->capacity * 2);

	for (uint32 i = 0; i < map->capacity; i++)
	{
		MapNode **halves[2] = {&table[i], &table[i + map->capacity]};

		split_bucket(map->table[i], halves, map->capacity);
	}
	map->table = table;
	map->capacity *= 2;
}

/* Appends to a list; true: the bucket has too many now. */
static bool
append_to_list(MapNode **bucket, MapNode *node)
{
	uint32 count = 1;

	for (; *bucket; bucket = &(*bucket)->next)
		count++;
	*bucket = node;
	return count > LIST_MAX;
}

static void
put(Map *map, MapNode *node)
{
	MapNode **bucket = &map->table[node->key->hash & (map->capacity - 1)];

	if (*bucket && (*bucket)->in_tree)
		put_into_tree(bucket, node);
	else if (append_to_list(bucket, node))
	{
		if (map->capacity < CAPACITY_FOR_TREES)
			double_table(map);
		else
			make_tree(bucket);
	}
	if (++map->size > threshold(map->capacity))
		double_table(map);
}

static uint32 *
order_of_map(const JavaKey *keys, uint32 count)
{
	uint32 *order = allocate(sizeof(uint32) * count);
	MapNode *nodes = allocate(sizeof(MapNode) * count);
	Map map = {.table = allocate(sizeof(MapNode *) * CAPACITY_MIN), .capacity = CAPACITY_MIN};
	uint32 filled = 0;

	for (uint32 i = 0; i < count; i++)
	{
		nodes[i].key = &keys[i];
		put(&map, &nodes[i]);
	}
	for (uint32 i = 0; i < map.capacity; i++)
		for (const MapNode *node = map.table[i]; node; node = node->next)
			order[filled++] = (uint32) (node->key - keys);
	return order;
}

uint32 *
java_map_order(const JavaKey *keys, uint32 count)
{
	uint32 *order = order_of_lists(keys, count);

	return order ? order : order_of_map(keys, count);
}
