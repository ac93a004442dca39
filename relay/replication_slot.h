/*
 * replication_slot.h
 *	  The slot and the server behind it, asked and changed over a replication
 *	  connection.
 */
#ifndef REPLICATION_SLOT_H
#define REPLICATION_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "error.h"

#define SLOT_TEXT_SIZE 64

/* The first server version that knows failover slots. */
#define FAILOVER_VERSION 170000

typedef struct ServerIdentity
{
	uint64_t system_identifier;
	uint32_t timeline;
	uint64_t wal_end; /* flushed; on a standby replayed */
	char database[SLOT_TEXT_SIZE];
	int wal_sender_timeout_ms; /* 0: none */
} ServerIdentity;

typedef struct ReplicationSlot
{
	bool exists;
	bool logical;
	bool lost; /* its WAL is gone */
	char plugin[SLOT_TEXT_SIZE];
	char database[SLOT_TEXT_SIZE];
	int active_pid; /* 0: nobody uses it */
	uint64_t confirmed_flush_lsn;
} ReplicationSlot;

typedef struct CreatedSlot
{
	uint64_t consistent_lsn;
	char snapshot_name[SLOT_TEXT_SIZE]; /* "" if none was exported */
} CreatedSlot;

extern bool server_identify(PGconn *conn, ServerIdentity *identity, Error *error) MUST_CHECK;

/*
 * Where the server's history left `timeline`, from TIMELINE_HISTORY; 0 if the
 * history does not mention it.
 */
extern bool server_timeline_switch(PGconn *conn, uint32_t server_timeline, uint32_t timeline, uint64_t *switch_lsn,
								   Error *error) MUST_CHECK;

/* Looks for it; a slot that is not there is no error. */
extern bool replication_slot_find(PGconn *conn, const char *name, ReplicationSlot *slot, Error *error) MUST_CHECK;

/*
 * Takes the lock that says who works for the slot, in this database, until
 * the connection ends: while a snapshot is read the slot itself is in nobody's
 * use.  *locked false: another relay has it.  A relay whose machine is gone
 * loses it after a minute (the server's TCP keepalives).
 */
extern bool replication_slot_lock(PGconn *conn, const char *name, bool *locked, Error *error) MUST_CHECK;

/* Is it one that can be streamed here: logical, of this plugin and database?  ERROR_CONFIG with the fix if not. */
extern bool replication_slot_check(const ReplicationSlot *slot, const char *name, const char *database,
								   Error *error) MUST_CHECK;

/* What kind of slot to create. */
typedef struct SlotRequest
{
	const char *name;
	bool export_snapshot;
	bool failover;	/* left out on servers that do not know it */
	bool temporary; /* ends with the connection */
} SlotRequest;

/*
 * Creates it.  An exported snapshot lives until the next command on conn.
 * Waits as long as transactions that hold an xid are running; a stop request
 * ends that.
 */
extern bool replication_slot_create(PGconn *conn, const SlotRequest *request, CreatedSlot *created,
									Error *error) MUST_CHECK;

/* Goes on although a stop is requested, for a few seconds; a slot that is not there is no error. */
extern bool replication_slot_drop(PGconn *conn, const char *name, Error *error) MUST_CHECK;

#endif
