/*
 * test_command_line.c
 *	  Arguments, environment and files in their order.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../../relay/command_line.h"
#include "unit.h"

#define MAX_ARGUMENTS 16

static CommandLine command;
static Config *config;
static Error error;

/* Parses words separated by blanks; config is a fresh one. */
static bool
parse(const char *text)
{
	static char buffer[1024];
	char *argv[MAX_ARGUMENTS + 2] = {"wal2kafka"};
	int argc = 1;

	config_free(config);
	config = config_new();
	snprintf(buffer, sizeof(buffer), "%s", text);
	for (char *word = strtok(buffer, " "); word != NULL && argc <= MAX_ARGUMENTS; word = strtok(NULL, " "))
		argv[argc++] = word;
	return command_line_parse(argc, argv, &command, config, &error);
}

static void
refused(const char *text, const char *message)
{
	unit_ok(!parse(text) && error.kind == ERROR_CONFIG, "refused: %s", text);
	unit_contains(error.message, message, "message for: %s", text);
	unit_ok(error.hint[0] != '\0' || strstr(message, "could not open") != NULL, "hint for: %s", text);
}

static const char *
given(const char *name)
{
	size_t at = 0;
	const ConfigSetting *setting;

	while ((setting = config_next(config, name, &at)) != NULL)
		if (strcmp(setting->name, name) == 0)
			return setting->value;
	return NULL;
}

static void
test_commands(void)
{
	unit_ok(parse("run") && command.kind == COMMAND_RUN && command.connector_file == NULL, "run");
	unit_ok(command.sink == CONFIG_SINK_KAFKA && command.log_format == LOG_TEXT && command.log_level == LOG_INFO,
			"defaults");
	unit_ok(parse("check") && command.kind == COMMAND_CHECK, "check");
	unit_ok(parse("peek") && command.kind == COMMAND_PEEK && command.limit == 100, "peek");
	unit_ok(parse("peek --limit 5") && command.limit == 5, "--limit");
	unit_ok(parse("--json status --watch") && command.kind == COMMAND_STATUS && command.json && command.watch,
			"options may stand before and after the command");
	unit_ok(parse("--help") && command.kind == COMMAND_HELP, "--help");
	unit_ok(parse("run --help") && command.kind == COMMAND_HELP, "--help of a command");
	unit_ok(parse("help") && command.kind == COMMAND_HELP, "help");
	unit_ok(parse("--version") && command.kind == COMMAND_VERSION, "--version");
	refused("", "no command is given");
	refused("walk", "unrecognized command \"walk\"");
	refused("run a b", "unexpected argument \"b\"");
	refused("run /nonexistent.json", "could not open file \"/nonexistent.json\"");
}

static void
test_options(void)
{
	unit_ok(parse("run --sink stdout") && command.sink == CONFIG_SINK_STDOUT, "--sink stdout");
	unit_ok(config_sink(config) == CONFIG_SINK_STDOUT, "the config knows");
	unit_ok(parse("run --sink=null") && command.sink == CONFIG_SINK_NULL, "--sink null");
	unit_ok(parse("run --sink=kafka") && command.sink == CONFIG_SINK_KAFKA, "--sink kafka");
	unit_ok(parse("run --sink=file:/tmp/x") && command.sink == CONFIG_SINK_FILE, "--sink file");
	unit_is_str(command.sink_path, "/tmp/x", "its path");
	unit_ok(parse("run --endpos 16/B374D848") && command.endpos == ENDPOS_LSN, "--endpos LSN");
	unit_is_uint(command.endpos_lsn, 0x16B374D848ULL, "the LSN");
	unit_ok(parse("run --endpos now") && command.endpos == ENDPOS_NOW, "--endpos now");
	unit_ok(parse("run --log-format json --log-level debug") && command.log_format == LOG_JSON &&
				command.log_level == LOG_DEBUG,
			"logging");
	unit_ok(parse("run --log-format text --log-level error") && command.log_level == LOG_ERROR, "logging again");
	refused("run --sink file:", "unrecognized sink");
	refused("run --sink kafak", "unrecognized sink \"kafak\"");
	refused("run --endpos later", "could not parse end position \"later\"");
	refused("run --log-format xml", "unrecognized log format");
	refused("run --log-level loud", "unrecognized log level");
	refused("peek --limit 0", "invalid limit \"0\"");
	refused("peek --limit x", "invalid limit \"x\"");
	refused("run --progress-file=x", "cannot use --progress-file \"x\"");
	refused("run --sink file:x --takeover", "cannot use --takeover with file \"x\"");
	refused("run --sink null --progress-file=y --takeover", "cannot use --takeover with file \"y\"");
	refused("run --sink null --progress-file=", "invalid value of --progress-file");
	refused("peek --sink stdout --progress-file=x", "this command has no option \"--progress-file\"");
	unit_ok(parse("run --sink null --progress-file=x") && strcmp(command.progress_file, "x") == 0,
			"a file for progress");
	refused("run --nonsense", "unrecognized option \"--nonsense\"");
	refused("run -x", "unrecognized option \"-x\"");
	refused("run --sink", "no value follows option \"--sink\"");
	refused("run -d", "no value follows option \"-d\"");
	refused("run -s novalue", "could not parse setting \"novalue\"");
	refused("run -s =x", "could not parse setting \"=x\"");
	refused("peek --json", "\"--json\"");
	refused("run --watch", "\"--watch\"");
	refused("status --limit 3", "\"--limit\"");
	refused("check --endpos now", "\"--endpos\"");
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		unit_ok(false, "could not write %s", path);
}

