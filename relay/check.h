/*
 * check.h
 *	  wal2kafka check: what would stop or hurt a run, and the exact fix.
 *
 * Nothing is changed, neither in PostgreSQL nor in Kafka.  One thing is made
 * for a moment: a temporary slot, see check_server.c.
 */
#ifndef CHECK_H
#define CHECK_H

#include <libpq-fe.h>

#include "check_report.h"
#include "command_line.h"
#include "config.h"
#include "log.h"

/* Prints the report on stdout. Exit status: 0 if no line is FAIL, else 1. */
extern int check_command(const Config *config, const CommandLine *command, Logger *log);

/* Topics that the captured tables will write to. */
typedef struct TopicList
{
	char **names;
	size_t count;
} TopicList;

extern void topic_list_add(TopicList *topics, const char *name);
extern void topic_list_free(TopicList *topics);

/* Steps of the command. */

/* What later steps want to know of the server. */
typedef struct ServerFacts
{
	PGconn *conn; /* NULL: not reachable */
	bool slot_exists;
} ServerFacts;

/* The caller closes facts->conn. */
extern void check_server(const Config *config, CheckReport *report, ServerFacts *facts);
extern void check_tables(const Config *config, CheckReport *report, const ServerFacts *facts, TopicList *topics);
extern void check_kafka(const Config *config, CheckReport *report, const TopicList *topics);

#endif
