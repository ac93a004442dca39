/*
 * status.c
 *	  One query about the slot, one question to the progress topic, printed
 *	  as text or JSON.
 */
#include "status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "incremental_state.h"
#include "kafka_client.h"
#include "memory.h"
#include "pg_session.h"
#include "progress_json.h"
#include "progress_file.h"
#include "progress_topic.h"
#include "signals.h"
#include "snapshot_state.h"

#define KAFKA_TIMEOUT_MS 8000
#define WATCH_INTERVAL_MS 1000
/* With --watch, progress is read only every so many rounds: it takes a client of its own. */
#define PROGRESS_INTERVAL 10

static const PgPatience patience = {15000, false};

/*
 * How old the confirmed position is, only the walsender knows, and only while
 * somebody reads the slot; a slot without lag is 0 s behind.
 */
static const char status_sql[] =
	"SELECT s.slot_name, s.plugin, s.database, s.active_pid, s.wal_status, s.safe_wal_size, w.lsn, "
	"s.confirmed_flush_lsn, s.restart_lsn, CASE WHEN s.confirmed_flush_lsn > w.lsn THEN 0 ELSE pg_wal_lsn_diff(w.lsn, s.confirmed_flush_lsn) END, "
	"round(extract(epoch FROM CASE WHEN s.confirmed_flush_lsn >= w.lsn THEN interval '0' ELSE r.flush_lag END), 3), "
	"CASE WHEN s.restart_lsn > w.lsn THEN 0 ELSE pg_wal_lsn_diff(w.lsn, s.restart_lsn) END, c.system_identifier "
	"FROM pg_catalog.pg_replication_slots s "
	"CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END "
	"AS lsn) w "
	"CROSS JOIN pg_catalog.pg_control_system() c "
	"LEFT JOIN pg_catalog.pg_stat_replication r ON r.pid = s.active_pid WHERE s.slot_name = $1";

/* Its columns, and how they are called and printed; the system identifier stays inside. */
typedef struct StatusColumn
{
	const char *json_name;
	const char *label;
	enum
	{
		AS_TEXT,
		AS_NUMBER,
		AS_BYTES, /* a number, with a unit for people */
		AS_SECONDS,
	} print;
} StatusColumn;

enum
{
	STATUS_SLOT,
	STATUS_PLUGIN,
	STATUS_DATABASE,
	STATUS_ACTIVE_PID,
	STATUS_WAL_STATUS,
	STATUS_SAFE_WAL_SIZE,
	STATUS_CURRENT_LSN,
	STATUS_CONFIRMED_LSN,
	STATUS_RESTART_LSN,
	STATUS_LAG_BYTES,
	STATUS_LAG_SECONDS,
	STATUS_RETAINED,
	STATUS_SYSTEM,
};

static const StatusColumn columns[STATUS_SYSTEM] = {
	[STATUS_SLOT] = {"slot", "slot", AS_TEXT},
	[STATUS_PLUGIN] = {"plugin", "plugin", AS_TEXT},
	[STATUS_DATABASE] = {"database", "database", AS_TEXT},
	[STATUS_ACTIVE_PID] = {"active_pid", "read by process", AS_NUMBER},
	[STATUS_WAL_STATUS] = {"wal_status", "WAL status", AS_TEXT},
	[STATUS_SAFE_WAL_SIZE] = {"safe_wal_size", "WAL until lost", AS_BYTES},
	[STATUS_CURRENT_LSN] = {"current_lsn", "current LSN", AS_TEXT},
	[STATUS_CONFIRMED_LSN] = {"confirmed_lsn", "confirmed LSN", AS_TEXT},
	[STATUS_RESTART_LSN] = {"restart_lsn", "restart LSN", AS_TEXT},
	[STATUS_LAG_BYTES] = {"lag_bytes", "lag", AS_BYTES},
	[STATUS_LAG_SECONDS] = {"lag_seconds", "lag in time", AS_SECONDS},
	[STATUS_RETAINED] = {"retained_wal_bytes", "retained WAL", AS_BYTES},
};

/* What one round found. */
typedef struct Status
{
	PGresult *slot;			/* NULL or without a row: not there */
	char *progress;			/* JSON, or NULL: none, or not asked */
	char *snapshot;			/* JSON of what is missing of a snapshot at work, or cut; NULL: none */
	char *signals;			/* JSON of incremental_state.h; NULL: nothing is stored */
	Error progress_problem; /* ERROR_NONE: it was read, or there is none */
} Status;

static int
fail(Logger *log, const Error *error)
{
	if (error->hint[0] != '\0')
		log_error(log, "%s; %s", error->message, error->hint);
	else
		log_error(log, "%s", error->message);
	return error_exit_status(error->kind);
}

static const char *
producer_setting(const Config *config, const char *name)
{
	for (const ConfigSetting *setting = config_rdkafka(config); setting->name != NULL; setting++)
		if (strcmp(setting->name, name) == 0)
			return setting->value;
	return NULL;
}

