/*
 * incremental_window.c
 *	  A ring of the last changes, and while a chunk is at work the set of keys
 *	  that transactions unseen by its snapshot have changed.
 */
#include "incremental_window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/* Changes remembered while no chunk is at work; a power of two. */
#define HISTORY (64 * 1024)
/* Transactions whose changes are forgotten; a power of two. */
#define FORGOTTEN 4096
/* Changes remembered at most while one is. */
#define CHANGES_MAX (4 * 1024 * 1024)

typedef struct Change
{
	uint64_t key;
	uint32_t xid;
} Change;

typedef struct Seen
{
	uint64_t xmin;
	uint64_t xmax;
	uint64_t *running;
	size_t running_count;
} Seen;

struct IncrementalWindow
{
	Change *changes; /* a ring: the oldest stands at first % capacity */
	size_t capacity; /* a power of two */
	size_t first;
	size_t count;
	uint32_t forgotten[FORGOTTEN]; /* the last transactions of which changes are forgotten, a ring */
	size_t forgotten_count;		   /* ever */

	bool begun;
	bool overflowed;
	bool read; /* seen is set */
	bool blind;
	Seen seen;
	uint64_t *unseen_keys; /* a hash set, 0: free */
	size_t unseen_capacity;
	size_t unseen_count;
};

IncrementalWindow *
incremental_window_new(void)
{
	IncrementalWindow *window = bytes_alloc_zero(1, sizeof(IncrementalWindow));

	window->capacity = HISTORY;
	window->changes = bytes_alloc(window->capacity * sizeof(Change));
	return window;
}

void
incremental_window_free(IncrementalWindow *window)
{
	if (window == NULL)
		return;
	free(window->changes);
	free(window->seen.running);
	free(window->unseen_keys);
	free(window);
}

/* Table and key in one number, never 0.  Two keys that fall together cost a row that the stream has brought anyway. */
static uint64_t
mix(uint32_t relation, uint64_t key_hash)
{
	uint64_t value = key_hash ^ ((uint64_t) relation * UINT64_C(0x9E3779B97F4A7C15));

	value ^= value >> 32;
	value *= UINT64_C(0xD6E8FEB86659FD93);
	value ^= value >> 32;
	return value != 0 ? value : 1;
}

/* ---- what the snapshot saw ---- */

static bool
read_number(const char **at, char end, uint64_t *number)
{
	char *rest;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*number = strtoull(*at, &rest, 10);
	if (errno != 0 || *rest != end)
		return false;
	*at = rest + (end != '\0');
	return true;
}

/* xmin:xmax:xip,xip,... */
static bool
parse_snapshot(const char *text, Seen *seen)
{
	size_t room = 1;

	if (!read_number(&text, ':', &seen->xmin) || !read_number(&text, ':', &seen->xmax))
		return false;
	for (const char *at = text; *at != '\0'; at++)
		room += *at == ',';
	seen->running = bytes_alloc_zero(room, sizeof(uint64_t));
	while (*text != '\0')
	{
		char end = strchr(text, ',') != NULL ? ',' : '\0';

		if (!read_number(&text, end, &seen->running[seen->running_count]))
			return false;
		seen->running_count++;
	}
	return true;
}

/* The stream has 32 bits of a number whose upper half counts rounds: the one next to the snapshot's is meant. */
static uint64_t
full_xid(const Seen *seen, uint32_t xid)
{
	int32_t distance = (int32_t) (xid - (uint32_t) seen->xmax);

	return seen->xmax + (uint64_t) (int64_t) distance;
}

static bool
is_seen(const Seen *seen, uint32_t xid)
{
	uint64_t full = full_xid(seen, xid);

	if (full < seen->xmin || full >= seen->xmax)
		return full < seen->xmin;
	for (size_t i = 0; i < seen->running_count; i++)
		if (seen->running[i] == full)
			return false;
	return true;
}

/* ---- keys that it did not see changed ---- */

static size_t
slot_of(const IncrementalWindow *window, uint64_t key)
{
	size_t at = (size_t) key & (window->unseen_capacity - 1);

	while (window->unseen_keys[at] != 0 && window->unseen_keys[at] != key)
		at = (at + 1) & (window->unseen_capacity - 1);
	return at;
}

static void
grow_unseen(IncrementalWindow *window)
{
	uint64_t *old = window->unseen_keys;
	size_t old_capacity = window->unseen_capacity;

	window->unseen_capacity = old_capacity == 0 ? 1024 : old_capacity * 2;
	window->unseen_keys = bytes_alloc_zero(window->unseen_capacity, sizeof(uint64_t));
	for (size_t i = 0; i < old_capacity; i++)
		if (old[i] != 0)
			window->unseen_keys[slot_of(window, old[i])] = old[i];
	free(old);
}

