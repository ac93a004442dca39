/*-------------------------------------------------------------------------
 *
 * record_writer.c
 *	  See record_writer.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "context_headers.h"
#include "envelope_schema.h"
#include "frame_format.h"
#include "json_text.h"
#include "record_converter.h"
#include "record_writer.h"
#include "topic_name.h"
#include "transform_chain.h"

/* Memory for keys and headers that is kept from one record to the next. */
#define KEPT_SIZE (1024 * 1024)

/* A schema that may come from a row, so that one record's stay below what dictionaries have left (dictionary.c). */
#define MAX_SCHEMA_SIZE (FRAME_DICTIONARY_LIMIT / 10)

struct RecordWriter
{
	const PluginOptions *options;
	FrameBatch *batch;
	Dictionary *dictionary;
	TransformChain *chain; /* NULL: converters only */
	List *context_headers; /* of RecordHeader */
	DictionaryEntry *header_set;
	JsonWriter scratch;
	StringInfoData own_headers;
};

RecordWriter *
record_writer_new(MemoryContext context, const PluginOptions *options, FrameBatch *batch, const char *run_id)
{
	MemoryContext previous = MemoryContextSwitchTo(context);
	TransformChain *chain = transform_chain_new(context, options);
	RecordWriter *writer = NULL;

	if (chain != NULL || option_number(options, VALUE_CONVERTER) != CONVERTER_JSON)
	{
		writer = palloc0(sizeof(RecordWriter));
		writer->options = options;
		writer->batch = batch;
		writer->dictionary = batch_dictionary(batch);
		writer->chain = chain;
		writer->context_headers = context_header_list(options, run_id);
		writer->header_set = context_headers(options, writer->dictionary, run_id);
		json_writer_init(&writer->scratch, context, 1024);
		initStringInfo(&writer->own_headers);
	}
	MemoryContextSwitchTo(previous);
	return writer;
}

/* ---------------------------------------------------------------- schemas */

/* The dictionary entry of a schema, kept with its origin; *release: it is not, and must be given back. */
static DictionaryEntry *
schema_of(RecordWriter *writer, RecordOrigin *origin, const ConnectSchema *schema, bool *release)
{
	MemoryContext previous;
	OriginEntry *kept;
	ListCell *cell;

	*release = !record_schema_is_kept(schema);
	if (*release)
		return schema_entry(writer->dictionary, schema);
	foreach (cell, origin->entries)
	{
		const OriginEntry *entry = lfirst(cell);

		if (entry->schema == schema)
			return entry->entry;
	}
	previous = MemoryContextSwitchTo(origin->context);
	kept = palloc(sizeof(OriginEntry));
	kept->schema = schema;
	kept->entry = schema_entry(writer->dictionary, schema);
	origin->entries = lappend(origin->entries, kept);
	MemoryContextSwitchTo(previous);
	return kept->entry;
}

/* ---------------------------------------------------------------- headers */

static bool
is_context_header(const RecordWriter *writer, const ConnectRecord *record, int index)
{
	return index < list_length(record->headers) && list_length(writer->context_headers) > 0 &&
		   list_nth(record->headers, index) == linitial(writer->context_headers);
}

/* Where all of the context headers stand, untouched and in order; -1: nowhere. */
static int
find_context_headers(const RecordWriter *writer, const ConnectRecord *record)
{
	int count = list_length(writer->context_headers);

	for (int start = 0; start + count <= list_length(record->headers); start++)
	{
		int same = 0;

		if (!is_context_header(writer, record, start))
			continue;
		while (same < count && list_nth(record->headers, start + same) == list_nth(writer->context_headers, same))
			same++;
		if (same == count)
			return start;
	}
	return -1;
}

/* Bytes that a record may have for another header, at least 1. */
static Size
header_room(const RecordWriter *writer)
{
	Size limit = option_number(writer->options, MAX_RECORD_BYTES);
	Size taken = writer->own_headers.len;

	return limit > taken ? limit - taken : 1;
}

static const char *
append_header(RecordWriter *writer, const RecordHeader *header)
{
	ConnectValue value = header->value;
	ConnectOutput output = {.writer = &writer->scratch};
	Size left = header_room(writer);
	Conversion conversion;
	const char *obstacle;

	if (header->rendered != NULL && header->rendered_size <= left)
	{
		header_append(&writer->own_headers, header->name, header->rendered, header->rendered_size);
		return NULL;
	}
	conversion = conversion_of(writer->options, ROLE_OF_HEADERS, header->schema, &value);
	if (header->mismatched && (conversion == CONVERT_JSON || conversion == CONVERT_JSON_WITH_SCHEMA))
		return psprintf("header %s: Mismatching schema.", header->name);
	writer->scratch.len = 0;
	json_mark(&writer->scratch, left);
	if (conversion == CONVERT_JSON_WITH_SCHEMA)
		schema_open(header->schema, &writer->scratch);
	obstacle = convert(writer->options, ROLE_OF_HEADERS, conversion, header->schema, &value, &output);
	if (conversion == CONVERT_JSON_WITH_SCHEMA)
		json_char(&writer->scratch, '}');
	if (writer->scratch.overflowed)
		return psprintf("header %s: with it, headers are larger than max.record.bytes (" INT64_FORMAT " bytes)",
						header->name, option_number(writer->options, MAX_RECORD_BYTES));
	header_append(&writer->own_headers, header->name, conversion == CONVERT_NULL ? NULL : writer->scratch.data,
				  writer->scratch.len);
	return obstacle ? psprintf("header %s: %s", header->name, obstacle) : NULL;
}

