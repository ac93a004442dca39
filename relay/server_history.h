/*
 * server_history.h
 *	  Is the WAL of this server the one that progress was made in?
 */
#ifndef SERVER_HISTORY_H
#define SERVER_HISTORY_H

#include <libpq-fe.h>

#include "error.h"
#include "replication_slot.h"
#include "resume_plan.h"

/*
 * Asks the server for what tells its history from that of input->progress, if
 * there is progress: sets timeline_switch_lsn and xid_unknown.
 */
extern bool server_history_compare(PGconn *conn, const ServerIdentity *server, ResumeInput *input,
								   Error *error) MUST_CHECK;

#endif
