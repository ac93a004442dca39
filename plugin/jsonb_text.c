/*-------------------------------------------------------------------------
 *
 * jsonb_text.c
 *	  See jsonb_text.h.
 *
 * Walks the stored form (utils/jsonb.h, which pg_upgrade keeps).  A string is
 * escaped twice, once for the text and once for the string it stands in;
 * nearly all need neither.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/json.h"

#include "jsonb_text.h"
#include "numeric_digits.h"

static void write_container(JsonWriter *writer, JsonbContainer *container);

static void
write_string(JsonWriter *writer, const char *utf8, int size)
{
	StringInfoData escaped;
	char *copy;

	json_inner_quote(writer);
	if (!json_raw_if_clean(writer, utf8, size))
	{
		copy = pnstrdup(utf8, size);
		initStringInfo(&escaped);
		escape_json(&escaped, copy);
		json_string_content(writer, escaped.data + 1, escaped.len - 2); /* without its quotes */
		pfree(escaped.data);
		pfree(copy);
	}
	json_inner_quote(writer);
}

static void
write_number(JsonWriter *writer, const char *at)
{
	NumericDigits digits;
	int64 integer;
	Size size;
	char *text;

	numeric_digits(&digits, PointerGetDatum(at));
	if (digits.scale == 0 && numeric_unscaled_int64(&digits, 0, &integer))
	{
		json_int64(writer, integer);
		return;
	}
	text = numeric_plain_text(&digits, digits.scale, &size);
	json_raw(writer, text, size);
}

/* The value of an entry whose bytes begin at offset of base. */
static void
write_value(JsonWriter *writer, JEntry entry, char *base, uint32 offset, uint32 size)
{
	if (JBE_ISSTRING(entry))
		write_string(writer, base + offset, (int) size);
	else if (JBE_ISNUMERIC(entry))
		write_number(writer, base + INTALIGN(offset));
	else if (JBE_ISCONTAINER(entry))
		write_container(writer, (JsonbContainer *) (base + INTALIGN(offset)));
	else if (JBE_ISNULL(entry))
		json_null(writer);
	else
		json_bool(writer, JBE_ISBOOL_TRUE(entry));
}

static void
write_array(JsonWriter *writer, JsonbContainer *array)
{
	uint32 count = JsonContainerSize(array);
	char *base = (char *) &array->children[count];
	uint32 offset = 0;

	for (uint32 i = 0; i < count && !writer->overflowed; i++)
	{
		uint32 next = offset;

		JBE_ADVANCE_OFFSET(next, array->children[i]);
		if (i > 0)
			json_literal(writer, ", ");
		write_value(writer, array->children[i], base, offset, next - offset);
		offset = next;
	}
}

/* All keys stand before all values. */
static void
write_object(JsonWriter *writer, JsonbContainer *object)
{
	uint32 count = JsonContainerSize(object);
	char *base = (char *) &object->children[2 * count];
	uint32 key_offset = 0;
	uint32 offset = count > 0 ? getJsonbOffset(object, (int) count) : 0;

	for (uint32 i = 0; i < count && !writer->overflowed; i++)
	{
		uint32 key_next = key_offset;
		uint32 next = offset;

		JBE_ADVANCE_OFFSET(key_next, object->children[i]);
		JBE_ADVANCE_OFFSET(next, object->children[count + i]);
		if (i > 0)
			json_literal(writer, ", ");
		write_string(writer, base + key_offset, (int) (key_next - key_offset));
		json_literal(writer, ": ");
		write_value(writer, object->children[count + i], base, offset, next - offset);
		key_offset = key_next;
		offset = next;
	}
}

static void
write_container(JsonWriter *writer, JsonbContainer *container)
{
	check_stack_depth();
	if (JsonContainerIsObject(container))
	{
		json_char(writer, '{');
		write_object(writer, container);
		json_char(writer, '}');
	}
	else if (JsonContainerIsScalar(container))
		write_array(writer, container);
	else
	{
		json_char(writer, '[');
		write_array(writer, container);
		json_char(writer, ']');
	}
}

void
jsonb_text_write(JsonWriter *writer, Jsonb *value)
{
	json_quote(writer);
	write_container(writer, &value->root);
	json_quote(writer);
}