static void
add_unseen(IncrementalWindow *window, uint64_t key)
{
	size_t at;

	if (2 * (window->unseen_count + 1) > window->unseen_capacity)
		grow_unseen(window);
	at = slot_of(window, key);
	if (window->unseen_keys[at] == 0)
		window->unseen_count++;
	window->unseen_keys[at] = key;
}

static bool
has_unseen(const IncrementalWindow *window, uint64_t key)
{
	return window->unseen_capacity > 0 && window->unseen_keys[slot_of(window, key)] == key;
}

/* ---- the ring ---- */

static void
forget_oldest(IncrementalWindow *window)
{
	uint32_t xid = window->changes[window->first & (window->capacity - 1)].xid;
	size_t last = (window->forgotten_count - 1) & (FORGOTTEN - 1);

	if (window->forgotten_count == 0 || window->forgotten[last] != xid)
		window->forgotten[window->forgotten_count++ & (FORGOTTEN - 1)] = xid;
	window->first++;
	window->count--;
}

static void
grow_changes(IncrementalWindow *window)
{
	Change *bigger = bytes_alloc(2 * window->capacity * sizeof(Change));

	for (size_t i = 0; i < window->count; i++)
		bigger[i] = window->changes[(window->first + i) & (window->capacity - 1)];
	free(window->changes);
	window->changes = bigger;
	window->capacity *= 2;
	window->first = 0;
}

static void
make_room(IncrementalWindow *window)
{
	bool all_matter = window->begun && !window->read;
	size_t limit = all_matter ? CHANGES_MAX : HISTORY;

	if (window->count >= limit)
	{
		window->overflowed |= all_matter;
		forget_oldest(window);
	}
	else if (window->count == window->capacity)
		grow_changes(window);
}

void
incremental_window_note(IncrementalWindow *window, uint32_t relation, uint64_t key_hash, uint32_t xid)
{
	uint64_t key = mix(relation, key_hash);

	if (xid == 0)
		return;
	make_room(window);
	window->changes[(window->first + window->count) & (window->capacity - 1)] = (Change){key, xid};
	window->count++;
	if (window->read && !is_seen(&window->seen, xid))
		add_unseen(window, key);
}

/* ---- one chunk ---- */

void
incremental_window_begin(IncrementalWindow *window)
{
	incremental_window_end(window);
	window->begun = true;
}

/* Is a transaction whose changes are forgotten one that the snapshot did not see? */
static bool
forgot_unseen(const IncrementalWindow *window)
{
	size_t count = window->forgotten_count < FORGOTTEN ? window->forgotten_count : FORGOTTEN;

	for (size_t i = 0; i < count; i++)
		if (!is_seen(&window->seen, window->forgotten[i]))
			return true;
	return false;
}

bool
incremental_window_read(IncrementalWindow *window, const char *snapshot, bool whole)
{
	if (!parse_snapshot(snapshot, &window->seen))
		return false;
	if (!whole)
	{
		window->seen.xmax = window->seen.xmin;
		window->seen.running_count = 0;
	}
	window->read = true;
	window->blind = window->overflowed || forgot_unseen(window);
	for (size_t i = 0; i < window->count; i++)
	{
		const Change *change = &window->changes[(window->first + i) & (window->capacity - 1)];

		if (!is_seen(&window->seen, change->xid))
			add_unseen(window, change->key);
	}
	return true;
}

bool
incremental_window_is_blind(const IncrementalWindow *window)
{
	return window->blind;
}

bool
incremental_window_is_blind_for(const IncrementalWindow *window, uint32_t relation)
{
	return has_unseen(window, mix(relation, 0));
}

bool
incremental_window_allows(const IncrementalWindow *window, uint32_t relation, uint64_t key_hash)
{
	return key_hash == 0 ||
		   (!has_unseen(window, mix(relation, key_hash)) && !incremental_window_is_blind_for(window, relation));
}

void
incremental_window_end(IncrementalWindow *window)
{
	free(window->seen.running);
	free(window->unseen_keys);
	memset(&window->seen, 0, sizeof(window->seen));
	window->unseen_keys = NULL;
	window->unseen_capacity = 0;
	window->unseen_count = 0;
	window->begun = false;
	window->overflowed = false;
	window->read = false;
	window->blind = false;
	while (window->count > HISTORY)
		forget_oldest(window);
}
