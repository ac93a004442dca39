/*
 * snapshot_signal.h
 *	  A signal as Debezium has them, {"id","type","data"}, to what is wanted.
 *	  Pure.
 *
 * Signals come from people: whatever is wrong with one is a reason to say so
 * and to go on, never an error.
 */
#ifndef SNAPSHOT_SIGNAL_H
#define SNAPSHOT_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>

typedef enum SignalType
{
	SIGNAL_NONE, /* cannot be used; the reason says why */
	SIGNAL_EXECUTE,
	SIGNAL_STOP,
	SIGNAL_PAUSE,
	SIGNAL_RESUME,
	SIGNAL_LOG,
	SIGNAL_WINDOW_OPEN,
	SIGNAL_WINDOW_CLOSE,
	SIGNAL_DELETED, /* the row `id` was deleted */
} SignalType;

/* A filter for the tables that a pattern fits. */
typedef struct SignalCondition
{
	char *collection;
	char *filter;
} SignalCondition;

typedef struct SnapshotSignal
{
	SignalType type;
	char *id;	/* never NULL; "" if it has none */
	char *slot; /* NULL: not said */
	bool blocking;
	char **collections; /* patterns */
	size_t collection_count;
	SignalCondition *conditions;
	size_t condition_count;
	char *surrogate_key; /* NULL: none */
	char *message;		 /* of a log signal */
	char reason[256];	 /* of SIGNAL_NONE, for people */
} SnapshotSignal;

/* `data` may be an object or a string that holds one.  Free the result with snapshot_signal_clear(), whatever it is. */
extern SnapshotSignal snapshot_signal_parse(const char *json, size_t size);
extern void snapshot_signal_clear(SnapshotSignal *signal);

/* "{}" of a log signal's message replaced once by position, as Debezium's logger does.  The caller frees. */
extern char *snapshot_signal_log_text(const SnapshotSignal *signal, const char *position);

#endif
