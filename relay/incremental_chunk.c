/*
 * incremental_chunk.c
 *	  Window marks, and the statements that read a chunk by its key.
 */
#include "incremental_chunk_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pg_session.h"
#include "window_mark.h"

#define TRANSACTION_TIMEOUT_VERSION 170000

static PgPatience
patience_of(const ChunkReader *reader)
{
	return (PgPatience){.timeout_ms = (int) config_int(reader->config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
}

PGresult *
chunk_query(Chunk *chunk, const char *sql, int count, const char *const *values, const char *what)
{
	const char *none[] = {NULL};

	/* never the simple protocol: a condition must not bring statements of its own, which might end the transaction */
	return pg_session_query(chunk->reader->conn, sql, count, values != NULL ? values : none, patience_of(chunk->reader),
							what, chunk->error);
}

static bool
run(Chunk *chunk, const char *sql)
{
	return pg_session_command(chunk->reader->conn, sql, patience_of(chunk->reader), "could not begin a chunk",
							  chunk->error);
}

void
chunk_set_text(char **text, char *value)
{
	free(*text);
	*text = value;
}

void
chunk_reader_forget(ChunkReader *reader)
{
	for (size_t i = 0; i < reader->key_count; i++)
		free(reader->types[i]);
	free(reader->types);
	reader->types = NULL;
	reader->key_count = 0;
	reader->size_limit = 0;
	reader->counted = false;
	chunk_set_text(&reader->described, NULL);
	chunk_set_text(&reader->table_oid, NULL);
	chunk_set_text(&reader->list, NULL);
	chunk_set_text(&reader->texts, NULL);
	chunk_set_text(&reader->descending, NULL);
	chunk_set_text(&reader->columns, NULL);
}

void
chunk_result_clear(ChunkResult *result)
{
	free(result->seen_by);
	free(result->passed);
	incremental_position_clear(&result->position);
	PQclear(result->frames);
	memset(result, 0, sizeof(*result));
}

char *
chunk_quoted_name(PGconn *conn, const char *name)
{
	const char *dot = strchr(name, '.');
	char *schema = dot != NULL ? memory_checked(PQescapeIdentifier(conn, name, (size_t) (dot - name))) : NULL;
	const char *rest = dot != NULL ? dot + 1 : name;
	char *table = memory_checked(PQescapeIdentifier(conn, rest, strlen(rest)));
	char *quoted = schema != NULL ? memory_printf("%s.%s", schema, table) : memory_strdup(table);

	PQfreemem(schema);
	PQfreemem(table);
	return quoted;
}

/* ---- the snapshot ---- */

static bool
read_seen(Chunk *chunk)
{
	PGresult *result =
		chunk_query(chunk, "SELECT pg_catalog.pg_current_snapshot()::pg_catalog.text, pg_catalog.pg_is_in_recovery()",
					0, NULL, "could not read what a chunk sees");

	if (result == NULL)
		return false;
	chunk_set_text(&chunk->result->seen_by, memory_strdup(PQgetvalue(result, 0, 0)));
	chunk->result->standby = PQgetvalue(result, 0, 1)[0] == 't';
	PQclear(result);
	return true;
}

/*
 * Where the server is, read after the snapshot.  The WAL of commits that it saw
 * lies before.  Behind the header of a page nothing is written yet, so the
 * stream of an idle server never gets there; the page's start will do.
 */
static bool
read_position(Chunk *chunk)
{
	const char *sql =
		chunk->result->standby
			? "SELECT pg_catalog.pg_last_wal_replay_lsn(), pg_catalog.current_setting('wal_block_size')"
			: "SELECT pg_catalog.pg_current_wal_insert_lsn(), pg_catalog.current_setting('wal_block_size')";
	PGresult *result = chunk_query(chunk, sql, 0, NULL, "could not read the server's position");
	const uint64_t header_max = 64;
	uint64_t page;
	bool good;

	if (result == NULL)
		return false;
	good = lsn_parse(PQgetvalue(result, 0, 0), &chunk->result->position_lsn);
	page = strtoull(PQgetvalue(result, 0, 1), NULL, 10);
	PQclear(result);
	if (good && page > 0 && chunk->result->position_lsn % page <= header_max)
		chunk->result->position_lsn -= chunk->result->position_lsn % page;
	return good || error_set(chunk->error, ERROR_RETRY, "could not read the server's position");
}

static bool
begin(Chunk *chunk)
{
	static const char settings[] =
		"SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; "
		"SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off; "
		"SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL extra_float_digits = 3; "
		"SET LOCAL bytea_output = 'hex'";

	return run(chunk, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") && run(chunk, settings) &&
		   (PQserverVersion(chunk->reader->conn) < TRANSACTION_TIMEOUT_VERSION ||
			run(chunk, "SET LOCAL transaction_timeout = 0"));
}

/* Takes the snapshot. */
static bool
see(Chunk *chunk)
{
	return read_seen(chunk) && (chunk->result->mark != MARK_POSITION || read_position(chunk));
}

/* ---- the table ---- */

Reading
chunk_failed(Chunk *chunk, TableStatus *status)
{
	if (pg_session_passes(chunk->error))
		return READING_LOST;
	log_warning(chunk->reader->log, "incremental snapshot of table \"%s.%s\" ends: %s", chunk->table->schema,
				chunk->table->table, chunk->error->message);
	*status = TABLE_SQL_EXCEPTION;
	return READING_ENDED;
}

Reading
chunk_skipped(Chunk *chunk, TableStatus *status, TableStatus as, const char *why)
{
	log_warning(chunk->reader->log, "incremental snapshot skips table \"%s%s%s\": %s", chunk->table->schema,
				*chunk->table->schema != '\0' ? "." : "", chunk->table->table, why);
	*status = as;
	return READING_ENDED;
}

/* ---- keys ---- */

static char *
finish(Buffer *buffer)
{
	buffer_append(buffer, "", 1);
	return buffer->data;
}

/* A row of values as text; no rows: count 0. */
static IncrementalKey
key_of(const PGresult *result)
{
	IncrementalKey key = {0};
	int count = PQntuples(result) > 0 ? PQnfields(result) : 0;

	key.values = bytes_alloc_zero((size_t) count + 1, sizeof(char *));
	for (int i = 0; i < count; i++)
		key.values[key.count++] = memory_strdup(PQgetvalue(result, 0, i));
	return key;
}

/* " AND (a, b) > ('1'::integer, 'x'::text)"; nothing for no key. */
static void
append_bound(const Chunk *chunk, Buffer *sql, const char *operator, const IncrementalKey * key)
{
	const ChunkReader *reader = chunk->reader;

	if (key->count == 0)
		return;
	buffer_append_text(sql, " AND (");
	buffer_append_text(sql, reader->list);
	buffer_append_text(sql, ") ");
	buffer_append_text(sql, operator);
	buffer_append_text(sql, " (");
	for (size_t i = 0; i < key->count; i++)
	{
		char *literal = memory_checked(PQescapeLiteral(reader->conn, key->values[i], strlen(key->values[i])));

		if (i > 0)
			buffer_append_text(sql, ", ");
		buffer_append_text(sql, literal);
		buffer_append_text(sql, "::");
		buffer_append_text(sql, reader->types[i]);
		PQfreemem(literal);
	}
	buffer_append_text(sql, ")");
}

/* The key that a statement returns, count 0 if it returns no row. */
static bool
read_key(Chunk *chunk, const char *sql, const char *what, IncrementalKey *key)
{
	PGresult *result = chunk_query(chunk, sql, 0, NULL, what);

	if (result == NULL)
		return false;
	*key = key_of(result);
	PQclear(result);
	return true;
}

/* Rows of which a part of the key is null would be passed over: their order says nothing. */
static bool
has_null_keys(Chunk *chunk, bool *found)
{
	char *sql;
	PGresult *result;

	*found = false;
	if (!chunk->reader->may_be_null)
		return true;
	sql = memory_printf("SELECT 1 FROM %s %s AND NOT (ROW(%s, 0) IS NOT NULL) LIMIT 1", chunk->name, chunk->where,
						chunk->reader->list);
	result = chunk_query(chunk, sql, 0, NULL, "could not look for rows without key");
	free(sql);
	*found = result != NULL && PQntuples(result) > 0;
	PQclear(result);
	return result != NULL;
}

static bool
read_maximum(Chunk *chunk, IncrementalPosition *position)
{
	char *sql = memory_printf("SELECT %s FROM %s %s ORDER BY %s LIMIT 1", chunk->reader->texts, chunk->name,
							  chunk->where, chunk->reader->descending);
	bool good = read_key(chunk, sql, "could not read the maximum key", &position->maximum);

	free(sql);
	return good;
}

static bool
count_rows(Chunk *chunk, const IncrementalPosition *position)
{
	Buffer sql = {0};
	PGresult *result;

	if (!chunk->request->count_rows)
		return true;
	buffer_append_text(&sql, "SELECT pg_catalog.count(*) FROM ");
	buffer_append_text(&sql, chunk->name);
	buffer_append_text(&sql, " ");
	buffer_append_text(&sql, chunk->where);
	append_bound(chunk, &sql, "<=", &position->maximum);
	result = chunk_query(chunk, finish(&sql), 0, NULL, "could not count the rows");
	buffer_free(&sql);
	if (result == NULL)
		return false;
	chunk->reader->total_rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return true;
}

static Reading
begin_table(Chunk *chunk, IncrementalPosition *position, TableStatus *status)
{
	bool nulls = false;

	incremental_position_clear(position);
	if (!chunk->reader->counted && !has_null_keys(chunk, &nulls))
		return chunk_failed(chunk, status);
	if (nulls)
		return chunk_skipped(chunk, status, TABLE_NO_PRIMARY_KEY, "its key is null in some rows");
	if (!read_maximum(chunk, position))
		return chunk_failed(chunk, status);
	if (position->maximum.count == 0)
	{
		*status = TABLE_EMPTY;
		return READING_ENDED;
	}
	if (!chunk->reader->counted && !count_rows(chunk, position))
		return chunk_failed(chunk, status);
	chunk->reader->counted = true; /* a chunk that is read again does without: it takes long, and the stream goes on */
	if (chunk->request->count_rows)
		position->total_rows = chunk->reader->total_rows;
	position->columns = memory_strdup(chunk->reader->columns);
	chunk->result->began = true;
	return READING_ROWS;
}

/* ---- rows ---- */

/* The last key of the next chunk; count 0: nothing is left. */
static bool
read_end(Chunk *chunk, const IncrementalPosition *position, IncrementalKey *end)
{
	Buffer sql = {0};
	char limit[64];
	bool good;

	buffer_append_text(&sql, "SELECT ");
	buffer_append_text(&sql, chunk->reader->texts);
	buffer_append_text(&sql, " FROM (SELECT ");
	buffer_append_text(&sql, chunk->reader->list);
	buffer_append_text(&sql, " FROM ");
	buffer_append_text(&sql, chunk->name);
	buffer_append_text(&sql, " ");
	buffer_append_text(&sql, chunk->where);
	append_bound(chunk, &sql, ">", &position->last);
	append_bound(chunk, &sql, "<=", &position->maximum);
	buffer_append_text(&sql, " ORDER BY ");
	buffer_append_text(&sql, chunk->reader->list);
	snprintf(limit, sizeof(limit), " LIMIT %" PRId64 ") AS c ORDER BY ", chunk_size(chunk));
	buffer_append_text(&sql, limit);
	buffer_append_text(&sql, chunk->reader->descending);
	buffer_append_text(&sql, " LIMIT 1");
	good = read_key(chunk, finish(&sql), "could not find the end of the chunk", end);
	buffer_free(&sql);
	return good;
}

static char *
rows_statement(const Chunk *chunk, const IncrementalPosition *position, const IncrementalKey *end)
{
	Buffer sql = {0};

	buffer_append_text(&sql, "SELECT * FROM ");
	buffer_append_text(&sql, chunk->name);
	buffer_append_text(&sql, " ");
	buffer_append_text(&sql, chunk->where);
	append_bound(chunk, &sql, ">", &position->last);
	append_bound(chunk, &sql, "<=", end);
	buffer_append_text(&sql, " ORDER BY ");
	buffer_append_text(&sql, chunk->reader->list);
	return finish(&sql);
}

/* The next rows of the table at work. */
static Reading
read_rows(Chunk *chunk, IncrementalPosition *position, TableStatus *status)
{
	IncrementalKey end = {0};
	bool dropped = true;
	bool good = true;

	while (good && dropped)
	{
		char *statement;

		incremental_key_clear(&end);
		if (!read_end(chunk, position, &end))
			return chunk_failed(chunk, status);
		if (end.count == 0)
		{
			incremental_key_clear(&end);
			*status = TABLE_SUCCEEDED;
			return READING_ENDED;
		}
		statement = rows_statement(chunk, position, &end);
		good = chunk_read_frames(chunk, statement, &dropped);
		free(statement);
	}
	incremental_key_clear(&position->last);
	position->last = end;
	position->rows += chunk->result->rows;
	return good ? READING_ROWS : chunk_failed(chunk, status);
}

static void
name_table(Chunk *chunk)
{
	PGconn *conn = chunk->reader->conn;
	const IncrementalTable *table = chunk->table;
	char *schema = memory_checked(PQescapeIdentifier(conn, table->schema, strlen(table->schema)));
	char *name = memory_checked(PQescapeIdentifier(conn, table->table, strlen(table->table)));

	/* children of an inherited table are tables of their own; a partitioned one has no rows but those of its partitions */
	chunk_set_text(&chunk->name, memory_printf("%s%s.%s", chunk->reader->partitioned ? "" : "ONLY ", schema, name));
	/* a line of its own: the filter may end with a comment */
	chunk_set_text(&chunk->where, memory_printf("WHERE (%s\n)", table->condition != NULL ? table->condition : "true"));
	PQfreemem(schema);
	PQfreemem(name);
}

/* position belongs to the table if it has begun. */
static Reading
read_table(Chunk *chunk, IncrementalPosition *position, TableStatus *status)
{
	Reading reading = chunk_know_table(chunk, status);

	if (reading != READING_ROWS)
		return reading;
	name_table(chunk);
	if (position->columns != NULL && strcmp(position->columns, chunk->reader->columns) != 0)
	{
		log_warning(chunk->reader->log, "the key of table \"%s.%s\" has changed, its incremental snapshot begins again",
					chunk->table->schema, chunk->table->table);
		incremental_position_clear(position);
	}
	if (position->columns == NULL)
		reading = begin_table(chunk, position, status);
	return reading == READING_ROWS ? read_rows(chunk, position, status) : reading;
}

static void
pass(ChunkResult *result, TableStatus status, const IncrementalPosition *position)
{
	result->passed = bytes_realloc(result->passed, (result->passed_count + 1) * sizeof(ChunkPassed));
	result->passed[result->passed_count++] = (ChunkPassed){status, position->rows, position->total_rows};
}

/* In a transaction of its own, so that the table is locked before the snapshot is taken. */
static Reading
open_table(Chunk *chunk, TableStatus *status)
{
	Reading reading;

	if (!begin(chunk))
		return READING_LOST;
	reading = chunk_lock_table(chunk, status);
	if (reading == READING_ROWS && !see(chunk))
		return READING_LOST;
	return reading == READING_ROWS ? read_table(chunk, &chunk->result->position, status) : reading;
}

/* Until there are rows, or no table is left. */
static bool
read_tables(Chunk *chunk)
{
	const IncrementalState *state = chunk->request->state;
	ChunkResult *result = chunk->result;

	for (size_t i = 0; i < state->table_count; i++)
	{
		TableStatus status = TABLE_SUCCEEDED;
		Reading reading;

		chunk->table = &state->tables[i];
		result->began = false;
		reading = open_table(chunk, &status);
		if (reading != READING_ENDED)
			return reading == READING_ROWS;
		pass(result, status, &result->position);
		incremental_position_clear(&result->position);
		if (status == TABLE_SQL_EXCEPTION)
			chunk_reader_forget(chunk->reader);
		if (!run(chunk, "ROLLBACK"))
			return false;
	}
	return begin(chunk) && see(chunk);
}

static bool
find_role(Chunk *chunk)
{
	PGresult *result = chunk_query(chunk, "SELECT pg_catalog.pg_is_in_recovery()", 0, NULL, "could not ask the server");

	if (result == NULL)
		return false;
	chunk->result->standby = PQgetvalue(result, 0, 0)[0] == 't';
	/* nothing can be written there */
	chunk->result->mark = chunk->result->standby ? MARK_POSITION : chunk->request->mark;
	PQclear(result);
	return true;
}

static bool
close_window(Chunk *chunk, const WindowRow *row)
{
	WindowMark mark = chunk->result->mark;

	return window_close(chunk->reader, mark, row, chunk->error) && (mark == MARK_POSITION || read_position(chunk));
}

bool
chunk_read(ChunkReader *reader, const ChunkRequest *request, ChunkResult *result, Error *error)
{
	Chunk chunk = {.reader = reader, .request = request, .result = result, .error = error};
	WindowRow row = window_row(request->id, request->state);
	bool good;

	memset(result, 0, sizeof(*result));
	result->position = incremental_position_copy(&request->state->position);
	good = find_role(&chunk) && window_open(reader, result->mark, &row, error) && read_tables(&chunk) &&
		   run(&chunk, "COMMIT") && close_window(&chunk, &row);
	window_row_clear(&row);
	free(chunk.name);
	free(chunk.where);
	if (!good)
	{
		chunk_result_clear(result);
		error->kind = ERROR_RETRY;
	}
	return good;
}
