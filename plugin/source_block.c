/*-------------------------------------------------------------------------
 *
 * source_block.c
 *	  See source_block.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "frame_format.h"
#include "source_block.h"

/* Layout changes (reference 1.4). */
#define RELEASE_TS_US 206
#define RELEASE_VERSIONED 301
#define RELEASE_ORIGIN 305

struct SourceBlock
{
	const PluginOptions *options;
	JsonWriter head;  /* up to the LSN in sequence */
	Size head_fixed;  /* what of it all transactions share */
	Size mark;		  /* where in it a snapshot mark belongs */
	JsonWriter place; /* what stands in head between snapshot and sequence */
	JsonWriter table; /* from the LSN to the table */
	JsonWriter txid;  /* from the table to the second LSN */
	JsonWriter tail;  /* behind it */
	SourceInfo info;
};

static void render_fixed(SourceBlock *source);

SourceBlock *
source_block_new(MemoryContext context, const PluginOptions *options)
{
	SourceBlock *source = MemoryContextAllocZero(context, sizeof(SourceBlock));

	source->options = options;
	json_writer_init(&source->head, context, 512);
	json_writer_init(&source->place, context, 256);
	json_writer_init(&source->table, context, 128);
	json_writer_init(&source->txid, context, 64);
	json_writer_init(&source->tail, context, 128);
	render_fixed(source);
	return source;
}

/* The quotes of a JSON text that stands in a JSON string. */
static void
quote_in_string(JsonWriter *writer)
{
	json_char(writer, '\\');
	json_char(writer, '"');
}

static int64
floor_divide(int64 value, int64 by)
{
	return value / by - (value % by < 0);
}

/* The beginning of sequence, up to the LSN of an event; its end is write_sequence_end()'s. */
static void
write_sequence_start(JsonWriter *writer, const SourceInfo *info)
{
	json_char(writer, '[');
	if (info->last_commit == 0)
		json_null(writer);
	else
	{
		quote_in_string(writer);
		json_uint64(writer, info->last_commit);
		quote_in_string(writer);
	}
	json_char(writer, ',');
	quote_in_string(writer);
}

static void
write_sequence_end(JsonWriter *writer)
{
	quote_in_string(writer);
	json_char(writer, ']');
}

void
source_sequence_write(const SourceBlock *source, JsonWriter *writer, XLogRecPtr lsn)
{
	write_sequence_start(writer, &source->info);
	json_uint64(writer, lsn);
	write_sequence_end(writer);
}

/* Digits of a time in us, of which those of ms are the beginning. */
typedef struct TimeDigits
{
	char text[JSON_SHORT];
	Size size;
} TimeDigits;

static void
write_time_digits(TimeDigits *digits, int64 time_us)
{
	JsonWriter writer = {.data = digits->text, .capacity = sizeof(digits->text)};

	json_int64(&writer, time_us);
	digits->size = writer.len;
}

/* The snapshot's mark, or what of it is known already. */
static void
render_mark(SourceBlock *source, const SourceInfo *info)
{
	JsonWriter *writer = &source->head;

	json_literal(writer, JSON_NEXT("snapshot"));
	if (info->snapshot)
		json_char(writer, '"');
	if (info->snapshot && info->incremental)
		json_literal(writer, "incremental");
	else if (info->snapshot && option_number(source->options, FORMAT) == FORMAT_JSON)
		json_literal(writer, "true");
	source->mark = writer->len;
	if (info->snapshot)
		json_char(writer, '"');
	else if (option_bool(source->options, VALUE_CONVERTER_REPLACE_NULL_WITH_DEFAULT))
		json_cstring(writer, "false");
	else
		json_null(writer);
}

static void
render_head(SourceBlock *source, const SourceInfo *info, const TimeDigits *time)
{
	JsonWriter *writer = &source->head;

	writer->len = source->head_fixed;
	if (likely(info->time_us >= 1000))
		json_raw_short(writer, time->text, time->size - 3);
	else
		json_int64(writer, floor_divide(info->time_us, 1000));
	render_mark(source, info);
	json_raw(writer, source->place.data, source->place.len);
	if (!info->incremental)
		write_sequence_start(writer, info);
}

static void
render_table(SourceBlock *source, const SourceInfo *info, const TimeDigits *time)
{
	JsonWriter *writer = &source->table;

	writer->len = 0;
	if (!info->incremental)
		write_sequence_end(writer);
	json_char(writer, '"');
	if (source->options->release >= RELEASE_TS_US)
	{
		json_literal(writer, JSON_NEXT("ts_us"));
		json_raw_short(writer, time->text, time->size);
		json_literal(writer, JSON_NEXT("ts_ns"));
		json_raw_short(writer, time->text, time->size);
		if (info->time_us != 0)
			json_literal(writer, "000");
	}
	json_literal(writer, JSON_NEXT("schema"));
}