/*
 * The context headers cross the wire once if they stand before or behind all
 * others, else each time.
 */
static void
write_headers(RecordWriter *writer, ConnectRecord *record, RecordParts *parts)
{
	StringInfo wire = &writer->own_headers;
	int count = list_length(record->headers);
	int set_size = list_length(writer->context_headers);
	int start = find_context_headers(writer, record);
	bool shared = start >= 0 && (start == 0 || start + set_size == count);
	uint16 own = (uint16) (shared ? count - set_size : count);

	resetStringInfo(wire);
	appendStringInfoChar(wire, (char) (own & 0xFF));
	appendStringInfoChar(wire, (char) (own >> 8));
	if (count > FRAME_MAX_HEADERS)
		record_refuse(record, "it has %d headers, more than %d", count, FRAME_MAX_HEADERS);
	for (int i = 0; i < count && record->refusal == NULL; i++)
	{
		const char *obstacle;

		if (shared && i >= start && i < start + set_size)
			continue;
		obstacle = append_header(writer, list_nth(record->headers, i));
		if (obstacle != NULL)
			record_refuse(record, "%s", obstacle);
	}
	if (shared)
		parts->headers = writer->header_set;
	if (shared && start == 0)
		parts->flags |= RECORD_HEADERS_AFTER;
	if (own > 0)
	{
		parts->own_headers = wire->data;
		parts->own_headers_size = wire->len;
	}
}

/* ---------------------------------------------------------------- records */

/* One that is refused for its topic stands under the one before the transforms: the other may be of any length. */
static void
check_topic(ConnectRecord *record, const char *original)
{
	if (topic_is_valid(record->topic))
		return;
	record_refuse(record, "Invalid topics: [%s]; Kafka's have at most %d of the characters a-z A-Z 0-9 . _ -",
				  record->topic, TOPIC_MAX_SIZE);
	record->topic = original;
}

/* Are its key's bytes what the hash is made of? */
static bool
is_plain_key(const RecordWriter *writer, ConnectRecord *record, const ConnectSchema *schema, const ConnectValue *key)
{
	Conversion conversion;

	if (record->key_schema != schema || record->key.items != key->items)
		return false;
	conversion = conversion_of(writer->options, ROLE_OF_KEYS, schema, &record->key);
	return conversion == CONVERT_JSON || conversion == CONVERT_JSON_WITH_SCHEMA;
}

/* Hash of the key as it was before the transforms, as JSON. */
static uint64
original_hash(RecordWriter *writer, const ConnectSchema *schema, ConnectValue *key)
{
	ConnectOutput output = {.writer = &writer->scratch};

	if (schema == NULL)
		return 0;
	writer->scratch.len = 0;
	json_mark(&writer->scratch, 0);
	convert(writer->options, ROLE_OF_KEYS, CONVERT_JSON, schema, key, &output);
	return batch_key_hash(writer->scratch.data, writer->scratch.len);
}

static void
leave_hole(void *arg, uint8 kind, Size offset)
{
	batch_hole(arg, kind, offset);
}

/* Text that is somebody's JSON need not be encoded where people read it. */
static bool
is_opaque(const RecordWriter *writer, Conversion conversion, const char *bytes, Size size)
{
	if (conversion == CONVERT_TEXT)
		return option_bool(writer->options, TEXT_IS_OPAQUE) || !json_text_is_one_line(bytes, size);
	return conversion == CONVERT_BYTES;
}

/* Writes key or value. */
static void
write_part(RecordWriter *writer, ConverterRole role, Conversion conversion, const ConnectSchema *schema,
		   ConnectValue *value, JsonWriter *out, uint8 opaque)
{
	bool schemaless = conversion == CONVERT_JSON_WITH_SCHEMA && schema == NULL;
	ConnectOutput output = {.writer = out, .arg = writer->batch};
	Size start = out->len;
	const char *obstacle;

	if (role == ROLE_OF_VALUES)
		output.hole = leave_hole;
	if (schemaless)
		schema_open(NULL, out);
	obstacle = convert(writer->options, role, conversion, schema, value, &output);
	if (schemaless)
		json_char(out, '}');
	if (obstacle != NULL)
		batch_record_refuse(writer->batch, REFUSED_NOT_CONVERTIBLE, obstacle);
	else if (!out->overflowed && is_opaque(writer, conversion, out->data + start, out->len - start))
		batch_record_flag(writer->batch, opaque);
}

typedef struct PartPlan
{
	Conversion conversion;
	DictionaryEntry *schema; /* NULL: none stands around it */
	bool release;
} PartPlan;

