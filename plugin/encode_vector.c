/*-------------------------------------------------------------------------
 *
 * encode_vector.c
 *	  pgvector's types, read from their own layout.
 *
 * pgvector has no header to include; what it stores has been fixed since its
 * 0.7.0 and is checked against the datum's size here.  An unknown layout is a
 * value that cannot be converted.
 *
 *	  vector     int16 dim, int16 unused, float4 x[dim]
 *	  halfvec    int16 dim, int16 unused, uint16 x[dim] (IEEE half)
 *	  sparsevec  int32 dim, int32 nnz, int32 unused, int32 index[nnz] from 0,
 *	             float4 value[nnz]
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/expandeddatum.h" /* varatt.h from 16 on */
#include "utils/lsyscache.h"

#include "encode_vector.h"
#include "encoder_table.h"

#define VECTORS_SINCE 300

typedef struct DenseHeader
{
	int16 dim;
	int16 unused;
} DenseHeader;

typedef struct SparseHeader
{
	int32 dim;
	int32 nnz;
	int32 unused;
} SparseHeader;

static ConnectSchema *
dense_schema(const char *item_type, const char *name)
{
	ConnectSchema *schema = connect_schema_named("array", name, 1);

	schema->items = connect_schema_new(item_type);
	return schema;
}

static ConnectSchema *
vector_schema(const ValueCodec *codec pg_attribute_unused())
{
	return dense_schema("double", "io.debezium.data.DoubleVector");
}

static ConnectSchema *
halfvec_schema(const ValueCodec *codec pg_attribute_unused())
{
	return dense_schema("float", "io.debezium.data.FloatVector");
}

static ConnectSchema *
sparsevec_schema(const ValueCodec *codec pg_attribute_unused())
{
	ConnectSchema *schema = connect_schema_named("struct", "io.debezium.data.SparseDoubleVector", 1);
	ConnectSchema *vector = connect_schema_new("map");

	schema->doc = "Sparse double vector";
	vector->keys = connect_schema_new("int16");
	vector->values = connect_schema_new("double");
	connect_schema_field(schema, "dimensions", connect_schema_new("int16"));
	connect_schema_field(schema, "vector", vector);
	return schema;
}

/*
 * Debezium reads pgvector's text, the shortest that gives the float back, as
 * a double.  The shortest text of that double is the float's, except below
 * the smallest normal number, where Java wants a second digit.
 */
static void
write_float_as_double(JsonWriter *writer, float value)
{
	char text[FLOAT_SHORTEST_DECIMAL_LEN];

	if (likely(value == 0 || fabsf(value) >= FLT_MIN))
	{
		json_float(writer, value);
		return;
	}
	float_to_shortest_decimal_buf(value, text);
	json_double(writer, strtod(text, NULL));
}

static float
half_to_float(uint16 half)
{
	int exponent = half >> 10 & 0x1F;
	int mantissa = half & 0x3FF;
	float value;

	if (exponent == 0x1F)
		value = mantissa ? NAN : INFINITY;
	else if (exponent == 0)
		value = ldexpf((float) mantissa, -24);
	else
		value = ldexpf((float) (mantissa | 0x400), exponent - 25);
	return half & 0x8000 ? -value : value;
}

/* Dimensions and first element of a dense vector; NULL if the size is not right. */
static const char *
dense_elements(struct varlena *value, Size element_size, int *dim)
{
	DenseHeader header;
	Size size = VARSIZE_ANY_EXHDR(value);

	if (size < sizeof(header))
		return NULL;
	memcpy(&header, VARDATA_ANY(value), sizeof(header));
	if (header.dim < 0 || size != sizeof(header) + (Size) header.dim * element_size)
		return NULL;
	*dim = header.dim;
	return (const char *) VARDATA_ANY(value) + sizeof(header);
}

static bool
encode_vector(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	int dim;
	const char *elements = dense_elements(PG_DETOAST_DATUM_PACKED(datum), sizeof(float), &dim);

	if (!elements)
		return false;
	json_char(writer, '[');
	for (int i = 0; i < dim; i++)
	{
		float value;

		memcpy(&value, elements + i * sizeof(value), sizeof(value));
		if (i > 0)
			json_char(writer, ',');
		write_float_as_double(writer, value);
	}
	json_char(writer, ']');
	return true;
}

