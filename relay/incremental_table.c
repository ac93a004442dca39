/*
 * incremental_table.c
 *	  What a chunk has to know of its table: is it captured, and what is its
 *	  key.
 */
#include "incremental_chunk_internal.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define UNDEFINED_TABLE "42P01"
#define UNDEFINED_SCHEMA "3F000"
#define WRONG_OBJECT_TYPE "42809"

Reading
chunk_lock_table(Chunk *chunk, TableStatus *status)
{
	PGconn *conn = chunk->reader->conn;
	const IncrementalTable *table = chunk->table;
	char *schema = memory_checked(PQescapeIdentifier(conn, table->schema, strlen(table->schema)));
	char *name = memory_checked(PQescapeIdentifier(conn, table->table, strlen(table->table)));
	char *sql = memory_printf("LOCK TABLE %s.%s IN ACCESS SHARE MODE", schema, name);
	PGresult *result = *table->schema != '\0' ? chunk_query(chunk, sql, 0, NULL, "could not lock the table") : NULL;
	const char *sqlstate = *table->schema != '\0' ? chunk->error->sqlstate : UNDEFINED_TABLE;

	free(sql);
	PQfreemem(schema);
	PQfreemem(name);
	PQclear(result);
	if (result != NULL)
		return READING_ROWS;
	if (strcmp(sqlstate, UNDEFINED_TABLE) == 0 || strcmp(sqlstate, UNDEFINED_SCHEMA) == 0)
		return chunk_skipped(chunk, status, TABLE_UNKNOWN_SCHEMA, "there is no such table");
	if (strcmp(sqlstate, WRONG_OBJECT_TYPE) == 0)
		return chunk_skipped(chunk, status, TABLE_UNKNOWN_SCHEMA, "it is not captured");
	return chunk_failed(chunk, status);
}

/* What of the catalogue decides how a table is read, in short; NULL: no such table, or *error. */
static char *
look(Chunk *chunk, bool *good)
{
	const char *values[] = {chunk->table->schema, chunk->table->table};
	PGresult *result = chunk_query(
		chunk,
		"SELECT c.oid::pg_catalog.text || ':' || pg_catalog.string_agg(a.attname || ' ' || "
		"pg_catalog.format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::pg_catalog.text, ',' "
		"ORDER BY a.attnum) || ':' || coalesce((SELECT pg_catalog.string_agg(i.indkey::pg_catalog.text, ',' ORDER BY "
		"i.indexrelid) FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique), '') || ':' || "
		"c.relreplident::pg_catalog.text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
		"WHERE n.nspname = $1 AND c.relname = $2 GROUP BY c.oid, c.relreplident",
		2, values, "could not look at the table");
	char *text = NULL;

	*good = result != NULL;
	if (result != NULL && PQntuples(result) == 1)
		text = memory_strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return text;
}

/*
 * $1 options, $2 schema, $3 table, $4 surrogate key or null: a row for each
 * column of the key, one with nulls if there is none, no row if the table is
 * not captured.
 */
static const char describe_sql[] =
	"SELECT t.relation, pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod), "
	"a.attnotnull, a.attname, (SELECT c.relkind = 'p' FROM pg_catalog.pg_class c WHERE c.oid = t.relation) "
	"FROM wal2debezium.tables($1) t "
	"LEFT JOIN LATERAL pg_catalog.unnest(CASE WHEN $4::pg_catalog.text IS NOT NULL THEN ARRAY[$4::pg_catalog.text] "
	"ELSE t.key_columns END) WITH ORDINALITY AS k (name, n) ON true "
	"LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.relation AND a.attname = k.name AND NOT a.attisdropped "
	"WHERE t.captured AND t.schema_name = $2 AND t.table_name = $3 ORDER BY k.n";

static void
append(Buffer *buffer, const char *separator, const char *text, const char *suffix)
{
	if (buffer->size > 0)
		buffer_append_text(buffer, separator);
	buffer_append_text(buffer, text);
	buffer_append_text(buffer, suffix);
}

