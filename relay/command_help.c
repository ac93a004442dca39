/*
 * command_help.c
 *	  --help and --version.  The options of the connector are printed from
 *	  plugin/option_table.def.
 */
#include <librdkafka/rdkafka.h>
#include <libpq-fe.h>

#include "command_line.h"
#include "option_info.h"

static const char usage_text[] =
	"wal2kafka reads changes that the plugin wal2debezium decodes and hands them to Kafka.\n"
	"\n"
	"usage:\n"
	"  wal2kafka run    [connector.json] [options]   snapshot as snapshot.mode says, then stream until SIGTERM/SIGINT\n"
	"  wal2kafka check  [connector.json] [options]   what would stop or hurt a run, and the exact fix\n"
	"  wal2kafka peek   [connector.json] [options]   next events to stdout, nothing consumed\n"
	"  wal2kafka status [connector.json] [options]   slot, lag, retained WAL, progress\n"
	"\n"
	"options:\n"
	"  -d, --dbname=CONNINFO         database name, connection string or URI, over database.*\n"
	"  -b, --bootstrap-servers=LIST  Kafka brokers, host:port,...\n"
	"  -w, --worker-config=FILE      a Kafka Connect worker's .properties file\n"
	"  -s, --set=KEY=VALUE           any option below; may be repeated, the last wins\n"
	"      --sink=SINK               kafka (default), stdout, file:PATH or null\n"
	"      --endpos=LSN|now          run: stop when everything up to it is delivered\n"
	"      --progress-file=FILE      run: keep there what was delivered, so that the next start knows; for sinks\n"
	"                                without a broker (file:PATH has PATH.progress without asking)\n"
	"      --start-at=slot           run: where nothing is stored that fits, begin at the slot's position\n"
	"      --accept-gap              run: go on although changes are gone, from the slot or from the file\n"
	"      --accept-new-system       run: this server takes the place of another under the same names\n"
	"      --takeover                run: end whoever else reads from the slot\n"
	"      --http-listen=[HOST]:PORT serve /metrics, /healthz and /status; on loopback if no HOST is named\n"
	"      --log-format=text|json    lines on stderr\n"
	"      --log-level=LEVEL         debug, info (default), warning or error\n"
	"      --limit=N                 peek: that many records at most (100)\n"
	"      --json                    status: as JSON\n"
	"      --watch                   status: every second, until SIGINT\n"
	"      --help, --version\n"
	"\n"
	"environment: BOOTSTRAP_SERVERS, CONNECT_WORKER_PROPERTIES, and libpq's (PGHOST, PGDATABASE, PGPASSWORD, ...)\n"
	"\n"
	"exit status: 0 done, 1 failed, 2 bad usage or configuration, 3 refused because going on could lose or repeat data\n";

static void
show_option(const OptionInfo *info, FILE *out)
{
	fprintf(out, "  %s%s%s\n      %s", info->name, info->family && info->name[0] != '\0' ? "*" : "",
			info->suffix != NULL ? info->suffix : "", info->help);
	if (info->allowed != NULL)
		fprintf(out, "; %s", info->allowed);
	if (info->default_value != NULL)
		fprintf(out, " (%s)", info->default_value);
	fprintf(out, "\n");
}

static void
show_side(OptionSide side, const char *title, FILE *out)
{
	fprintf(out, "\n%s\n", title);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (option_infos[i].side == side)
			show_option(&option_infos[i], out);
}

void
command_line_show(const CommandLine *command, FILE *out)
{
	if (command->kind == COMMAND_VERSION)
	{
		fprintf(out, "wal2kafka %s (librdkafka %s, libpq %d.%d)\n", WAL2KAFKA_VERSION, rd_kafka_version_str(),
				PQlibVersion() / 10000, PQlibVersion() % 10000);
		return;
	}
	fputs(usage_text, out);
	show_side(SIDE_BOTH, "Options of connector.json that concern the server and the relay:", out);
	show_side(SIDE_PLUGIN, "Options that act in the server, in the plugin:", out);
	show_side(SIDE_RELAY, "Options that act in the relay:", out);
	show_side(SIDE_IGNORED, "Options that are recognized and have no effect here:", out);
	show_side(SIDE_REFUSED, "Options that are recognized and refused:", out);
}