static void
release_part(RecordWriter *writer, const PartPlan *plan)
{
	if (plan->release)
		dictionary_release(writer->dictionary, plan->schema);
}

/* Of a refused record nothing is written. */
static PartPlan
plan_part(RecordWriter *writer, ConnectRecord *record, ConverterRole role, const ConnectSchema *schema,
		  ConnectValue *value)
{
	PartPlan plan = {.conversion = CONVERT_NULL};

	if (record->refusal != NULL)
		return plan;
	plan.conversion = conversion_of(writer->options, role, schema, value);
	if (plan.conversion == CONVERT_JSON_WITH_SCHEMA && schema != NULL)
		plan.schema = schema_of(writer, record->origin, schema, &plan.release);
	if (plan.schema == NULL || plan.schema->size <= MAX_SCHEMA_SIZE)
		return plan;
	record_refuse(record, "its %s's schema has %zu bytes, more than %d", role == ROLE_OF_KEYS ? "key" : "value",
				  plan.schema->size, MAX_SCHEMA_SIZE);
	release_part(writer, &plan);
	plan.schema = NULL;
	plan.release = false;
	return plan;
}

/* How many places of the value its reader fills in; none in what is not JSON. */
static int
count_holes(ConnectRecord *record, const RecordFacts *facts, Conversion conversion)
{
	bool json = conversion == CONVERT_JSON || conversion == CONVERT_JSON_WITH_SCHEMA;
	int holes = json && facts->snapshot_holes && record->refusal == NULL ? connect_value_holes(&record->value) : 0;

	if (holes <= FRAME_MAX_HOLES)
		return holes;
	record_refuse(record, "it has %d copies of the snapshot's mark, more than %d", holes, FRAME_MAX_HOLES);
	return 0;
}

static void
write_record(RecordWriter *writer, ConnectRecord *record, const RecordFacts *facts, uint64 key_hash)
{
	PartPlan key = plan_part(writer, record, ROLE_OF_KEYS, record->key_schema, &record->key);
	PartPlan value = plan_part(writer, record, ROLE_OF_VALUES, record->value_schema, &record->value);
	RecordParts parts = {
		.topic = dictionary_intern_string(writer->dictionary, ENTRY_TOPIC, record->topic, strlen(record->topic)),
		.relation = facts->relation,
		.key_schema = key.schema,
		.value_schema = value.schema,
		.lsn = facts->lsn,
		.routed = true,
		.partition = record->partition,
		.timestamp = record->timestamp,
		.key_hash = key_hash,
		.key_unknown = facts->key_unknown};
	JsonWriter *out;

	parts.flags = (key.conversion == CONVERT_NULL ? RECORD_NULL_KEY : 0) |
				  (value.conversion == CONVERT_NULL ? RECORD_NULL_VALUE : 0);
	write_headers(writer, record, &parts);
	parts.holes = count_holes(record, facts, value.conversion);
	parts.refusal = record->refusal ? record->refusal : batch_take_refusal(writer->batch);
	out = batch_record_begin(writer->batch, &parts);
	if (parts.refusal == NULL)
	{
		write_part(writer, ROLE_OF_KEYS, key.conversion, record->key_schema, &record->key, out, RECORD_KEY_OPAQUE);
		batch_record_value(writer->batch);
		write_part(writer, ROLE_OF_VALUES, value.conversion, record->value_schema, &record->value, out,
				   RECORD_VALUE_OPAQUE);
	}
	batch_record_end(writer->batch);
	dictionary_release(writer->dictionary, parts.topic);
	release_part(writer, &key);
	release_part(writer, &value);
}

/* One huge key or header must not hold its memory for the rest of the session. */
static void
shrink(RecordWriter *writer)
{
	MemoryContext previous = MemoryContextSwitchTo(writer->scratch.context);

	if (writer->scratch.allocated > KEPT_SIZE)
	{
		pfree(writer->scratch.data);
		json_writer_init(&writer->scratch, writer->scratch.context, 1024);
	}
	if (writer->own_headers.maxlen > KEPT_SIZE)
	{
		pfree(writer->own_headers.data);
		initStringInfo(&writer->own_headers);
	}
	MemoryContextSwitchTo(previous);
}

void
record_writer_send(RecordWriter *writer, ConnectRecord *record, const RecordFacts *facts)
{
	const char *topic = record->topic;
	const ConnectSchema *key_schema = record->key_schema;
	ConnectValue key = record->key;
	uint64 key_hash = 0;

	if (facts->context_headers)
		record->headers = list_concat(record->headers, writer->context_headers);
	record->lent_headers = record->lends_headers ? list_copy(record->headers) : NIL;
	record->partition = -1;
	record->timestamp = -1;
	if (writer->chain != NULL && record->refusal == NULL && !transform_chain_apply(writer->chain, record))
	{
		/* a column that nobody needs now may have been looked at and be beyond conversion */
		(void) batch_take_refusal(writer->batch);
		return;
	}
	check_topic(record, topic);
	if (!facts->key_unknown && !is_plain_key(writer, record, key_schema, &key))
		key_hash = original_hash(writer, key_schema, &key);
	write_record(writer, record, facts, key_hash);
	shrink(writer);
}
