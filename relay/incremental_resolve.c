/*
 * incremental_resolve.c
 *	  Patterns are Java's regular expressions of a whole name, so the plugin
 *	  compares them.
 */
#include "incremental_resolve.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pg_session.h"

/* $1 options, $2 patterns, $3 patterns of conditions; the name of a partitioned table stands for its partitions. */
static const char tables_sql[] =
	"SELECT t.schema_name, t.table_name, (SELECT pg_catalog.min(c.n) FROM pg_catalog.unnest($3::pg_catalog.text[]) "
	"WITH ORDINALITY AS c (pattern, n) WHERE wal2debezium.list_position(c.pattern, coalesce(t.name, p.pattern)) > 0 OR "
	"wal2debezium.list_position(c.pattern, t.root) > 0), "
	"p.pattern FROM pg_catalog.unnest($2::pg_catalog.text[]) WITH ORDINALITY AS p (pattern, n) LEFT JOIN "
	"(SELECT a.schema_name, a.table_name, a.schema_name || '.' || a.table_name AS name, n.nspname || '.' || r.relname AS root "
	"FROM wal2debezium.tables($1) a LEFT JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(a.relation) "
	"LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace WHERE a.captured) AS t "
	"ON wal2debezium.list_position(p.pattern, t.name) > 0 OR wal2debezium.list_position(p.pattern, t.root) > 0 "
	"ORDER BY p.n, t.schema_name COLLATE \"C\", t.table_name COLLATE \"C\"";

/* $1 patterns, $2 names. */
static const char stopped_sql[] =
	"SELECT t.n - 1 FROM pg_catalog.unnest($2::pg_catalog.text[]) WITH ORDINALITY AS t (name, n) WHERE EXISTS ("
	"SELECT FROM pg_catalog.unnest($1::pg_catalog.text[]) AS p (pattern) WHERE wal2debezium.list_position(p.pattern, "
	"t.name) > 0)";

static PgPatience
patience_of(const Config *config)
{
	return (PgPatience){.timeout_ms = (int) config_int(config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
}

bool
resolve_genuine(PGconn *conn, const Config *config, const char *json, uint32_t xid, bool *genuine, Error *error)
{
	char number[16];
	const char *values[] = {json, number};
	PGresult *result;

	snprintf(number, sizeof(number), "%" PRIu32, xid);
	result = pg_session_query(conn, "SELECT wal2debezium.signal_is_genuine($1, $2)", 2, values, patience_of(config),
							  "could not verify a signal", error);
	*genuine = result != NULL && PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	return result != NULL;
}

/* An element of an array's text; commas of a pattern are its own, not those of a list of patterns. */
static void
append_element(Buffer *array, const char *text, bool is_pattern)
{
	buffer_append_text(array, array->size == 1 ? "\"" : ",\"");
	for (; *text != '\0'; text++)
	{
		if (*text == ',' && is_pattern)
			buffer_append_text(array, "\\\\");
		else if (*text == '"' || *text == '\\')
			buffer_append_text(array, "\\");
		buffer_append(array, text, 1);
	}
	buffer_append_text(array, "\"");
}

static Buffer
begin_array(void)
{
	Buffer array = {0};

	buffer_append_text(&array, "{");
	return array;
}

static void
end_array(Buffer *array)
{
	buffer_append(array, "}", 2);
}

static Buffer
patterns_array(const SnapshotSignal *signal)
{
	Buffer array = begin_array();

	for (size_t i = 0; i < signal->collection_count; i++)
		append_element(&array, signal->collections[i], true);
	end_array(&array);
	return array;
}

static Buffer
conditions_array(const SnapshotSignal *signal)
{
	Buffer array = begin_array();

	for (size_t i = 0; i < signal->condition_count; i++)
		append_element(&array, signal->conditions[i].collection, true);
	end_array(&array);
	return array;
}

static bool
has_table(const IncrementalState *tables, const IncrementalTable *table)
{
	for (size_t i = 0; i < tables->table_count; i++)
		if (strcmp(tables->tables[i].schema, table->schema) == 0 && strcmp(tables->tables[i].table, table->table) == 0)
			return true;
	return false;
}

static void
add_row(const PGresult *result, int row, const SnapshotSignal *signal, IncrementalState *tables)
{
	bool fits = !PQgetisnull(result, row, 0);
	IncrementalTable table = {
		.schema = fits ? PQgetvalue(result, row, 0) : "",
		.table = PQgetvalue(result, row, fits ? 1 : 3),
		.surrogate_key = signal->surrogate_key,
		.correlation = signal->id,
	};
	size_t condition = PQgetisnull(result, row, 2) ? 0 : strtoul(PQgetvalue(result, row, 2), NULL, 10);

	if (condition > 0 && condition <= signal->condition_count && *signal->conditions[condition - 1].filter != '\0')
		table.condition = signal->conditions[condition - 1].filter;
	if (!has_table(tables, &table))
		incremental_state_add(tables, &table);
}

bool
resolve_tables(PGconn *conn, const Config *config, const SnapshotSignal *signal, IncrementalState *tables, Error *error)
{
	char *options = config_plugin_json(config, (const char *const[]){NULL});
	Buffer patterns = patterns_array(signal);
	Buffer conditions = conditions_array(signal);
	const char *values[] = {options, patterns.data, conditions.data};
	PGresult *result = pg_session_query(conn, tables_sql, 3, values, patience_of(config),
										"could not find the tables of a signal", error);

	for (int row = 0; result != NULL && row < PQntuples(result); row++)
		add_row(result, row, signal, tables);
	PQclear(result);
	buffer_free(&patterns);
	buffer_free(&conditions);
	free(options);
	return result != NULL;
}

static Buffer
names_array(const IncrementalState *state)
{
	Buffer array = begin_array();

	for (size_t i = 0; i < state->table_count; i++)
	{
		const IncrementalTable *table = &state->tables[i];
		char *name = memory_printf("%s%s%s", table->schema, *table->schema != '\0' ? "." : "", table->table);

		append_element(&array, name, false);
		free(name);
	}
	end_array(&array);
	return array;
}

bool
resolve_stopped(PGconn *conn, const Config *config, const SnapshotSignal *signal, const IncrementalState *state,
				bool *matched, Error *error)
{
	Buffer patterns;
	Buffer names;
	PGresult *result;

	for (size_t i = 0; i < state->table_count; i++)
		matched[i] = signal->collection_count == 0;
	if (signal->collection_count == 0)
		return true;
	patterns = patterns_array(signal);
	names = names_array(state);
	result = pg_session_query(conn, stopped_sql, 2, (const char *[]){patterns.data, names.data}, patience_of(config),
							  "could not find the tables of a signal", error);
	for (int row = 0; result != NULL && row < PQntuples(result); row++)
		matched[strtoul(PQgetvalue(result, row, 0), NULL, 10) % (state->table_count + 1)] = true;
	PQclear(result);
	buffer_free(&patterns);
	buffer_free(&names);
	return result != NULL;
}
