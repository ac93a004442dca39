/*
 * window_mark.c
 *	  INSERT, DELETE and pg_logical_emit_message().
 */
#include "window_mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory.h"
#include "pg_session.h"

/* As Java's Instant writes it: no digits of a fraction, 3, 6 or 9. */
static void
write_now(char *text, size_t size)
{
	struct timespec now;
	struct tm parts;
	size_t used;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	used = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &parts);
	if (now.tv_nsec == 0)
		snprintf(text + used, size - used, "Z");
	else if (now.tv_nsec % 1000000 == 0)
		snprintf(text + used, size - used, ".%03ldZ", now.tv_nsec / 1000000);
	else if (now.tv_nsec % 1000 == 0)
		snprintf(text + used, size - used, ".%06ldZ", now.tv_nsec / 1000);
	else
		snprintf(text + used, size - used, ".%09ldZ", now.tv_nsec);
}

WindowRow
window_row(const char *id, const IncrementalState *state)
{
	return (WindowRow){.id = id, .state = state};
}

void
window_row_clear(WindowRow *row)
{
	memset(row, 0, sizeof(*row));
}

static void
append_member(Buffer *json, const char *name, const char *value)
{
	buffer_append_text(json, json->size == 0 ? "{" : ", ");
	buffer_append_json_string(json, name, strlen(name));
	buffer_append_text(json, ": ");
	buffer_append_json_string(json, value, strlen(value));
}

/* Column data; with a blank after each colon and comma, as Debezium writes it.  The caller frees. */
static char *
row_data(const WindowRow *row, const char *closed)
{
	const IncrementalTable *table = &row->state->tables[0];
	char *name = memory_printf("%s%s%s", table->schema, *table->schema != '\0' ? "." : "", table->table);
	Buffer json = {0};

	append_member(&json, "openWindowTimestamp", row->opened);
	if (closed != NULL)
		append_member(&json, "closeWindowTimestamp", closed);
	append_member(&json, "correlationId", row->state->correlation != NULL ? row->state->correlation : "");
	append_member(&json, "dataCollectionId", name);
	buffer_append(&json, "}", 2);
	free(name);
	return json.data;
}

static bool
execute(ChunkReader *reader, const char *sql, int count, const char *const *values, const char *what, Error *error)
{
	const PgPatience patience = {.timeout_ms = (int) config_int(reader->config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
	PGresult *result = pg_session_query(reader->conn, sql, count, values, patience, what, error);

	PQclear(result);
	return result != NULL;
}

static bool
insert_row(ChunkReader *reader, const char *id, const char *type, const char *data, Error *error)
{
	char *table = chunk_quoted_name(reader->conn, config_text(reader->config, OPT_SIGNAL_DATA_COLLECTION));
	char *sql = memory_printf("INSERT INTO %s VALUES ($1, $2, $3)", table);
	const char *values[] = {id, type, data};
	bool good = execute(reader, sql, 3, values, "could not write a window's row to signal.data.collection", error);

	free(sql);
	free(table);
	return good;
}

static bool
delete_row(ChunkReader *reader, const char *id, Error *error)
{
	const PgPatience patience = {.timeout_ms = (int) config_int(reader->config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
	char *table = chunk_quoted_name(reader->conn, config_text(reader->config, OPT_SIGNAL_DATA_COLLECTION));
	const char *name = table;
	PGresult *column =
		pg_session_query(reader->conn,
						 "SELECT pg_catalog.quote_ident(attname) FROM pg_catalog.pg_attribute WHERE attrelid = "
						 "$1::pg_catalog.regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum LIMIT 1",
						 1, &name, patience, "could not look at signal.data.collection", error);
	char *sql = column != NULL && PQntuples(column) == 1
					? memory_printf("DELETE FROM %s WHERE %s = $1", table, PQgetvalue(column, 0, 0))
					: NULL;
	bool good = sql != NULL &&
				execute(reader, sql, 1, &id, "could not delete a window's row from signal.data.collection", error);

	PQclear(column);
	free(sql);
	free(table);
	return good;
}

static bool
emit_message(ChunkReader *reader, const WindowRow *row, Error *error)
{
	const char *slot_name = config_text(reader->config, OPT_SLOT_NAME);
	Buffer json = {0};
	const char *content;
	bool good;

	append_member(&json, "slot", slot_name);
	append_member(&json, "type", "snapshot-window-close");
	append_member(&json, "id", row->id);
	buffer_append(&json, "}", 2);
	content = json.data;
	good = execute(reader, "SELECT pg_catalog.pg_logical_emit_message(true, 'wal2debezium', $1::pg_catalog.text)", 1,
				   &content, "could not write a window's message", error);
	buffer_free(&json);
	return good;
}

static bool
deletes(const ChunkReader *reader)
{
	return strcmp(config_text(reader->config, OPT_INCREMENTAL_SNAPSHOT_WATERMARKING_STRATEGY), "insert_delete") == 0;
}

bool
window_open(ChunkReader *reader, WindowMark mark, WindowRow *row, Error *error)
{
	char id[64];
	char *data;
	bool good;

	write_now(row->opened, sizeof(row->opened));
	if (mark != MARK_ROWS)
		return true;
	snprintf(id, sizeof(id), "%s-open", row->id);
	data = row_data(row, NULL);
	good = insert_row(reader, id, "snapshot-window-open", data, error);
	free(data);
	return good;
}

bool
window_close(ChunkReader *reader, WindowMark mark, const WindowRow *row, Error *error)
{
	char closed[40];
	char id[64];
	char *data;
	bool good;

	if (mark == MARK_POSITION)
		return true;
	if (mark == MARK_MESSAGE)
		return emit_message(reader, row, error);
	snprintf(id, sizeof(id), "%s-%s", row->id, deletes(reader) ? "open" : "close");
	if (deletes(reader))
		return delete_row(reader, id, error);
	write_now(closed, sizeof(closed));
	data = row_data(row, closed);
	good = insert_row(reader, id, "snapshot-window-close", data, error);
	free(data);
	return good;
}