static void
render_txid(SourceBlock *source, const SourceInfo *info)
{
	JsonWriter *writer = &source->txid;

	writer->len = 0;
	json_literal(writer, JSON_NEXT("txId"));
	if (info->txid == 0)
		json_null(writer);
	else
		json_uint64(writer, info->txid);
	json_literal(writer, JSON_NEXT("lsn"));
}

static void
render_tail(SourceBlock *source, const SourceInfo *info)
{
	JsonWriter *writer = &source->tail;

	writer->len = 0;
	json_literal(writer, JSON_NEXT("xmin"));
	json_null(writer);
	if (source->options->release >= RELEASE_ORIGIN)
	{
		json_literal(writer, JSON_NEXT("origin"));
		if (info->origin)
			json_cstring(writer, info->origin);
		else
			json_null(writer);
		json_literal(writer, JSON_NEXT("origin_lsn"));
		if (info->origin)
			json_int64(writer, (int64) info->origin_lsn);
		else
			json_null(writer);
	}
	json_char(writer, '}');
}

/* What all transactions share. */
static void
render_fixed(SourceBlock *source)
{
	JsonWriter *writer = &source->head;
	JsonWriter *place = &source->place;

	json_literal(writer, JSON_FIRST("version"));
	json_cstring(writer, option_text(source->options, DEBEZIUM_VERSION));
	json_literal(writer, JSON_NEXT("connector"));
	json_cstring(writer, "postgresql");
	json_literal(writer, JSON_NEXT("name"));
	json_cstring(writer, source->options->topic_prefix);
	json_literal(writer, JSON_NEXT("ts_ms"));
	source->head_fixed = writer->len;
	json_literal(place, JSON_NEXT("db"));
	json_cstring(place, source->options->database);
	json_literal(place, JSON_NEXT("sequence"));
	json_char(place, '"');
	render_tail(source, &source->info);
}

void
source_block_set(SourceBlock *source, const SourceInfo *info)
{
	bool had_origin = source->info.origin != NULL;
	TimeDigits time;

	source->info = *info;
	write_time_digits(&time, info->time_us);
	render_head(source, info, &time);
	render_table(source, info, &time);
	render_txid(source, info);
	if (had_origin || info->origin != NULL)
		render_tail(source, info);
}

const SourceInfo *
source_block_info(const SourceBlock *source)
{
	return &source->info;
}

Size
source_block_write(const SourceBlock *source, JsonWriter *writer, const char *table, Size table_size, XLogRecPtr lsn)
{
	char text[JSON_SHORT];
	JsonWriter digits = {.data = text, .capacity = sizeof(text)};
	Size mark = writer->len + source->mark;

	json_uint64(&digits, lsn);
	json_raw(writer, source->head.data, source->head.len);
	json_raw_short(writer, text, digits.len);
	json_raw(writer, source->table.data, source->table.len);
	json_raw(writer, table, table_size);
	json_raw_short(writer, source->txid.data, source->txid.len);
	if (likely(lsn <= PG_INT64_MAX))
		json_raw_short(writer, text, digits.len);
	else
		json_int64(writer, (int64) lsn);
	json_raw(writer, source->tail.data, source->tail.len);
	return mark;
}

/* Events of incremental snapshots stand nowhere in the WAL: the sequence is that of where they are let out. */
static Size
write_incremental(const SourceBlock *source, JsonWriter *writer, const char *table, Size table_size)
{
	Size hole;

	json_raw(writer, source->head.data, source->head.len);
	hole = writer->len;
	json_raw(writer, source->table.data, source->table.len);
	json_raw(writer, table, table_size);
	json_raw(writer, source->txid.data, source->txid.len);
	json_null(writer);
	json_raw(writer, source->tail.data, source->tail.len);
	return hole;
}

uint8
source_block_write_hole(const SourceBlock *source, JsonWriter *writer, const char *table, Size table_size,
						XLogRecPtr lsn, Size *hole_at)
{
	if (source->info.incremental)
	{
		*hole_at = write_incremental(source, writer, table, table_size);
		return HOLE_SEQUENCE;
	}
	*hole_at = source_block_write(source, writer, table, table_size, lsn);
	return source->info.snapshot ? HOLE_SNAPSHOT_MARK : 0;
}

static ConnectValue
integer_or_null(bool is_set, int64 integer)
{
	return is_set ? connect_integer(integer) : connect_null();
}

static ConnectValue
snapshot_value(const SourceBlock *source)
{
	ConnectValue hole = {.kind = VALUE_HOLE, .integer = HOLE_SNAPSHOT_MARK};

	if (!source->info.snapshot)
		return connect_null();
	if (source->info.incremental)
		return connect_string("incremental");
	return option_number(source->options, FORMAT) == FORMAT_JSON ? connect_string(HOLE_TEXT) : hole;
}

