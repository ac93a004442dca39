/*-------------------------------------------------------------------------
 *
 * transform_chain.h
 *	  "transforms" and "predicates" as they are configured, in order
 *	  (org.apache.kafka.connect.runtime.ConnectorConfig, TransformationChain).
 *
 *-------------------------------------------------------------------------
 */
#ifndef TRANSFORM_CHAIN_H
#define TRANSFORM_CHAIN_H

#include "postgres.h"

#include "plugin_options.h"
#include "record.h"

typedef struct TransformChain TransformChain;

/*
 * The chain in context, or NULL if there are no transforms.  ERROR, naming
 * option and value, on a class or option that there is not, a predicate that
 * nobody defined, options of an alias that is not listed.
 */
extern TransformChain *transform_chain_new(MemoryContext context, const PluginOptions *options);

/* Applies it all; false: the record is dropped.  Stops where a transform refuses the record. */
extern bool transform_chain_apply(TransformChain *chain, ConnectRecord *record);

#endif /* TRANSFORM_CHAIN_H */
