/*
 * command_line.h
 *	  What the user asked for: command, files, options.
 */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stdint.h>
#include <stdio.h>

#include "config.h"
#include "error.h"
#include "log.h"

#ifndef WAL2KAFKA_VERSION
#define WAL2KAFKA_VERSION "1.0"
#endif

typedef enum CommandKind
{
	COMMAND_RUN,
	COMMAND_CHECK,
	COMMAND_PEEK,
	COMMAND_STATUS,
	COMMAND_HELP,
	COMMAND_VERSION,
} CommandKind;

typedef enum EndposKind
{
	ENDPOS_NONE,
	ENDPOS_LSN,
	ENDPOS_NOW, /* the server's WAL end when streaming starts */
} EndposKind;

/* All pointers are borrowed from argv. */
typedef struct CommandLine
{
	CommandKind kind;
	const char *connector_file; /* or NULL */
	const char *worker_file;	/* or NULL */
	ConfigSink sink;
	const char *sink_path;	   /* with CONFIG_SINK_FILE */
	const char *progress_file; /* run, status: --progress-file, or NULL */
	EndposKind endpos;
	uint64_t endpos_lsn; /* with ENDPOS_LSN */
	LogFormat log_format;
	LogLevel log_level;
	bool accept_gap; /* run: these four, see ResumeInput and RelaySettings */
	bool start_at_slot;
	bool accept_new_system;
	bool takeover;
	bool json;	   /* status */
	bool watch;	   /* status */
	int64_t limit; /* peek: that many records at most */
} CommandLine;

/*
 * Reads arguments, environment and files into *command and config, whose
 * purpose and sink it sets; config_check() comes after it, by the caller, with
 * a log of command's format and level.  False: ERROR_CONFIG.  With
 * COMMAND_HELP and COMMAND_VERSION nothing is read; the caller prints with
 * command_line_show() and ends with status 0.
 */
extern bool command_line_parse(int argc, char **argv, CommandLine *command, Config *config, Error *error) MUST_CHECK;

/*
 * The file that keeps progress: --progress-file, or beside a file of records;
 * NULL: there is none (Kafka, stdout, a pipe).  The caller frees.
 */
extern char *command_line_progress_path(const CommandLine *command);

/* The text of --help or --version. */
extern void command_line_show(const CommandLine *command, FILE *out);

#endif
