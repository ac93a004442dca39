/*
 * snapshot_targets.c
 *	  The list of tables, and the plan of what to read of each.
 */
#include "snapshot_targets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pg_session.h"

#define OVERRIDES "snapshot.select.statement.overrides"
/* A smaller part costs more in calls than it gains. */
#define PART_BLOCKS_MIN 1024
/* Parts of a table per connection: an uneven one does not leave the others idle for long. */
#define PARTS_PER_THREAD 4

enum
{
	COLUMN_OID,
	COLUMN_SCHEMA,
	COLUMN_TABLE,
	COLUMN_MAY_READ,
	COLUMN_ROW_SECURITY,
	COLUMN_FILENODE,
	COLUMN_HEAP,
	COLUMN_BLOCKS,
	COLUMN_ROWS,
	COLUMN_LOOSE,
};

/*
 * $1 options, $2 snapshot.include.collection.list, $3 table.include.list,
 * $4 order by row count, $5 publication, $6 updates may leave no record,
 * $7 signal.data.collection, which Debezium's snapshots leave out
 * (RelationalSnapshotChangeEventSource.prepareTables).
 * Debezium's order: as the patterns of table.include.list stand, then by name.
 */
static const char list_sql[] =
	"SELECT c.oid, t.schema_name, t.table_name, pg_catalog.has_table_privilege(c.oid, 'SELECT'), "
	"pg_catalog.row_security_active(c.oid), coalesce(pg_catalog.pg_relation_filenode(c.oid), 0), c.relam = 2, "
	"least(pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8, 4294967294), "
	"e.rows, pg_catalog.cardinality(t.toast_columns) > 0 OR $6::pg_catalog.bool OR c.relpersistence <> 'p' OR EXISTS ("
	"SELECT FROM pg_catalog.pg_publication p WHERE p.pubname = $5 AND (NOT (p.pubinsert AND p.pubupdate) OR EXISTS ("
	"SELECT FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid AND r.prqual IS NOT NULL) OR NOT EXISTS ("
	"SELECT FROM pg_catalog.pg_publication_tables b WHERE b.pubname = p.pubname AND b.schemaname = t.schema_name "
	"AND b.tablename = t.table_name))) "
	"FROM wal2debezium.tables($1) t JOIN pg_catalog.pg_class c ON c.oid = t.relation::pg_catalog.oid, "
	"LATERAL (SELECT t.schema_name || '.' || t.table_name AS plain, "
	"'\"' || t.schema_name || '\".\"' || t.table_name || '\"' AS quoted) n, "
	"LATERAL (SELECT CASE WHEN c.reltuples < 0 THEN pg_catalog.pg_relation_size(c.oid) / 100 ELSE c.reltuples END AS rows) e "
	"WHERE t.captured AND n.plain <> $7 AND ($2 = '' OR wal2debezium.list_position($2, n.plain) > 0 OR "
	"wal2debezium.list_position($2, n.quoted) > 0) "
	"ORDER BY CASE $4 WHEN 'ascending' THEN e.rows WHEN 'descending' THEN -e.rows END, "
	"CASE WHEN $3 = '' THEN 0 ELSE wal2debezium.list_position($3, n.plain) END, "
	"t.schema_name COLLATE \"C\", t.table_name COLLATE \"C\"";

