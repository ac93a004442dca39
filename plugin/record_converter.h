/*-------------------------------------------------------------------------
 *
 * record_converter.h
 *	  Keys, values and headers of records as Kafka Connect's converters write
 *	  them: JsonConverter, StringConverter, ByteArrayConverter,
 *	  SimpleHeaderConverter, and Debezium's BinaryDataConverter.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RECORD_CONVERTER_H
#define RECORD_CONVERTER_H

#include "postgres.h"

#include "connect_value.h"
#include "plugin_options.h"

/* What comes out. */
typedef enum Conversion
{
	CONVERT_NULL, /* Kafka's null */
	CONVERT_JSON,
	CONVERT_JSON_WITH_SCHEMA, /* JSON is the payload; the schema stands around it */
	CONVERT_TEXT,			  /* Java's text */
	CONVERT_SIMPLE,			  /* as SimpleHeaderConverter writes it */
	CONVERT_BYTES			  /* bytes as they are */
} Conversion;

/* What becomes of that value; may resolve it.  schema is NULL for none. */
extern Conversion conversion_of(const PluginOptions *options, ConverterRole role, const ConnectSchema *schema,
								ConnectValue *value);

/*
 * Writes it (without its schema) to output->writer; output->hole is its
 * caller's, all else is set here.  Returns why it cannot be written; NULL: it
 * was.
 */
extern const char *convert(const PluginOptions *options, ConverterRole role, Conversion conversion,
						   const ConnectSchema *schema, ConnectValue *value, ConnectOutput *output);

#endif /* RECORD_CONVERTER_H */
