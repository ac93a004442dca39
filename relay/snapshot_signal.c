/*
 * snapshot_signal.c
 *	  Read with yajl_tree; names and defaults are those of Debezium's signals.
 */
#include "snapshot_signal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yajl/yajl_tree.h>

#include "memory.h"

static const struct
{
	const char *name;
	SignalType type;
} types[] = {
	{"execute-snapshot", SIGNAL_EXECUTE},
	{"stop-snapshot", SIGNAL_STOP},
	{"pause-snapshot", SIGNAL_PAUSE},
	{"resume-snapshot", SIGNAL_RESUME},
	{"log", SIGNAL_LOG},
	{"snapshot-window-open", SIGNAL_WINDOW_OPEN},
	{"snapshot-window-close", SIGNAL_WINDOW_CLOSE},
};

/* NULL: missing, or not a text.  Borrowed from the tree. */
static const char *
text_of(yajl_val map, const char *name)
{
	const char *path[] = {name, NULL};

	return YAJL_GET_STRING(yajl_tree_get(map, path, yajl_t_string));
}

static char *
trimmed(const char *text)
{
	size_t size;

	while (isspace((unsigned char) *text))
		text++;
	size = strlen(text);
	while (size > 0 && isspace((unsigned char) text[size - 1]))
		size--;
	return bytes_copy_text(text, size);
}

static bool
unusable(SnapshotSignal *signal, const char *reason)
{
	signal->type = SIGNAL_NONE;
	snprintf(signal->reason, sizeof(signal->reason), "%s", reason);
	return false;
}

static bool
take_collections(SnapshotSignal *signal, yajl_val data)
{
	const char *path[] = {"data-collections", NULL};
	yajl_val array = yajl_tree_get(data, path, yajl_t_array);
	size_t count = YAJL_IS_ARRAY(array) ? YAJL_GET_ARRAY(array)->len : 0;

	if (count == 0)
		return signal->type == SIGNAL_STOP || unusable(signal, "\"data-collections\" is missing or empty");
	signal->collections = bytes_alloc_zero(count, sizeof(char *));
	for (size_t i = 0; i < count; i++)
	{
		const char *name = YAJL_GET_STRING(YAJL_GET_ARRAY(array)->values[i]);

		if (name == NULL)
			return unusable(signal, "\"data-collections\" has an element that is not a string");
		signal->collections[signal->collection_count++] = trimmed(name);
	}
	return true;
}

static bool
take_conditions(SnapshotSignal *signal, yajl_val data)
{
	const char *path[] = {"additional-conditions", NULL};
	yajl_val array = yajl_tree_get(data, path, yajl_t_any);
	size_t count = YAJL_IS_ARRAY(array) ? YAJL_GET_ARRAY(array)->len : 0;

	if (array != NULL && !YAJL_IS_NULL(array) && !YAJL_IS_ARRAY(array))
		return unusable(signal, "\"additional-conditions\" is not an array");
	signal->conditions = bytes_alloc_zero(count + 1, sizeof(SignalCondition));
	for (size_t i = 0; i < count; i++)
	{
		yajl_val value = YAJL_GET_ARRAY(array)->values[i];
		const char *collection = YAJL_IS_OBJECT(value) ? text_of(value, "data-collection") : NULL;
		const char *filter = YAJL_IS_OBJECT(value) ? text_of(value, "filter") : NULL;

		if (collection == NULL || filter == NULL)
			return unusable(signal, "an element of \"additional-conditions\" lacks \"data-collection\" or \"filter\"");
		signal->conditions[signal->condition_count].collection = trimmed(collection);
		signal->conditions[signal->condition_count++].filter = memory_strdup(filter);
	}
	return true;
}

static bool
take_kind(SnapshotSignal *signal, yajl_val data)
{
	const char *kind = text_of(data, "type");

	if (kind == NULL || strcasecmp(kind, "incremental") == 0)
		return true;
	if (strcasecmp(kind, "blocking") != 0)
		return unusable(signal, "\"type\" is neither \"incremental\" nor \"blocking\"");
	signal->blocking = true;
	return true;
}

