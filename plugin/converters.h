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

/* ERROR if one of the three is recognized, and cannot write change events. */
extern void converters_check(const PluginOptions *options);

#endif /* CONVERTERS_H */