/* JSON in a string; null or the commit, then the LSN. */
static ConnectValue
sequence_value(const SourceInfo *info, XLogRecPtr lsn)
{
	char commit[24];
	char change[24];
	JsonWriter text;

	if (info->incremental)
		return (ConnectValue){.kind = VALUE_HOLE, .integer = HOLE_SEQUENCE};
	snprintf(commit, sizeof(commit), UINT64_FORMAT, info->last_commit);
	snprintf(change, sizeof(change), UINT64_FORMAT, lsn);
	json_writer_init(&text, CurrentMemoryContext, 64);
	json_char(&text, '[');
	if (info->last_commit == 0)
		json_null(&text);
	else
		json_cstring(&text, commit);
	json_char(&text, ',');
	json_cstring(&text, change);
	json_char(&text, ']');
	return connect_string_sized(text.data, text.len);
}

void
source_block_values(const SourceBlock *source, const char *schema, const char *table, XLogRecPtr lsn,
					ConnectValue *items)
{
	const SourceInfo *info = &source->info;

	*items++ = connect_string(option_text(source->options, DEBEZIUM_VERSION));
	*items++ = connect_string("postgresql");
	*items++ = connect_string(source->options->topic_prefix);
	*items++ = connect_integer(floor_divide(info->time_us, 1000));
	*items++ = snapshot_value(source);
	*items++ = connect_string(source->options->database);
	*items++ = sequence_value(info, lsn);
	if (source->options->release >= RELEASE_TS_US)
	{
		*items++ = connect_integer(info->time_us);
		*items++ = connect_integer(info->time_us * 1000);
	}
	*items++ = connect_string(schema);
	*items++ = connect_string(table);
	*items++ = integer_or_null(info->txid != 0, (int64) info->txid);
	*items++ = integer_or_null(!info->incremental, (int64) lsn);
	*items++ = connect_null();
	if (source->options->release >= RELEASE_ORIGIN)
	{
		*items++ = info->origin ? connect_string(info->origin) : connect_null();
		*items++ = integer_or_null(info->origin != NULL, (int64) info->origin_lsn);
	}
}

char *
source_table(const char *schema, const char *table, Size *size)
{
	JsonWriter writer;

	json_writer_init(&writer, CurrentMemoryContext, 128);
	json_cstring(&writer, schema);
	json_literal(&writer, JSON_NEXT("table"));
	json_cstring(&writer, table);
	*size = writer.len;
	return writer.data;
}

static ConnectSchema *
snapshot_schema(const PluginOptions *options)
{
	ConnectSchema *schema = connect_schema_named("string", "io.debezium.data.Enum", 1);
	/* 3.0.5 listed the values that were emitted all along */
	bool listed =
		options->release > 300 || (options->release == 300 && atoi(option_text(options, DEBEZIUM_VERSION) + 4) >= 5);
	JsonWriter writer;

	connect_schema_parameter(schema, "allowed",
							 listed
								 ? "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"
								 : "true,last,false,incremental");
	json_writer_init(&writer, CurrentMemoryContext, 16);
	json_cstring(&writer, "false");
	schema->default_json = pnstrdup(writer.data, writer.len);
	schema->optional = true;
	return schema;
}

ConnectSchema *
source_schema(const PluginOptions *options)
{
	ConnectSchema *schema = connect_schema_named("struct", "io.debezium.connector.postgresql.Source",
												 options->release >= RELEASE_VERSIONED ? 1 : 0);

	connect_schema_add(schema, "version", "string", false);
	connect_schema_add(schema, "connector", "string", false);
	connect_schema_add(schema, "name", "string", false);
	connect_schema_add(schema, "ts_ms", "int64", false);
	connect_schema_field(schema, "snapshot", snapshot_schema(options));
	connect_schema_add(schema, "db", "string", false);
	connect_schema_add(schema, "sequence", "string", true);
	if (options->release >= RELEASE_TS_US)
	{
		connect_schema_add(schema, "ts_us", "int64", true);
		connect_schema_add(schema, "ts_ns", "int64", true);
	}
	connect_schema_add(schema, "schema", "string", false);
	connect_schema_add(schema, "table", "string", false);
	connect_schema_add(schema, "txId", "int64", true);
	connect_schema_add(schema, "lsn", "int64", true);
	connect_schema_add(schema, "xmin", "int64", true);
	if (options->release >= RELEASE_ORIGIN)
	{
		connect_schema_add(schema, "origin", "string", true);
		connect_schema_add(schema, "origin_lsn", "int64", true);
	}
	return schema;
}