static bool
take_data(SnapshotSignal *signal, yajl_val data)
{
	const char *key;
	const char *message;

	switch (signal->type)
	{
		case SIGNAL_EXECUTE:
			key = text_of(data, "surrogate-key");
			if (key != NULL && key[strspn(key, " \t\r\n")] != '\0')
				signal->surrogate_key = trimmed(key);
			return take_collections(signal, data) && take_kind(signal, data) && take_conditions(signal, data);
		case SIGNAL_STOP:
			return take_collections(signal, data) && take_kind(signal, data);
		case SIGNAL_LOG:
			message = text_of(data, "message");
			if (message == NULL || *message == '\0')
				return unusable(signal, "\"message\" is missing");
			signal->message = memory_strdup(message);
			return true;
		default:
			return true;
	}
}

/* An object, or a string that holds one; nothing counts as an empty object. */
static void
parse_data(SnapshotSignal *signal, yajl_val tree)
{
	const char *path[] = {"data", NULL};
	yajl_val data = yajl_tree_get(tree, path, yajl_t_any);
	const char *text = YAJL_GET_STRING(data);
	char reason[128];
	yajl_val inner;

	if (text == NULL && !YAJL_IS_OBJECT(data))
		text = "";
	if (text == NULL)
	{
		(void) take_data(signal, data);
		return;
	}
	inner = yajl_tree_parse(text[strspn(text, " \t\r\n")] == '\0' ? "{}" : text, reason, sizeof(reason));
	if (YAJL_IS_OBJECT(inner))
		(void) take_data(signal, inner);
	else
		unusable(signal, "its data cannot be parsed as a JSON object");
	yajl_tree_free(inner);
}

static void
parse_type(SnapshotSignal *signal, yajl_val tree)
{
	const char *type = text_of(tree, "type");

	for (size_t i = 0; type != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i].name) == 0)
			signal->type = types[i].type;
	if (signal->type != SIGNAL_NONE)
		parse_data(signal, tree);
	else
		snprintf(signal->reason, sizeof(signal->reason), "unrecognized type \"%.100s\"", type != NULL ? type : "");
}

SnapshotSignal
snapshot_signal_parse(const char *json, size_t size)
{
	SnapshotSignal signal = {.type = SIGNAL_NONE};
	char *text = bytes_copy_text(json, size);
	char reason[128];
	yajl_val tree = yajl_tree_parse(text, reason, sizeof(reason));
	const char *deleted = YAJL_IS_OBJECT(tree) ? text_of(tree, "deleted") : NULL;
	const char *id = YAJL_IS_OBJECT(tree) ? text_of(tree, "id") : NULL;
	const char *slot = YAJL_IS_OBJECT(tree) ? text_of(tree, "slot") : NULL;

	signal.id = memory_strdup(deleted != NULL ? deleted : id != NULL ? id : "");
	signal.slot = slot != NULL ? memory_strdup(slot) : NULL;
	if (!YAJL_IS_OBJECT(tree))
		unusable(&signal, "it is not a JSON object");
	else if (deleted != NULL)
		signal.type = SIGNAL_DELETED;
	else
		parse_type(&signal, tree);
	yajl_tree_free(tree);
	free(text);
	return signal;
}

void
snapshot_signal_clear(SnapshotSignal *signal)
{
	for (size_t i = 0; i < signal->collection_count; i++)
		free(signal->collections[i]);
	for (size_t i = 0; i < signal->condition_count; i++)
	{
		free(signal->conditions[i].collection);
		free(signal->conditions[i].filter);
	}
	free(signal->collections);
	free(signal->conditions);
	free(signal->surrogate_key);
	free(signal->message);
	free(signal->slot);
	free(signal->id);
	memset(signal, 0, sizeof(*signal));
}

char *
snapshot_signal_log_text(const SnapshotSignal *signal, const char *position)
{
	const char *at = strstr(signal->message, "{}");

	if (at == NULL)
		return memory_strdup(signal->message);
	return memory_printf("%.*s%s%s", (int) (at - signal->message), signal->message, position, at + 2);
}