/* progress_read() would make the topic, and looking must not. */
static bool
progress_topic_exists(const Config *config, Error *error)
{
	const char *name = config_text(config, OPT_PROGRESS_TOPIC);
	rd_kafka_conf_t *conf = kafka_client_conf(config, RD_KAFKA_PRODUCER, error);
	rd_kafka_t *client;
	KafkaTopicState state = KAFKA_TOPIC_MISSING;
	bool asked;

	if (conf == NULL)
		return false;
	rd_kafka_conf_set_log_cb(conf, NULL);
	client = kafka_client_new(RD_KAFKA_PRODUCER, conf, error);
	if (client == NULL)
		return false;
	asked = kafka_client_topic(client, name, KAFKA_TIMEOUT_MS, &state, NULL, error);
	rd_kafka_destroy(client);
	return asked && state == KAFKA_TOPIC_EXISTS;
}

/* NULL: nobody keeps progress, or nobody can be asked. A file is the caller's to free, after the medium. */
static ProgressMedium *
open_medium(const Config *config, const CommandLine *command, Logger *log, ProgressFile **file, Error *problem)
{
	char *path = command_line_progress_path(command);

	if (path != NULL)
		*file = progress_file_new(path, log);
	free(path);
	if (*file != NULL)
		return progress_file_medium(*file);
	if (config_sink(config) != CONFIG_SINK_KAFKA || producer_setting(config, "bootstrap.servers") == NULL ||
		!progress_topic_exists(config, problem))
		return NULL;
	return progress_topic_new(config, log);
}

static void
read_progress(const Config *config, const CommandLine *command, Logger *log, Status *status)
{
	const ProgressReading how = {.timeout_ms = KAFKA_TIMEOUT_MS, .only_look = true};
	const ProgressNames names = {
		.prefix = config_text(config, OPT_TOPIC_PREFIX),
		.slot_name = PQgetvalue(status->slot, 0, STATUS_SLOT),
		.system_identifier = strtoull(PQgetvalue(status->slot, 0, STATUS_SYSTEM), NULL, 10),
		.database = PQgetvalue(status->slot, 0, STATUS_DATABASE),
	};
	Progress progress;
	ProgressStore *store;
	ProgressMedium *medium = NULL;
	ProgressFile *file = NULL;
	bool found = false;
	bool other_system = false;

	if (names.prefix != NULL)
		medium = open_medium(config, command, log, &file, &status->progress_problem);
	if (medium == NULL)
		return;
	store = progress_new(medium, &names, log);
	if (progress_read(store, &how, &progress, &found, &other_system, &status->progress_problem) && found)
		status->progress = progress_value_json(&progress);
	if (status->progress != NULL && progress.snapshot == SNAPSHOT_PLANNED && progress_stored_snapshot(store) != NULL)
		status->snapshot = memory_strdup(progress_stored_snapshot(store));
	if (progress_stored_signals(store) != NULL)
		status->signals = memory_strdup(progress_stored_signals(store));
	progress_free(store);
	progress_file_free(file);
}

static void
forget_progress(Status *status)
{
	free(status->progress);
	free(status->snapshot);
	free(status->signals);
	status->progress = status->snapshot = status->signals = NULL;
	status->progress_problem.kind = ERROR_NONE;
}

/* For people, beside the exact number. */
static void
print_size(double bytes)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	size_t unit = 0;

	for (; bytes >= 10240 && unit < 4; unit++)
		bytes /= 1024;
	printf(unit > 0 ? " (%.0f %s)" : "", bytes, units[unit]);
}

/* A snapshot that somebody reads, or that was cut and goes on at the next start. */
static void
print_snapshot(const char *json)
{
	CutSnapshot *cut = snapshot_state_parse(json, strlen(json));

	if (cut != NULL)
		printf("%-16s %zu tables not yet delivered, whole or in part\n", "snapshot", cut->table_count);
	snapshot_state_free(cut);
}

/* Tables that are read beside the stream, and signals that wait; nothing if there are none. */
static void
print_signals(const char *json)
{
	IncrementalState *state = incremental_state_parse(json, strlen(json));

	if (state != NULL && state->table_count > 0)
	{
		printf("%-16s %zu tables left, %s.%s at work: %" PRIu64 " rows", "incremental", state->table_count,
			   state->tables[0].schema, state->tables[0].table, state->position.rows);
		if (state->position.total_rows >= 0)
			printf(" of %" PRId64, state->position.total_rows);
		printf("%s\n", state->paused ? ", paused" : "");
	}
	if (state != NULL && state->inbox_count > 0)
		printf("%-16s %zu not yet executed\n", "signals", state->inbox_count);
	incremental_state_free(state);
}

