/*
 * command_line.c
 *	  Arguments first, since they name the files; then settings in the order
 *	  of config.h, so that the last wins.
 */
#include "command_line.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_file.h"
#include "memory.h"
#include "option_info.h"
#include "pg_session.h"

#define DEFAULT_PEEK_LIMIT 100

enum
{
	ARG_SINK = 256,
	ARG_ENDPOS,
	ARG_LOG_FORMAT,
	ARG_LOG_LEVEL,
	ARG_HTTP_LISTEN,
	ARG_JSON,
	ARG_WATCH,
	ARG_LIMIT,
	ARG_PROGRESS_FILE,
	ARG_ACCEPT_GAP,
	ARG_ACCEPT_NEW_SYSTEM,
	ARG_START_AT,
	ARG_TAKEOVER,
	ARG_VERSION,
	ARG_HELP,
};

static const struct option long_options[] = {
	{"dbname", required_argument, NULL, 'd'},
	{"bootstrap-servers", required_argument, NULL, 'b'},
	{"worker-config", required_argument, NULL, 'w'},
	{"set", required_argument, NULL, 's'},
	{"sink", required_argument, NULL, ARG_SINK},
	{"endpos", required_argument, NULL, ARG_ENDPOS},
	{"log-format", required_argument, NULL, ARG_LOG_FORMAT},
	{"log-level", required_argument, NULL, ARG_LOG_LEVEL},
	{"http-listen", required_argument, NULL, ARG_HTTP_LISTEN},
	{"json", no_argument, NULL, ARG_JSON},
	{"watch", no_argument, NULL, ARG_WATCH},
	{"limit", required_argument, NULL, ARG_LIMIT},
	{"progress-file", required_argument, NULL, ARG_PROGRESS_FILE},
	{"accept-gap", no_argument, NULL, ARG_ACCEPT_GAP},
	{"accept-new-system", no_argument, NULL, ARG_ACCEPT_NEW_SYSTEM},
	{"start-at", required_argument, NULL, ARG_START_AT},
	{"takeover", no_argument, NULL, ARG_TAKEOVER},
	{"version", no_argument, NULL, ARG_VERSION},
	{"help", no_argument, NULL, ARG_HELP},
	{NULL, 0, NULL, 0},
};

/* Settings of the command line, applied after the files they may stand beside. */
typedef struct Arguments
{
	CommandLine *command;
	char *dbname;
	const char *bootstrap_servers;
	const char *http_listen;
	char **sets;
	size_t set_count;
	Error *error;
} Arguments;

static bool
usage(Error *error, const char *hint, const char *what, const char *value)
{
	error_set(error, ERROR_CONFIG, "%s \"%s\"", what, value);
	error_hint(error, "%s", hint);
	return false;
}

static bool
parse_sink(Arguments *arguments, const char *value)
{
	CommandLine *command = arguments->command;

	if (strcmp(value, "kafka") == 0)
		command->sink = CONFIG_SINK_KAFKA;
	else if (strcmp(value, "stdout") == 0)
		command->sink = CONFIG_SINK_STDOUT;
	else if (strcmp(value, "null") == 0)
		command->sink = CONFIG_SINK_NULL;
	else if (strncmp(value, "file:", 5) == 0 && value[5] != '\0')
	{
		command->sink = CONFIG_SINK_FILE;
		command->sink_path = value + 5;
	}
	else
		return usage(arguments->error, "use kafka, stdout, file:PATH or null", "unrecognized sink", value);
	return true;
}

static bool
parse_endpos(Arguments *arguments, const char *value)
{
	CommandLine *command = arguments->command;

	if (strcmp(value, "now") == 0)
		command->endpos = ENDPOS_NOW;
	else if (lsn_parse(value, &command->endpos_lsn))
		command->endpos = ENDPOS_LSN;
	else
		return usage(arguments->error, "use an LSN such as 16/B374D848, or now", "could not parse end position", value);
	return true;
}

