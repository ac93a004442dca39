/*
 * main.c
 *	  Start order, the choice of the command, and the only exit.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "command_line.h"
#include "config_provider.h"
#include "file_sink.h"
#include "http_server.h"
#include "kafka_sink.h"
#include "kafka_transaction.h"
#include "peek.h"
#include "progress_topic.h"
#include "relay_run.h"
#include "signals.h"
#include "slot_watch.h"
#include "status.h"

typedef struct SinkChoice
{
	const CommandLine *command;
	const Config *config;
	Logger *log;
	ProgressFile *progress_file; /* NULL: Kafka keeps progress, or nobody */
	KafkaPoison *poison;
} SinkChoice;

static Sink *
make_exact_file(const SinkChoice *choice, Error *error)
{
	const CommandLine *command = choice->command;
	const OutputAcceptance acceptance = {.gap = command->accept_gap, .start = command->start_at_slot};

	if (choice->progress_file != NULL)
		return file_sink_new_exactly_once(command->sink_path, choice->progress_file, acceptance, choice->log, error);
	error_set(error, ERROR_CONFIG, "file \"%s\" is not a regular file: nothing can be taken back from it",
			  command->sink_path);
	error_hint(error, "name a file, or set exactly.once.support to requested");
	return NULL;
}

static Sink *
make_sink(void *arg, const SinkIdentity *identity, Error *error)
{
	const SinkChoice *choice = arg;
	Sink *sink;

	switch (choice->command->sink)
	{
		case CONFIG_SINK_STDOUT:
			return stdout_sink_new(choice->log, error);
		case CONFIG_SINK_FILE:
			return identity != NULL ? make_exact_file(choice, error)
									: file_sink_new(choice->command->sink_path, choice->log, error);
		case CONFIG_SINK_NULL:
			return null_sink_new(error);
		case CONFIG_SINK_KAFKA:
			break;
	}
	sink = kafka_sink_new(choice->config, identity, choice->log, error);
	if (sink != NULL && identity != NULL)
		kafka_sink_set_poison(sink, choice->poison);
	return sink;
}

static ProgressMedium *
make_progress(void *arg)
{
	const SinkChoice *choice = arg;

	return choice->progress_file != NULL ? progress_file_medium(choice->progress_file)
										 : progress_topic_new(choice->config, choice->log);
}

static const char *
sink_name(const CommandLine *command)
{
	switch (command->sink)
	{
		case CONFIG_SINK_STDOUT:
			return "stdout";
		case CONFIG_SINK_FILE:
			return command->sink_path;
		case CONFIG_SINK_NULL:
			return "the null sink";
		case CONFIG_SINK_KAFKA:
			break;
	}
	return "Kafka";
}

/* Nothing that hangs could be tidied up, and nothing needs it: what was not confirmed is sent again. */
static void
end_stuck(void)
{
	_exit(1);
}

static bool
run_with_metrics(const RelaySettings *settings, Error *error)
{
	const char *listen_address = config_text(settings->config, OPT_HTTP_LISTEN);
	HttpServer *server = NULL;
	SlotWatch *watch = NULL;
	bool done;

	if (listen_address != NULL)
	{
		server = http_server_new(listen_address, settings->metrics, error);
		if (server == NULL)
			return false;
	}
	done = slot_watch_new(settings->config, settings->log, settings->metrics, end_stuck, &watch, error) &&
		   relay_run(settings, error);
	slot_watch_free(watch);
	http_server_free(server);
	return done;
}

static bool
command_run(const CommandLine *command, const Config *config, Logger *log, Error *error)
{
	char *progress_path = command_line_progress_path(command);
	ProgressFile *progress_file = progress_path != NULL ? progress_file_new(progress_path, log) : NULL;
	SinkChoice choice = {
		.command = command, .config = config, .log = log, .progress_file = progress_file, .poison = kafka_poison_new()};
	bool kafka = command->sink == CONFIG_SINK_KAFKA;
	RelaySettings settings = {
		.config = config,
		.log = log,
		.metrics = metrics_new(),
		.make_sink = make_sink,
		.make_progress = make_progress,
		.make_sink_arg = &choice,
		.sink_refused = kafka ? kafka_sink_records_refused : NULL,
		.sink_name = sink_name(command),
		.sink_keeps_progress = kafka || progress_file != NULL,
		.endpos_now = command->endpos == ENDPOS_NOW,
		.endpos_lsn = command->endpos == ENDPOS_LSN ? command->endpos_lsn : 0,
		.exactly_once = strcmp(config_text(config, OPT_EXACTLY_ONCE_SUPPORT), "required") == 0,
		.accept_gap = command->accept_gap,
		.start_at_slot = command->start_at_slot,
		.accept_new_system = command->accept_new_system,
		.takeover = command->takeover,
	};
	bool done;

	if (settings.exactly_once && kafka)
	{
		settings.transaction_timeout_ms = kafka_transaction_timeout_ms(config, false);
		settings.snapshot_timeout_ms = kafka_transaction_timeout_ms(config, true);
	}
	done = run_with_metrics(&settings, error);
	metrics_free(settings.metrics);
	progress_file_free(progress_file);
	kafka_poison_free(choice.poison);
	free(progress_path);
	return done;
}

/* In this order nothing that is logged shows a secret. */
static bool
read_configuration(Config *config, Logger *log, Error *error)
{
	bool valid;

	config_provider_hide_secrets(config, log);
	if (!config_provider_resolve(config, log, error))
		return false;
	config_provider_hide_secrets(config, log);
	valid = config_check(config, log, error);
	config_provider_hide_secrets(config, log);
	return valid;
}

static bool
dispatch(const CommandLine *command, Config *config, Logger *log, int *status, Error *error)
{
	*status = 0;
	if (!read_configuration(config, log, error))
		return false;
	switch (command->kind)
	{
		case COMMAND_CHECK:
			*status = check_command(config, command, log);
			return true;
		case COMMAND_PEEK:
			*status = peek_command(config, command, log);
			return true;
		case COMMAND_STATUS:
			*status = status_command(config, command, log);
			return true;
		default:
			return command_run(command, config, log, error);
	}
}

/* The last line of a run that failed is the reason, with the way out. */
static int
tell_failure(Logger *log, const Error *error)
{
	if (error->hint[0] != '\0')
		log_error(log, "%s (%s)", error->message, error->hint);
	else
		log_error(log, "%s", error->message);
	return error_exit_status(error->kind);
}

int
main(int argc, char **argv)
{
	CommandLine command;
	Config *config = config_new();
	Logger *log = NULL;
	Error error = {0};
	int status = 0;
	bool done;

	done = command_line_parse(argc, argv, &command, config, &error);
	log = done ? log_new(command.log_format, command.log_level) : log_new(LOG_TEXT, LOG_INFO);
	if (done && (command.kind == COMMAND_HELP || command.kind == COMMAND_VERSION))
		command_line_show(&command, stdout);
	else
		done = done && signals_install(&error) && dispatch(&command, config, log, &status, &error);
	if (!done)
		status = tell_failure(log, &error);
	log_free(log);
	config_free(config);
	return status;
}