static char *
finish(Buffer *buffer)
{
	buffer_append(buffer, "", 1);
	return buffer->data;
}

static void
keep_key(ChunkReader *reader, const PGresult *result)
{
	Buffer list = {0};
	Buffer texts = {0};
	Buffer descending = {0};
	Buffer columns = {0};

	reader->key_count = (size_t) PQntuples(result);
	reader->types = bytes_alloc_zero(reader->key_count + 1, sizeof(char *));
	buffer_append_text(&columns, "[");
	reader->may_be_null = false;
	reader->partitioned = PQgetvalue(result, 0, 5)[0] == 't';
	for (int i = 0; i < PQntuples(result); i++)
	{
		reader->may_be_null |= PQgetvalue(result, i, 3)[0] != 't';
		append(&list, ", ", PQgetvalue(result, i, 1), "");
		/* under a name of its own: ORDER BY prefers the names of what is selected */
		append(&texts, ", ", PQgetvalue(result, i, 1), "::pg_catalog.text AS wal2debezium_value");
		append(&descending, ", ", PQgetvalue(result, i, 1), " DESC");
		if (i > 0)
			buffer_append_text(&columns, ",");
		buffer_append_json_string(&columns, PQgetvalue(result, i, 4), strlen(PQgetvalue(result, i, 4)));
		reader->types[i] = memory_strdup(PQgetvalue(result, i, 2));
	}
	buffer_append_text(&columns, "]");
	reader->table_oid = memory_strdup(PQgetvalue(result, 0, 0));
	reader->list = finish(&list);
	reader->texts = finish(&texts);
	reader->descending = finish(&descending);
	reader->columns = finish(&columns);
}

static PGresult *
ask_description(Chunk *chunk)
{
	char *options = config_plugin_json(chunk->reader->config, (const char *const[]){NULL});
	const char *values[] = {options, chunk->table->schema, chunk->table->table, chunk->table->surrogate_key};
	PGresult *result = chunk_query(chunk, describe_sql, 4, values, "could not describe the table");

	free(options);
	return result;
}

/* READING_ROWS: the reader knows the table. */
static Reading
describe(Chunk *chunk, TableStatus *status)
{
	PGresult *result = ask_description(chunk);
	Reading reading = READING_ROWS;

	if (result == NULL)
		return chunk_failed(chunk, status);
	if (PQntuples(result) == 0)
		reading = chunk_skipped(chunk, status, TABLE_UNKNOWN_SCHEMA, "it is not captured");
	else if (PQgetisnull(result, 0, 1) && chunk->table->surrogate_key != NULL)
		reading =
			chunk_skipped(chunk, status, TABLE_NO_PRIMARY_KEY, "it has no column with the name of the surrogate key");
	else if (PQgetisnull(result, 0, 1))
		reading =
			chunk_skipped(chunk, status, TABLE_NO_PRIMARY_KEY, "it has no key (a signal may give a surrogate-key)");
	else
		keep_key(chunk->reader, result);
	PQclear(result);
	return reading;
}

static const char *
text_of(const char *text)
{
	return text != NULL ? text : "";
}

/* Sees that what the reader knows is this table as it is now. */
Reading
chunk_know_table(Chunk *chunk, TableStatus *status)
{
	ChunkReader *reader = chunk->reader;
	bool good = true;
	char *now = look(chunk, &good);
	Reading reading;

	if (!good)
		return chunk_failed(chunk, status);
	if (now == NULL)
		return chunk_skipped(chunk, status, TABLE_UNKNOWN_SCHEMA, "there is no such table");
	chunk_set_text(&now, memory_printf("%s:%s:%s:%s", now, text_of(chunk->table->surrogate_key),
									   text_of(chunk->table->correlation), text_of(chunk->table->condition)));
	if (reader->described != NULL && strcmp(reader->described, now) == 0)
	{
		free(now);
		return READING_ROWS;
	}
	chunk_reader_forget(reader);
	reading = describe(chunk, status);
	if (reading == READING_ROWS)
		reader->described = now;
	else
		free(now);
	return reading;
}