static bool
parse_log_format(Arguments *arguments, const char *value)
{
	if (strcmp(value, "text") == 0)
		arguments->command->log_format = LOG_TEXT;
	else if (strcmp(value, "json") == 0)
		arguments->command->log_format = LOG_JSON;
	else
		return usage(arguments->error, "use text or json", "unrecognized log format", value);
	return true;
}

static bool
parse_log_level(Arguments *arguments, const char *value)
{
	static const char *const levels[] = {"debug", "info", "warning", "error"};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(value, levels[i]) == 0)
		{
			arguments->command->log_level = (LogLevel) i;
			return true;
		}
	return usage(arguments->error, "use debug, info, warning or error", "unrecognized log level", value);
}

static bool
parse_limit(Arguments *arguments, const char *value)
{
	char *end;
	long long limit = strtoll(value, &end, 10);

	if (*value == '\0' || *end != '\0' || limit < 1 || limit > INT32_MAX)
		return usage(arguments->error, "use a number of records, 1 or more", "invalid limit", value);
	arguments->command->limit = limit;
	return true;
}

static bool
parse_set(Arguments *arguments, char *value)
{
	const char *equals = strchr(value, '=');

	if (equals == NULL || equals == value)
		return usage(arguments->error, "write --set KEY=VALUE", "could not parse setting", value);
	arguments->sets = bytes_realloc(arguments->sets, (arguments->set_count + 1) * sizeof(char *));
	arguments->sets[arguments->set_count++] = value;
	return true;
}

/* What getopt_long() has just refused: "-x", or "--something" as it was written. */
static bool
bad_argument(Arguments *arguments, int code, char **argv)
{
	char letter[3] = {'-', (char) optopt, '\0'};
	bool is_short = optopt != 0 && optopt < 256;

	return usage(arguments->error, "wal2kafka --help lists all options",
				 code == ':' ? "no value follows option" : "unrecognized option", is_short ? letter : argv[optind - 1]);
}

/* One option of getopt_long(). */
static bool
take_option(Arguments *arguments, int code, char **argv)
{
	CommandLine *command = arguments->command;

	switch (code)
	{
		case 'd':
			arguments->dbname = optarg;
			return true;
		case 'b':
			arguments->bootstrap_servers = optarg;
			return true;
		case 'w':
			command->worker_file = optarg;
			return true;
		case 's':
			return parse_set(arguments, optarg);
		case ARG_SINK:
			return parse_sink(arguments, optarg);
		case ARG_ENDPOS:
			return parse_endpos(arguments, optarg);
		case ARG_LOG_FORMAT:
			return parse_log_format(arguments, optarg);
		case ARG_LOG_LEVEL:
			return parse_log_level(arguments, optarg);
		case ARG_HTTP_LISTEN:
			arguments->http_listen = optarg;
			return true;
		case ARG_JSON:
			command->json = true;
			return true;
		case ARG_WATCH:
			command->watch = true;
			return true;
		case ARG_LIMIT:
			return parse_limit(arguments, optarg);
		case ARG_PROGRESS_FILE:
			command->progress_file = optarg;
			return *optarg != '\0' ||
				   usage(arguments->error, "name a file: --progress-file PATH", "invalid value of --progress-file", "");
		case ARG_ACCEPT_GAP:
			command->accept_gap = true;
			return true;
		case ARG_ACCEPT_NEW_SYSTEM:
			command->accept_new_system = true;
			return true;
		case ARG_START_AT:
			command->start_at_slot = strcmp(optarg, "slot") == 0;
			return command->start_at_slot || usage(arguments->error, "use --start-at slot", "cannot start at", optarg);
		case ARG_TAKEOVER:
			command->takeover = true;
			return true;
		case ARG_VERSION:
			command->kind = COMMAND_VERSION;
			return true;
		case ARG_HELP:
			command->kind = COMMAND_HELP;
			return true;
		default:
			return bad_argument(arguments, code, argv);
	}
}