static void
print_text(const Status *status)
{
	for (int i = 0; i < STATUS_SYSTEM; i++)
	{
		const char *value = PQgetvalue(status->slot, 0, i);

		if (PQgetisnull(status->slot, 0, i))
		{
			if (i == STATUS_ACTIVE_PID)
				printf("%-16s nobody\n", columns[i].label);
			continue;
		}
		printf("%-16s %s", columns[i].label, value);
		if (columns[i].print == AS_BYTES)
		{
			printf(" bytes");
			print_size(atof(value));
		}
		printf(columns[i].print == AS_SECONDS ? " s\n" : "\n");
	}
	if (status->progress != NULL)
		printf("%-16s %s\n", "progress", status->progress);
	if (status->signals != NULL)
		print_signals(status->signals);
	if (status->snapshot != NULL)
		print_snapshot(status->snapshot);
	else if (status->progress_problem.kind != ERROR_NONE)
		printf("%-16s not known: %s\n", "progress", status->progress_problem.message);
}

static void
gen_text(yajl_gen gen, const char *text)
{
	yajl_gen_string(gen, (const unsigned char *) text, strlen(text));
}

/* Numbers, and JSON that is finished. */
static void
gen_raw(yajl_gen gen, const char *text)
{
	yajl_gen_number(gen, text, strlen(text));
}

static void
gen_columns(yajl_gen gen, const PGresult *slot)
{
	for (int i = 0; i < STATUS_SYSTEM; i++)
	{
		if (PQgetisnull(slot, 0, i) && i == STATUS_LAG_SECONDS)
			continue; /* nobody knows */
		gen_text(gen, columns[i].json_name);
		if (PQgetisnull(slot, 0, i))
			yajl_gen_null(gen);
		else if (columns[i].print == AS_TEXT)
			gen_text(gen, PQgetvalue(slot, 0, i));
		else
			gen_raw(gen, PQgetvalue(slot, 0, i));
	}
}

static void
print_json(const Status *status)
{
	yajl_gen gen = memory_checked(yajl_gen_alloc(NULL));
	const unsigned char *text;
	size_t size;

	yajl_gen_map_open(gen);
	gen_columns(gen, status->slot);
	gen_text(gen, "active");
	yajl_gen_bool(gen, !PQgetisnull(status->slot, 0, STATUS_ACTIVE_PID));
	if (status->snapshot != NULL)
	{
		gen_text(gen, "snapshot");
		gen_raw(gen, status->snapshot);
	}
	if (status->signals != NULL)
	{
		gen_text(gen, "signals");
		gen_raw(gen, status->signals);
	}
	if (status->progress != NULL)
	{
		gen_text(gen, "progress");
		gen_raw(gen, status->progress);
	}
	else if (status->progress_problem.kind != ERROR_NONE)
	{
		gen_text(gen, "progress_problem");
		gen_text(gen, status->progress_problem.message);
	}
	yajl_gen_map_close(gen);
	yajl_gen_get_buf(gen, &text, &size);
	printf("%.*s\n", (int) size, (const char *) text);
	yajl_gen_free(gen);
}

static bool
read_slot(const Config *config, PGconn *conn, Status *status, Error *error)
{
	const char *slot_name = config_text(config, OPT_SLOT_NAME);

	status->slot = pg_session_query(conn, status_sql, 1, &slot_name, patience, "could not ask for the slot", error);
	if (status->slot == NULL)
		return false;
	if (PQntuples(status->slot) == 1)
		return true;
	error_set(error, ERROR_FAILED, "replication slot \"%s\" does not exist", slot_name);
	error_hint(error, "wal2kafka run creates it; \"slot.name\" names another");
	return false;
}

/* One round; progress is kept from round to round. */
static bool
show(const Config *config, const CommandLine *command, Logger *log, PGconn *conn, Status *status, bool ask_progress,
	 Error *error)
{
	bool there = read_slot(config, conn, status, error);

	if (there && ask_progress)
	{
		forget_progress(status);
		read_progress(config, command, log, status);
		log_mask(log, status->progress_problem.message);
	}
	if (there && command->json)
		print_json(status);
	else if (there)
		print_text(status);
	if (there && command->watch && !command->json)
		printf("\n");
	fflush(stdout);
	PQclear(status->slot);
	status->slot = NULL;
	return there;
}

int
status_command(const Config *config, const CommandLine *command, Logger *log)
{
	Status status = {.progress_problem = {.kind = ERROR_NONE}};
	Error error = {.kind = ERROR_NONE};
	PGconn *conn = NULL;
	bool shown = false;

	for (int round = 0; round == 0 || (command->watch && !signals_stop_requested()); round++)
	{
		if (round > 0)
			signals_sleep_ms(WATCH_INTERVAL_MS);
		if (round > 0 && signals_stop_requested())
			break;
		if (conn == NULL)
			conn = pg_session_connect(config, false, patience, &error);
		shown = conn != NULL && show(config, command, log, conn, &status, round % PROGRESS_INTERVAL == 0, &error);
		if (shown)
			continue;
		if (command->watch)
			fail(log, &error);
		PQfinish(conn);
		conn = NULL;
	}
	PQfinish(conn);
	forget_progress(&status);
	return shown || command->watch ? 0 : fail(log, &error);
}