static bool
encode_halfvec(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	int dim;
	const char *elements = dense_elements(PG_DETOAST_DATUM_PACKED(datum), sizeof(uint16), &dim);

	if (!elements)
		return false;
	json_char(writer, '[');
	for (int i = 0; i < dim; i++)
	{
		uint16 half;

		memcpy(&half, elements + i * sizeof(half), sizeof(half));
		if (i > 0)
			json_char(writer, ',');
		json_float(writer, half_to_float(half));
	}
	json_char(writer, ']');
	return true;
}

/* Size of the table of a java.util.HashMap made for count entries and then given them. */
static int
hash_map_capacity(int count)
{
	int capacity = 1;

	while (capacity < count)
		capacity *= 2;
	return count > capacity * 3 / 4 ? capacity * 2 : capacity;
}

typedef struct SparseEntry
{
	int key; /* from 1 */
	int bucket;
	float value;
} SparseEntry;

/* Keys come in ascending order, which is also the order within a bucket. */
static int
compare_entries(const void *left, const void *right)
{
	const SparseEntry *a = left;
	const SparseEntry *b = right;

	return a->bucket != b->bucket ? a->bucket - b->bucket : a->key - b->key;
}

static SparseEntry *
sparse_entries(const char *data, int nnz)
{
	SparseEntry *entries = palloc(sizeof(SparseEntry) * Max(nnz, 1));
	int capacity = hash_map_capacity(nnz);

	for (int i = 0; i < nnz; i++)
	{
		int32 index;

		memcpy(&index, data + i * sizeof(index), sizeof(index));
		memcpy(&entries[i].value, data + (nnz + i) * sizeof(float), sizeof(float));
		entries[i].key = index + 1;
		entries[i].bucket = entries[i].key & (capacity - 1);
	}
	qsort(entries, nnz, sizeof(SparseEntry), compare_entries);
	return entries;
}

static void
write_sparse(JsonWriter *writer, int dim, const SparseEntry *entries, int nnz)
{
	json_member(writer, '{', "dimensions");
	json_int64(writer, dim);
	json_member(writer, ',', "vector");
	json_char(writer, '[');
	for (int i = 0; i < nnz; i++)
	{
		if (i > 0)
			json_char(writer, ',');
		json_char(writer, '[');
		json_int64(writer, entries[i].key);
		json_char(writer, ',');
		write_float_as_double(writer, entries[i].value);
		json_char(writer, ']');
	}
	json_literal(writer, "]}");
}

/* Dimensions and indices are Java shorts. */
static bool
encode_sparsevec(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	const char *data = VARDATA_ANY(value);
	Size size = VARSIZE_ANY_EXHDR(value);
	SparseHeader header;

	if (size < sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	if (header.nnz < 0 || header.dim > PG_INT16_MAX || header.nnz > header.dim ||
		size != sizeof(header) + (Size) header.nnz * 8)
		return false;
	write_sparse(writer, header.dim, sparse_entries(data + sizeof(header), header.nnz), header.nnz);
	return true;
}

static bool
empty_vector(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	json_literal(writer, "[]");
	return true;
}

static const ValueEncoder vector_encoder = {
	.name = "vector", .schema = vector_schema, .encode = encode_vector, .filler = empty_vector};
static const ValueEncoder halfvec_encoder = {
	.name = "halfvec", .schema = halfvec_schema, .encode = encode_halfvec, .filler = empty_vector};
static const ValueEncoder sparsevec_encoder = {
	.name = "sparsevec", .schema = sparsevec_schema, .encode = encode_sparsevec};

bool
vector_codec(ValueCodec *codec)
{
	if (codec->type < FirstNormalObjectId || codec->modes->release < VECTORS_SINCE ||
		get_typtype(codec->type) != TYPTYPE_BASE)
		return false;
	if (type_name_is(codec->type, "vector"))
		codec->encoder = &vector_encoder;
	else if (type_name_is(codec->type, "halfvec"))
		codec->encoder = &halfvec_encoder;
	else if (type_name_is(codec->type, "sparsevec"))
		codec->encoder = &sparsevec_encoder;
	else
		return false;
	return true;
}