static bool
take_command(CommandLine *command, const char *name, Error *error)
{
	static const struct
	{
		const char *name;
		CommandKind kind;
	} commands[] = {{"run", COMMAND_RUN},		{"check", COMMAND_CHECK}, {"peek", COMMAND_PEEK},
					{"status", COMMAND_STATUS}, {"help", COMMAND_HELP},	  {"version", COMMAND_VERSION}};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
		{
			command->kind = commands[i].kind;
			return true;
		}
	return usage(error, "use run, check, peek or status", "unrecognized command", name);
}

/* Command and connector.json, the arguments that are no options. */
static bool
take_operands(CommandLine *command, int count, char **operands, Error *error)
{
	if (command->kind == COMMAND_HELP || command->kind == COMMAND_VERSION)
		return true;
	if (count == 0)
	{
		error_set(error, ERROR_CONFIG, "no command is given");
		error_hint(error, "use run, check, peek or status; wal2kafka --help explains them");
		return false;
	}
	if (!take_command(command, operands[0], error))
		return false;
	if (count > 2)
		return usage(error, "one command and one connector.json are all there is", "unexpected argument", operands[2]);
	command->connector_file = count == 2 ? operands[1] : NULL;
	return true;
}

static const char *
run_only_option(const CommandLine *command)
{
	if (command->accept_gap)
		return "--accept-gap";
	if (command->accept_new_system)
		return "--accept-new-system";
	if (command->start_at_slot)
		return "--start-at";
	return command->takeover ? "--takeover" : NULL;
}

/* An option that another command has does nothing, and that is worth an error. */
static bool
check_command_options(const CommandLine *command, Error *error)
{
	const char *misplaced = NULL;

	if (command->kind != COMMAND_STATUS && (command->json || command->watch))
		misplaced = command->json ? "--json" : "--watch";
	else if (command->kind != COMMAND_PEEK && command->limit != 0)
		misplaced = "--limit";
	else if (command->kind != COMMAND_RUN && command->endpos != ENDPOS_NONE)
		misplaced = "--endpos";
	else if (command->kind != COMMAND_RUN)
		misplaced = run_only_option(command);
	if (misplaced == NULL && command->kind != COMMAND_RUN && command->kind != COMMAND_STATUS &&
		command->progress_file != NULL)
		misplaced = "--progress-file";
	if (misplaced == NULL || command->kind == COMMAND_HELP || command->kind == COMMAND_VERSION)
		return true;
	return usage(
		error,
		"--json and --watch belong to status, --limit to peek, --endpos, --takeover and what is accepted to run, "
		"--progress-file to run and status",
		"this command has no option", misplaced);
}

/* Whoever writes a file has it locked, and would come back: --takeover would end its walsender for ever. */
static bool
check_takeover(const CommandLine *command, Error *error)
{
	if (!command->takeover || (command->sink != CONFIG_SINK_FILE && command->progress_file == NULL))
		return true;
	return usage(error, "a process that writes a file has it locked: end that process instead",
				 "cannot use --takeover with file",
				 command->progress_file != NULL ? command->progress_file : command->sink_path);
}

static bool
check_progress_file(const CommandLine *command, Error *error)
{
	if (command->progress_file == NULL || command->sink != CONFIG_SINK_KAFKA || command->kind == COMMAND_HELP ||
		command->kind == COMMAND_VERSION)
		return true;
	return usage(error, "with Kafka progress is kept in progress.topic; it is for --sink stdout, file:PATH and null",
				 "cannot use --progress-file", command->progress_file);
}