static PgPatience
query_patience(const Relay *relay)
{
	return (PgPatience){.timeout_ms = (int) config_int(relay->config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
}

static const char *
text_or_empty(const Config *config, OptionId id)
{
	const char *text = config_text(config, id);

	return text != NULL ? text : "";
}

/* May an update leave no record? */
static bool
skips_updates(const Config *config)
{
	return strchr(text_or_empty(config, OPT_SKIPPED_OPERATIONS), 'u') != NULL ||
		   config_bool(config, OPT_SKIP_MESSAGES_WITHOUT_CHANGE);
}

static PGresult *
query_tables(Relay *relay, PGconn *conn, Error *error)
{
	char *plugin_config = config_plugin_json(relay->config, (const char *const[]){NULL});
	const char *values[7] = {
		plugin_config,
		text_or_empty(relay->config, OPT_SNAPSHOT_INCLUDE_COLLECTION_LIST),
		text_or_empty(relay->config, OPT_TABLE_INCLUDE_LIST),
		text_or_empty(relay->config, OPT_SNAPSHOT_TABLES_ORDER_BY_ROW_COUNT),
		text_or_empty(relay->config, OPT_PUBLICATION_NAME),
		skips_updates(relay->config) ? "true" : "false",
		text_or_empty(relay->config, OPT_SIGNAL_DATA_COLLECTION),
	};
	PGresult *result =
		pg_session_query(conn, list_sql, 7, values, query_patience(relay), "could not list the captured tables", error);

	free(plugin_config);
	if (result == NULL && strstr(error->message, "wal2debezium") != NULL && error->hint[0] == '\0')
		error_hint(error,
				   "if the role lacks the right: GRANT USAGE ON SCHEMA wal2debezium TO \"%s\"; if the extension is of "
				   "an earlier build: DROP EXTENSION wal2debezium; CREATE EXTENSION wal2debezium;",
				   PQuser(conn));
	return result;
}

static bool
is_true(const PGresult *result, int row, int column)
{
	return PQgetvalue(result, row, column)[0] == 't';
}

static bool
check_privileges(const PGconn *conn, const PGresult *tables, int row, Error *error)
{
	char *schema = PQgetvalue(tables, row, COLUMN_SCHEMA);
	char *table = PQgetvalue(tables, row, COLUMN_TABLE);
	const char *user = PQuser(conn);

	if (!is_true(tables, row, COLUMN_MAY_READ))
	{
		error_set(error, ERROR_FAILED, "role \"%s\" may not read table \"%s.%s\", which is captured", user, schema,
				  table);
		error_hint(error, "GRANT USAGE ON SCHEMA \"%s\" TO \"%s\"; GRANT SELECT ON \"%s\".\"%s\" TO \"%s\";", schema,
				   user, schema, table, user);
		return false;
	}
	if (is_true(tables, row, COLUMN_ROW_SECURITY))
	{
		error_set(error, ERROR_FAILED, "row security of table \"%s.%s\" would hide rows from role \"%s\"", schema,
				  table, user);
		error_hint(error, "ALTER ROLE \"%s\" BYPASSRLS;", user);
		return false;
	}
	return true;
}

/* Is name an element of a list with commas? */
static bool
list_has(const char *list, const char *name)
{
	size_t size = strlen(name);

	while (*list)
	{
		size_t length;

		list += strspn(list, ", \t\n");
		length = strcspn(list, ",");
		while (length > 0 && strchr(" \t\n", list[length - 1]) != NULL)
			length--;
		if (length == size && strncmp(list, name, size) == 0)
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

static const char *
find_statement(const Relay *relay, const char *schema, const char *table)
{
	const char *list = config_family_text(relay->config, OVERRIDES);
	char *name = memory_printf("%s.%s", schema, table);
	char *option = memory_printf("%s.%s", OVERRIDES, name);
	const char *statement = list != NULL && list_has(list, name) ? config_family_text(relay->config, option) : NULL;

	if (list != NULL && list_has(list, name) && statement == NULL)
		log_warning(relay->log,
					"option \"%s\" names table \"%s\", but option \"%s\" is missing; the table is read whole",
					OVERRIDES, name, option);
	free(option);
	free(name);
	return statement;
}

/* ---- parts ---- */

static void
add_part(SnapshotTarget *target, SnapshotRange range, const char *rows, bool again)
{
	target->parts = bytes_realloc(target->parts, (target->part_count + 1) * sizeof(SnapshotPart));
	target->parts[target->part_count++] =
		(SnapshotPart){.target = target, .range = range, .rows = rows, .again = again, .delivered_next = range.next};
}

/* Cuts a range so that all connections get their share of the table. */
static void
add_parts(SnapshotTarget *target, SnapshotRange range, const char *rows, bool again, int threads)
{
	uint32_t blocks = target->blocks;
	uint32_t end = range.end < blocks ? range.end : blocks;
	uint32_t step = blocks / (uint32_t) (threads * PARTS_PER_THREAD) + 1;

	if (step < PART_BLOCKS_MIN)
		step = PART_BLOCKS_MIN;
	while (threads > 1 && range.next < end && end - range.next > step + step / 2)
	{
		add_part(target, (SnapshotRange){range.next, range.next + step}, rows, again);
		range.next += step;
	}
	add_part(target, range, rows, again);
}

static void
plan_all(SnapshotTarget *target, int threads)
{
	const SnapshotRange all = {0, SNAPSHOT_TO_END};

	if (target->heap && target->statement == NULL)
		add_parts(target, all, "all", false, threads);
	else
		add_part(target, all, "all", false);
}

/* The blocks between the missing ones, for new versions of rows that have left a missing one. */
static void
plan_again(SnapshotTarget *target, const SnapshotTable *table, int threads)
{
	uint32_t at = 0;

	for (size_t i = 0; i <= table->range_count; i++)
	{
		SnapshotRange range = {at, i < table->range_count ? table->ranges[i].next : SNAPSHOT_TO_END};

		if (range.next < range.end && range.next < target->blocks)
			add_parts(target, range, "updated", true, threads);
		if (i < table->range_count)
			at = table->ranges[i].end;
		if (at == SNAPSHOT_TO_END)
			break;
	}
}

/* Exactly once nothing that is delivered may come again. */
static bool
refuse_rewritten(const SnapshotTarget *target, Error *error)
{
	error_set(error, ERROR_REFUSED,
			  "table \"%s.%s\" was rewritten (VACUUM FULL, CLUSTER, TRUNCATE, ALTER TABLE) since the snapshot was cut, "
			  "and some of its rows are delivered",
			  target->schema, target->table);
	error_hint(error, "Once with exactly.once.support=requested, the snapshot goes on and reads that table again from "
					  "its start, which repeats those rows.");
	return false;
}

static bool
plan_missing(SnapshotTarget *target, const SnapshotTable *table, const Relay *relay, int threads, Error *error)
{
	target->begun = table->begun;
	target->marks.begun = table->begun;
	target->whole |= table->whole;
	if (table->filenode != target->filenode && table->begun && relay->settings.exactly_once)
		return refuse_rewritten(target, error);
	if (table->filenode != target->filenode)
	{
		log_info(relay->log,
				 "table \"%s.%s\" was rewritten since the snapshot was cut: it is read again from its start",
				 target->schema, target->table);
		target->whole = true;
	}
	if (target->whole)
	{
		plan_all(target, threads);
		return true;
	}
	for (size_t i = 0; i < table->range_count; i++)
		add_parts(target, table->ranges[i], target->loose ? "seen or updated" : "seen", false, threads);
	if (target->loose)
		plan_again(target, table, threads);
	return true;
}

static SnapshotTarget *
make_target(const Relay *relay, const PGresult *tables, int row)
{
	SnapshotTarget *target = bytes_alloc_zero(1, sizeof(SnapshotTarget));

	target->oid = (uint32_t) strtoul(PQgetvalue(tables, row, COLUMN_OID), NULL, 10);
	target->filenode = (uint32_t) strtoul(PQgetvalue(tables, row, COLUMN_FILENODE), NULL, 10);
	target->schema = memory_strdup(PQgetvalue(tables, row, COLUMN_SCHEMA));
	target->table = memory_strdup(PQgetvalue(tables, row, COLUMN_TABLE));
	target->statement = find_statement(relay, target->schema, target->table);
	target->heap = is_true(tables, row, COLUMN_HEAP);
	target->loose = is_true(tables, row, COLUMN_LOOSE);
	target->whole = !target->heap || target->statement != NULL;
	target->blocks = (uint32_t) strtoul(PQgetvalue(tables, row, COLUMN_BLOCKS), NULL, 10);
	target->rows = strtod(PQgetvalue(tables, row, COLUMN_ROWS), NULL);
	return target;
}

static void
free_target(SnapshotTarget *target)
{
	free(target->schema);
	free(target->table);
	free(target->parts);
	free(target);
}

/* Tables not in the state are delivered, or came after the snapshot, so that the stream has all of them. */
static bool
add_target(SnapshotTargets *targets, Relay *relay, const PGresult *tables, int row, const CutSnapshot *state,
		   int threads, Error *error)
{
	SnapshotTarget *target = make_target(relay, tables, row);
	const SnapshotTable *table = state != NULL ? snapshot_state_find(state, target->oid) : NULL;
	bool good = true;

	if (state == NULL)
		plan_all(target, threads);
	else if (table != NULL)
		good = plan_missing(target, table, relay, threads, error);
	if (good && target->part_count > 0)
		targets->items[targets->count++] = target;
	else
		free_target(target);
	return good;
}

static const IncrementalTable *
find_chosen(const IncrementalState *chosen, const char *schema, const char *table)
{
	for (size_t i = 0; i < chosen->table_count; i++)
		if (strcmp(chosen->tables[i].schema, schema) == 0 && strcmp(chosen->tables[i].table, table) == 0)
			return &chosen->tables[i];
	return NULL;
}

static bool
is_wanted(const IncrementalState *chosen, const PGresult *tables, int row)
{
	return chosen == NULL ||
		   find_chosen(chosen, PQgetvalue(tables, row, COLUMN_SCHEMA), PQgetvalue(tables, row, COLUMN_TABLE)) != NULL;
}

bool
snapshot_targets_list(SnapshotTargets *targets, Relay *relay, PGconn *conn, const CutSnapshot *state,
					  const IncrementalState *chosen, int threads, Error *error)
{
	PGresult *tables = query_tables(relay, conn, error);
	bool good = tables != NULL;

	memset(targets, 0, sizeof(*targets));
	for (int row = 0; good && row < PQntuples(tables); row++)
		good = !is_wanted(chosen, tables, row) || check_privileges(conn, tables, row, error);
	if (good)
	{
		targets->listed = (size_t) PQntuples(tables);
		targets->items = bytes_alloc_zero(targets->listed + 1, sizeof(SnapshotTarget *));
		for (int row = 0; good && row < PQntuples(tables); row++)
			good = add_target(targets, relay, tables, row, state, threads, error);
	}
	PQclear(tables);
	return good;
}

void
snapshot_targets_choose(SnapshotTargets *targets, const IncrementalState *chosen, int threads, Logger *log)
{
	size_t count = 0;

	for (size_t i = 0; i < targets->count; i++)
	{
		SnapshotTarget *target = targets->items[i];
		const IncrementalTable *table = find_chosen(chosen, target->schema, target->table);

		if (table == NULL)
		{
			free_target(target);
			continue;
		}
		if (table->condition != NULL)
		{
			target->statement = table->condition;
			target->part_count = 0;
			plan_all(target, threads);
		}
		targets->items[count++] = target;
	}
	targets->count = targets->listed = count;
	for (size_t i = 0; i < chosen->table_count; i++)
		if (*chosen->tables[i].schema == '\0')
			log_warning(log, "the blocking snapshot skips \"%s\": it fits no captured table", chosen->tables[i].table);
}

void
snapshot_targets_free(SnapshotTargets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free_target(targets->items[i]);
	free(targets->items);
	memset(targets, 0, sizeof(*targets));
}

static void
add_missing(const SnapshotTarget *target, CutSnapshot *state)
{
	SnapshotTable *table = NULL;

	for (size_t i = 0; i < target->part_count; i++)
	{
		const SnapshotPart *part = &target->parts[i];

		if (part->delivered)
			continue;
		if (table == NULL)
		{
			table = snapshot_state_add(state);
			table->oid = target->oid;
			table->filenode = target->filenode;
			table->begun = target->begun;
			table->whole = target->whole;
		}
		if (!part->again)
			snapshot_table_add_range(table, part->delivered_next, part->range.end);
	}
}

void
snapshot_targets_state(const SnapshotTargets *targets, CutSnapshot *state)
{
	for (size_t i = 0; i < targets->count; i++)
	{
		state->begun |= targets->items[i]->begun;
		add_missing(targets->items[i], state);
	}
}

SnapshotPart *
snapshot_targets_next(SnapshotTargets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
	{
		SnapshotTarget *target = targets->items[i];

		if (target->parts_started < target->part_count)
			return &target->parts[target->parts_started++];
	}
	return NULL;
}

double
snapshot_targets_fraction(const SnapshotTargets *targets)
{
	double all = 0;
	double done = 0;

	for (size_t i = 0; i < targets->count; i++)
	{
		const SnapshotTarget *target = targets->items[i];

		for (size_t j = 0; j < target->part_count; j++)
		{
			const SnapshotPart *part = &target->parts[j];
			double end = part->range.end < target->blocks ? part->range.end : target->blocks;
			double size = end > part->range.next ? end - part->range.next : 0;
			double read = part->read_next > part->range.next ? part->read_next - part->range.next : 0;

			all += size;
			done += part->read_done || read > size ? size : read;
		}
	}
	return all > 0 ? done / all : 1;
}

uint64_t
snapshot_options_hash(const Config *config)
{
	const char *list = config_text(config, OPT_SNAPSHOT_INCLUDE_COLLECTION_LIST);
	char *options = config_plugin_json(config, (const char *const[]){NULL});
	Buffer more = {0};
	size_t at = 0;
	const ConfigSetting *setting;
	uint64_t hash;

	while ((setting = config_next(config, "snapshot.select.statement.overrides", &at)) != NULL)
	{
		buffer_append_text(&more, setting->name);
		buffer_append(&more, "=", 1);
		buffer_append_text(&more, setting->value);
		buffer_append(&more, "\n", 1);
	}
	buffer_append_text(&more, list != NULL ? list : "");
	buffer_append(&more, "", 1);
	hash = snapshot_state_hash(options, more.data);
	buffer_free(&more);
	free(options);
	return hash;
}
