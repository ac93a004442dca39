/*-------------------------------------------------------------------------
 *
 * java_value_hash.c
 *	  See java_value_hash.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "java_hash.h"
#include "java_value_hash.h"

#define MILLIS_PER_DAY INT64CONST(86400000)

/* Seed and constants of io.debezium.util.MurmurHash3. */
#define MURMUR_SEED 9001
#define MURMUR_H1 UINT64CONST(0x9368e53c2f6af274)
#define MURMUR_H2 UINT64CONST(0x586dcd208f7cd3fd)
#define MURMUR_C1 UINT64CONST(0x87c37b91114253d5)
#define MURMUR_C2 UINT64CONST(0x4cf5ad432745937f)

static bool
is_named(const ConnectSchema *schema, const char *name)
{
	return schema->name != NULL && strcmp(schema->name, name) == 0;
}

/* ---------------------------------------------------------------- hashCode() */

static uint32
long_hash(int64 value)
{
	return (uint32) ((uint64) value ^ ((uint64) value >> 32));
}

/* Long is hashed with both halves, the shorter types are their own hash, dates are a Date of milliseconds. */
static uint32
integer_hash(const ConnectSchema *schema, int64 value)
{
	if (is_named(schema, "org.apache.kafka.connect.data.Date"))
		return long_hash(value * MILLIS_PER_DAY);
	if (is_named(schema, "org.apache.kafka.connect.data.Time") || strcmp(schema->type, "int64") == 0)
		return long_hash(value);
	return (uint32) value;
}

static uint32
float_hash(const ConnectSchema *schema, double number)
{
	int64 bits = INT64CONST(0x7ff8000000000000);
	float single = (float) number;
	uint32 single_bits = 0x7fc00000;

	if (strcmp(schema->type, "float") == 0)
	{
		if (number == number)
			memcpy(&single_bits, &single, sizeof(single_bits));
		return single_bits;
	}
	if (number == number)
		memcpy(&bits, &number, sizeof(bits));
	return long_hash(bits);
}

/* ByteBuffer.hashCode() */
static uint32
buffer_hash(const char *bytes, Size size)
{
	uint32 hash = 1;

	while (size > 0)
		hash = hash * 31 + (uint32) (signed char) bytes[--size];
	return hash;
}

/* The magnitude of two's complement, big endian, in words of 32 bits with leading zeros. */
static uint32 *
magnitude(const char *bytes, Size size, int *words)
{
	bool negative = size > 0 && (signed char) bytes[0] < 0;
	uint32 *word;
	uint32 carry = negative ? 1 : 0;

	*words = (int) ((size + 3) / 4);
	word = palloc0(Max(*words, 1) * sizeof(uint32));
	for (Size i = 0; i < size; i++)
	{
		uint32 byte = (unsigned char) bytes[size - 1 - i];

		if (negative)
		{
			byte = (~byte & 0xff) + carry;
			carry = byte >> 8;
			byte &= 0xff;
		}
		word[*words - 1 - i / 4] |= byte << (8 * (i % 4));
	}
	return word;
}

/* BigDecimal.hashCode(): that of its unscaled BigInteger, and the scale. */
static uint32
decimal_hash(const ConnectSchema *schema, const char *bytes, Size size)
{
	int words;
	uint32 *word = magnitude(bytes, size, &words);
	uint32 hash = 0;

	for (int i = 0; i < words; i++)
		hash = hash * 31 + word[i];
	if (size > 0 && (signed char) bytes[0] < 0)
		hash = 0 - hash;
	return hash * 31 + (uint32) connect_decimal_scale(schema);
}

bool
java_value_hash(const ConnectSchema *schema, const ConnectValue *value, int32 *hash)
{
	switch (value->kind)
	{
		case VALUE_BOOLEAN:
			*hash = value->boolean ? 1231 : 1237;
			return true;
		case VALUE_INTEGER:
			*hash = (int32) integer_hash(schema, value->integer);
			return true;
		case VALUE_FLOAT:
			*hash = (int32) float_hash(schema, value->number);
			return true;
		case VALUE_STRING:
			*hash = (int32) java_string_hash(value->bytes, value->size);
			return true;
		case VALUE_BYTES:
			*hash = (int32) (is_named(schema, "org.apache.kafka.connect.data.Decimal")
								 ? decimal_hash(schema, value->bytes, value->size)
								 : buffer_hash(value->bytes, value->size));
			return true;
		default:
			return false;
	}
}

/* ---------------------------------------------------------------- MurmurHash3 */

typedef struct Murmur
{
	uint64 h1;
	uint64 h2;
	uint64 c1;
	uint64 c2;
} Murmur;

static uint64
rotate(uint64 value, int bits)
{
	return (value << bits) | (value >> (64 - bits));
}

static void
murmur_mix(Murmur *state, uint64 k1, uint64 k2)
{
	state->h1 ^= rotate(k1 * state->c1, 23) * state->c2;
	state->h1 += state->h2;
	state->h2 = rotate(state->h2, 41);
	state->h2 ^= rotate(k2 * state->c2, 23) * state->c1;
	state->h2 += state->h1;
	state->h1 = state->h1 * 3 + 0x52dce729;
	state->h2 = state->h2 * 3 + 0x38495ab5;
	state->c1 = state->c1 * 5 + 0x7b7d159c;
	state->c2 = state->c2 * 5 + 0x6bce6396;
}

static uint64
murmur_finish(uint64 key)
{
	key ^= key >> 33;
	key *= UINT64CONST(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return key ^ (key >> 33);
}

static uint64
block(const char *bytes)
{
	uint64 value = 0;

	for (int i = 0; i < 8; i++)
		value |= (uint64) (unsigned char) bytes[i] << (8 * i);
	return value;
}

/* What is left behind the last whole block; its bytes are signed, and xored one over the other. */
static uint64
rest(const char *bytes, Size size)
{
	uint64 value = 0;

	for (Size i = 0; i < Min(size, 8); i++)
		value ^= (uint64) (int64) (signed char) bytes[i] << (8 * i);
	return value;
}

static uint32
murmur_hash(const char *bytes, Size size)
{
	Murmur state = {MURMUR_H1 ^ MURMUR_SEED, MURMUR_H2 ^ MURMUR_SEED, MURMUR_C1, MURMUR_C2};
	Size whole = size & ~(Size) 15;
	Size left = size - whole;

	for (Size i = 0; i < whole; i += 16)
		murmur_mix(&state, block(bytes + i), block(bytes + i + 8));
	if (left > 0)
		murmur_mix(&state, rest(bytes + whole, left), left > 8 ? rest(bytes + whole + 8, left - 8) : 0);
	state.h2 ^= size;
	state.h1 += state.h2;
	state.h2 += state.h1;
	state.h1 = murmur_finish(state.h1);
	state.h2 = murmur_finish(state.h2);
	return (uint32) ((state.h1 + state.h2) >> 32);
}

bool
murmur_value_hash(const ConnectSchema *schema, const ConnectValue *value, int32 *hash)
{
	char bytes[4];
	int32 code;

	/* Bits are a byte[]; other bytes a ByteBuffer, which counts by its hashCode(). */
	if (value->kind == VALUE_STRING || (value->kind == VALUE_BYTES && is_named(schema, "io.debezium.data.Bits")))
	{
		*hash = (int32) murmur_hash(value->bytes, value->size);
		return true;
	}
	if (!java_value_hash(schema, value, &code))
		return false;
	for (int i = 0; i < 4; i++)
		bytes[i] = (char) ((uint32) code >> (8 * i));
	*hash = (int32) murmur_hash(bytes, sizeof(bytes));
	return true;
}