static void
test_order(void)
{
	char directory[] = "/tmp/wal2kafka-test-XXXXXX";

	unit_ok(mkdtemp(directory) != NULL && chdir(directory) == 0, "scratch directory");
	write_file("worker.properties", "bootstrap.servers=worker:1\nkey.converter.schemas.enable=false\n");
	write_file("connector.json",
			   "{\"topic.prefix\":\"json\",\"key.converter.schemas.enable\":\"true\",\"slot.name\":\"j\"}");

	unit_ok(parse("run connector.json -w worker.properties"), "files");
	unit_is_str(given("bootstrap.servers"), "worker:1", "from the worker");
	unit_is_str(given("key.converter.schemas.enable"), "true", "connector.json beats the worker");
	unit_is_str(command.connector_file, "connector.json", "the file is remembered");

	setenv("CONNECT_WORKER_PROPERTIES", "worker.properties", 1);
	unit_ok(parse("run connector.json"), "worker by environment");
	unit_is_str(given("bootstrap.servers"), "worker:1", "it is read");
	setenv("BOOTSTRAP_SERVERS", "env:1", 1);
	unit_ok(parse("run connector.json"), "brokers by environment");
	unit_is_str(given("bootstrap.servers"), "env:1", "environment beats files");
	unit_ok(parse("run connector.json -b cmd:1 --http-listen :80 -s slot.name=a -s slot.name=b=c"), "arguments");
	unit_is_str(given("bootstrap.servers"), "cmd:1", "arguments beat the environment");
	unit_is_str(given("http.listen"), ":80", "--http-listen");
	unit_is_str(given("slot.name"), "b=c", "the last --set wins, and may hold '='");
	unit_ok(parse("run -s bootstrap.servers=set:1 -b cmd:1"), "--set and its own option");
	unit_is_str(given("bootstrap.servers"), "set:1", "--set wins");
	unsetenv("BOOTSTRAP_SERVERS");
	setenv("CONNECT_WORKER_PROPERTIES", "/nonexistent", 1);
	refused("run", "could not open file \"/nonexistent\"");
	unsetenv("CONNECT_WORKER_PROPERTIES");
	unlink("worker.properties");
	unlink("connector.json");
	unit_ok(chdir("/") == 0 && rmdir(directory) == 0, "tidied up");
}

static void
test_dbname(void)
{
	unit_ok(parse("run -d mydb -s topic.prefix=a --sink stdout"), "--dbname");
	unit_ok(config_check(config, NULL, &error), "valid");
	unit_is_str(config_database(config), "mydb", "its database");
}

/* Everything in the table is explained. */
static void
test_help(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	command.kind = COMMAND_HELP;
	command_line_show(&command, out);
	fflush(out);
	unit_contains(text, "wal2kafka check", "help names the commands");
	unit_contains(text, "--bootstrap-servers", "and options");
	unit_contains(text, "\n  snapshot.mode\n", "and the connector's options");
	unit_contains(text, "\n  producer.override.*\n", "and families");
	unit_ok(strstr(text, "internal.run.id") == NULL, "but not what is internal");
	command.kind = COMMAND_VERSION;
	command_line_show(&command, out);
	fclose(out);
	unit_contains(text, "wal2kafka " WAL2KAFKA_VERSION " (librdkafka ", "version");
	free(text);
}

int
main(void)
{
	unsetenv("BOOTSTRAP_SERVERS");
	unsetenv("CONNECT_WORKER_PROPERTIES");
	test_commands();
	test_options();
	test_order();
	test_dbname();
	test_help();
	config_free(config);
	return unit_done();
}
