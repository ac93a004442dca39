/*
 * incremental_frames.c
 *	  The rows of a chunk, as they come; a chunk that is too big is dropped.
 */
#include "incremental_chunk_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "frame_reader.h"
#include "memory.h"
#include "pg_session.h"

/* What a chunk may take in memory. */
#define CHUNK_BYTES_MAX ((uint64_t) 64 << 20)

typedef struct Reception
{
	FrameReader *reader;
	FrameEntry *entry;
	PGresult *frames;
	uint64_t bytes;
	uint64_t rows;
	bool dropped;
} Reception;

int64_t
chunk_size(const Chunk *chunk)
{
	const ChunkReader *reader = chunk->reader;

	return reader->size_limit > 0 && reader->size_limit < chunk->request->size ? reader->size_limit
																			   : chunk->request->size;
}

/* Records and those refused. */
static bool
count_rows(Reception *reception, const PGresult *part, Error *error)
{
	FrameHeader header;
	FrameStep step;

	if (!frame_reader_begin(reception->reader, PQgetvalue(part, 0, 0), (size_t) PQgetlength(part, 0, 0), &header,
							error))
		return false;
	while ((step = frame_reader_next(reception->reader, reception->entry, error)) == FRAME_STEP_ENTRY)
		reception->rows += reception->entry->kind == ENTRY_RECORD || reception->entry->kind == ENTRY_REFUSED;
	return step != FRAME_STEP_ERROR;
}

/* A single key value is kept whatever it takes. */
static bool
is_too_big(const Chunk *chunk, const Reception *reception)
{
	return reception->bytes > CHUNK_BYTES_MAX && chunk_size(chunk) > 1;
}

static bool
keep(Chunk *chunk, Reception *reception, const PGresult *part)
{
	int size = PQgetlength(part, 0, 0);

	reception->bytes += (uint64_t) size;
	if (!count_rows(reception, part, chunk->error))
		return false;
	if (is_too_big(chunk, reception))
	{
		PQclear(reception->frames);
		reception->frames = NULL;
		reception->dropped = true;
		return true;
	}
	if (PQsetvalue(reception->frames, PQntuples(reception->frames), 0, PQgetvalue(part, 0, 0), size) == 0)
		return error_set(chunk->error, ERROR_RETRY, "could not keep a chunk: out of memory");
	return true;
}

/* A row, or the result that ends them. */
static bool
take(Chunk *chunk, Reception *reception, const PGresult *part)
{
	ExecStatusType status = PQresultStatus(part);

	if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK)
		return pg_session_fail(chunk->reader->conn, part, "could not read a chunk", chunk->error);
	if (reception->frames == NULL && !reception->dropped)
		reception->frames = memory_checked(PQcopyResult(part, PG_COPYRES_ATTRS));
	return reception->dropped || PQntuples(part) == 0 || keep(chunk, reception, part);
}

/* All that the statement gives, also after an error. */
static bool
receive(Chunk *chunk, Reception *reception)
{
	const PgPatience patience = {.timeout_ms = (int) config_int(chunk->reader->config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
	PGresult *part = NULL;
	Error ignored;
	bool good = true;

	for (;;)
	{
		if (!pg_session_wait_result(chunk->reader->conn, patience, &part, "could not read a chunk",
									good ? chunk->error : &ignored))
			return false;
		if (part == NULL)
			return good;
		good = good && take(chunk, reception, part);
		PQclear(part);
	}
}

static bool
ask(Chunk *chunk, const char *statement)
{
	const char *const extra[] = {"internal.run.id", chunk->request->run_id, "internal.snapshot.kind", "incremental",
								 NULL};
	char *options = config_plugin_json(chunk->reader->config, extra);
	const char *values[] = {chunk->reader->table_oid, statement, options};
	PGconn *conn = chunk->reader->conn;
	bool good =
		PQsendQueryParams(conn, "SELECT wal2debezium.snapshot_query($1::pg_catalog.oid::pg_catalog.regclass, $2, $3)",
						  3, NULL, values, NULL, NULL, 1) != 0 &&
		PQsetSingleRowMode(conn) != 0;

	free(options);
	return good || pg_session_fail(conn, NULL, "could not read a chunk", chunk->error);
}

/* The next chunks are such as fit, and grow again. */
static void
adapt_size(Chunk *chunk, const Reception *reception)
{
	ChunkReader *reader = chunk->reader;
	int64_t size = chunk_size(chunk);
	int64_t half = (int64_t) (reception->rows / 2);

	if (reception->dropped)
	{
		reader->size_limit = half < size / 8 ? half : size / 8;
		if (reader->size_limit < 1)
			reader->size_limit = 1;
		log_debug(reader->log, "a chunk is too big for memory, the next has %" PRId64 " rows", reader->size_limit);
		return;
	}
	if (reception->bytes > CHUNK_BYTES_MAX)
		log_warning(reader->log, "rows of table \"%s.%s\" with the same key take %" PRIu64 " MB of memory at once",
					chunk->table->schema, chunk->table->table, reception->bytes >> 20);
	if (reader->size_limit > 0 && reception->bytes < CHUNK_BYTES_MAX / 4)
		reader->size_limit = size * 2 < chunk->request->size ? size * 2 : 0;
}

bool
chunk_read_frames(Chunk *chunk, const char *statement, bool *dropped)
{
	Reception reception = {.reader = frame_reader_new(NULL), .entry = bytes_alloc_zero(1, sizeof(FrameEntry))};
	bool good = ask(chunk, statement) && receive(chunk, &reception);

	frame_reader_free(reception.reader);
	free(reception.entry);
	*dropped = reception.dropped;
	if (good)
		adapt_size(chunk, &reception);
	if (!good || reception.dropped)
	{
		PQclear(reception.frames);
		return good;
	}
	chunk->result->frames = reception.frames;
	chunk->result->rows = reception.rows;
	return true;
}