static bool
parse_arguments(int argc, char **argv, Arguments *arguments)
{
	int code;

	opterr = 0;
	optind = 0; /* glibc: begin anew, whatever an earlier call left */
	while ((code = getopt_long(argc, argv, ":d:b:w:s:", long_options, NULL)) != -1)
		if (!take_option(arguments, code, argv))
			return false;
	return take_operands(arguments->command, argc - optind, argv + optind, arguments->error) &&
		   check_command_options(arguments->command, arguments->error) &&
		   check_takeover(arguments->command, arguments->error) &&
		   check_progress_file(arguments->command, arguments->error);
}

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static void
apply_sets(const Arguments *arguments, Config *config)
{
	for (size_t i = 0; i < arguments->set_count; i++)
	{
		char *name = memory_strdup(arguments->sets[i]);
		char *equals = strchr(name, '=');

		*equals = '\0';
		config_set(config, name, equals + 1, "--set");
		free(name);
	}
}

/* What ps shows from now on; the configuration has its copies. */
static void
hide_secrets(const Arguments *arguments)
{
	char *dbname = arguments->dbname;

	for (size_t i = 0; i < arguments->set_count; i++)
	{
		char *equals = strchr(arguments->sets[i], '=');
		bool secret;

		*equals = '\0';
		secret = option_is_secret(arguments->sets[i]);
		*equals = '=';
		if (secret)
			memset(equals + 1, '*', strlen(equals + 1));
	}
	if (dbname != NULL && (strstr(dbname, "password") != NULL || strchr(dbname, '@') != NULL))
		memset(dbname, '*', strlen(dbname));
}

/* Worker properties, connector.json, environment, command line: the last wins. */
static bool
apply_settings(const Arguments *arguments, Config *config)
{
	CommandLine *command = arguments->command;
	const char *servers = environment("BOOTSTRAP_SERVERS");

	if (command->worker_file == NULL)
		command->worker_file = environment("CONNECT_WORKER_PROPERTIES");
	if (command->worker_file != NULL && !config_file_read_properties(config, command->worker_file, arguments->error))
		return false;
	if (command->connector_file != NULL && !config_file_read_json(config, command->connector_file, arguments->error))
		return false;
	if (servers != NULL)
		config_set(config, "bootstrap.servers", servers, CONFIG_SOURCE_ENVIRONMENT);
	if (arguments->dbname != NULL)
		config_set_conninfo(config, arguments->dbname);
	if (arguments->bootstrap_servers != NULL)
		config_set(config, "bootstrap.servers", arguments->bootstrap_servers, "--bootstrap-servers");
	if (arguments->http_listen != NULL)
		config_set(config, "http.listen", arguments->http_listen, "--http-listen");
	apply_sets(arguments, config);
	hide_secrets(arguments);
	return true;
}

static void
apply_purpose(const CommandLine *command, Config *config)
{
	static const ConfigPurpose purposes[] = {
		[COMMAND_RUN] = CONFIG_FOR_RUN,
		[COMMAND_CHECK] = CONFIG_FOR_CHECK,
		[COMMAND_PEEK] = CONFIG_FOR_PEEK,
		[COMMAND_STATUS] = CONFIG_FOR_STATUS,
	};

	config_set_purpose(config, purposes[command->kind]);
	config_set_sink(config, command->sink);
}

char *
command_line_progress_path(const CommandLine *command)
{
	struct stat status;

	if (command->progress_file != NULL)
		return memory_strdup(command->progress_file);
	if (command->sink != CONFIG_SINK_FILE || (stat(command->sink_path, &status) == 0 && !S_ISREG(status.st_mode)))
		return NULL;
	return memory_printf("%s.progress", command->sink_path);
}

bool
command_line_parse(int argc, char **argv, CommandLine *command, Config *config, Error *error)
{
	Arguments arguments = {.command = command, .error = error};
	bool parsed;

	memset(command, 0, sizeof(*command));
	command->log_level = LOG_INFO;
	parsed = parse_arguments(argc, argv, &arguments);
	if (parsed && command->kind != COMMAND_HELP && command->kind != COMMAND_VERSION)
	{
		parsed = apply_settings(&arguments, config);
		apply_purpose(command, config);
		if (command->kind == COMMAND_PEEK && command->limit == 0)
			command->limit = DEFAULT_PEEK_LIMIT;
	}
	free(arguments.sets);
	return parsed;
}
