/*-------------------------------------------------------------------------
 *
 * transform_headers.c
 *	  org.apache.kafka.connect.transforms.InsertHeader and DropHeaders.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "connect_literal.h"
#include "transform_operand.h"

/* ---------------------------------------------------------------- InsertHeader */

typedef struct InsertHeader
{
	Transform transform;
	ConnectLiteral literal;
} InsertHeader;

enum
{
	HEADER,
	VALUE_LITERAL
};

static const TransformOption insert_options[] = {
	[HEADER] = {"header", OPTION_TEXT, .required = true},
	[VALUE_LITERAL] = {"value.literal", OPTION_TEXT, .required = true},
};

static void
insert_configure(Transform *transform, const PluginOptions *options)
{
	InsertHeader *insert = (InsertHeader *) transform;
	const char *problem = connect_literal_parse(transform_text(transform, VALUE_LITERAL), &insert->literal);

	if (problem != NULL)
		transform_option_error(transform, VALUE_LITERAL, problem, NULL);
}

static TransformResult
insert_apply(Transform *transform, ConnectRecord *record)
{
	const InsertHeader *insert = (const InsertHeader *) transform;

	record_add_header(record, transform_text(transform, HEADER), insert->literal.schema, insert->literal.value);
	return RECORD_KEPT;
}

const TransformClass transform_insert_header = {
	.type = CONNECT_TRANSFORMS "InsertHeader",
	.size = sizeof(InsertHeader),
	TRANSFORM_OPTIONS(insert_options),
	.configure = insert_configure,
	.apply = insert_apply,
};

/* ---------------------------------------------------------------- DropHeaders */

typedef struct DropHeaders
{
	Transform transform;
	List *names; /* of char * */
} DropHeaders;

static const TransformOption drop_options[] = {{"headers", OPTION_LIST, .required = true}};

static void
drop_configure(Transform *transform, const PluginOptions *options)
{
	DropHeaders *drop = (DropHeaders *) transform;

	drop->names = transform_list(transform, 0);
	if (drop->names == NIL)
		transform_option_error(transform, 0, "The list is empty.", NULL);
}

static TransformResult
drop_apply(Transform *transform, ConnectRecord *record)
{
	ListCell *cell;

	foreach (cell, ((const DropHeaders *) transform)->names)
		record_drop_header(record, lfirst(cell));
	return RECORD_KEPT;
}

const TransformClass transform_drop_headers = {
	.type = CONNECT_TRANSFORMS "DropHeaders",
	.size = sizeof(DropHeaders),
	TRANSFORM_OPTIONS(drop_options),
	.configure = drop_configure,
	.apply = drop_apply,
};
