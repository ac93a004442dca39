/*-------------------------------------------------------------------------
 *
 * converters.h
 *	  Which of Kafka Connect's converters can be had for what.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONVERTERS_H
#define CONVERTERS_H

#include "plugin_options.h"

/* ERROR if value names an Avro, Protobuf or JSON Schema converter, as many configurations do. */
extern void converters_refuse_registry(const char *name, const char *value);

/* Puts the delegate of a BinaryDataConverter and its settings in its place, and sets raw_bytes. */
extern void converters_adopt_delegates(PluginOptions *options);

/* ERROR if one of the three is recognized, and cannot write change events (transforms may make something else of them). */
extern void converters_check(const PluginOptions *options);

#endif /* CONVERTERS_H */
