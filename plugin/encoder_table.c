/*-------------------------------------------------------------------------
 *
 * encoder_table.c
 *	  (type, modes) -> ValueCodec, and the catalogue look-ups it needs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "encode_binary.h"
#include "encode_geometry.h"
#include "encode_nested.h"
#include "encode_numeric.h"
#include "encode_scalar.h"
#include "encode_temporal.h"
#include "encode_text.h"
#include "encode_vector.h"
#include "encoder_table.h"

/* Text of the catalogue that lives with a codec; what is not valid in the server's encoding is shown as U+FFFD. */
static char *
catalogue_text(const char *text)
{
	Size size = strlen(text);
	Size utf8_size;
	const char *utf8 = text_to_utf8(text, size, &utf8_size);
	StringInfoData replaced;

	if (utf8 != NULL)
		return pnstrdup(utf8, utf8_size);
	initStringInfo(&replaced);
	for (const char *p = text; *p != '\0'; p++)
	{
		if (IS_HIGHBIT_SET(*p))
			appendStringInfoString(&replaced, "\xEF\xBF\xBD");
		else
			appendStringInfoChar(&replaced, *p);
	}
	return replaced.data;
}

bool
type_name_is(Oid type, const char *name)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	bool same;

	if (!HeapTupleIsValid(tuple))
		return false;
	same = strcmp(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname), name) == 0;
	ReleaseSysCache(tuple);
	return same;
}

char *
type_name(Oid type)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	char *name;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	name = catalogue_text(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
	ReleaseSysCache(tuple);
	return name;
}

void
codec_set_output(ValueCodec *codec)
{
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(codec->type, &function, &is_varlena);
	fmgr_info(function, &codec->output);
}

static int
compare_sort_orders(const void *left, const void *right)
{
	float4 a = ((const EnumLabel *) left)->sort_order;
	float4 b = ((const EnumLabel *) right)->sort_order;

	return a < b ? -1 : a > b;
}

EnumLabel *
enum_labels(Oid type, int *count)
{
	CatCList *list = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
	EnumLabel *labels = palloc0(sizeof(EnumLabel) * (list->n_members + 1));

	*count = list->n_members;
	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(&list->members[i]->tuple);

		labels[i].value = form->oid;
		labels[i].sort_order = form->enumsortorder;
		labels[i].text = catalogue_text(NameStr(form->enumlabel));
	}
	ReleaseCatCacheList(list);
	qsort(labels, *count, sizeof(EnumLabel), compare_sort_orders);
	return labels;
}

const char *
enum_new_label(Oid value)
{
	HeapTuple tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	char *label;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	label = catalogue_text(NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel));
	ReleaseSysCache(tuple);
	return label;
}

/*
 * Arrays come first: what encode_nested refuses among them is left out even
 * with include.unknown.datatypes.
 */
static bool
find_codec(ValueCodec *codec)
{
	if (OidIsValid(get_element_type(codec->type)))
		return nested_codec(codec);
	if (scalar_codec(codec) || text_codec(codec) || numeric_codec(codec) || temporal_codec(codec) ||
		binary_codec(codec) || geometry_codec(codec) || vector_codec(codec) || nested_codec(codec))
		return true;
	if (!codec->modes->include_unknown)
		return false;
	unknown_codec(codec);
	return true;
}

ValueCodec *
encoder_find(Oid type, int32 typmod, const ValueModes *modes)
{
	ValueCodec *codec = palloc0(sizeof(ValueCodec));

	codec->modes = modes;
	codec->typmod = typmod;
	codec->type = getBaseTypeAndTypmod(type, &codec->typmod);
	if (find_codec(codec))
		return codec;
	pfree(codec);
	return NULL;
}
