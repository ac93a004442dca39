/*-------------------------------------------------------------------------
 *
 * topic_name.h
 *	  Names of topics, schemas and fields (Debezium's TopicNamingStrategy,
 *	  SchemaNameAdjuster, FieldNameSelector).  UTF-8 in and out; results are
 *	  in the current memory context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TOPIC_NAME_H
#define TOPIC_NAME_H

#include "postgres.h"

#include "plugin_options.h"

/* The topic of a table's records, sanitised and, with a Regex strategy, renamed. */
extern char *topic_for_table(const PluginOptions *options, const char *schema, const char *table);

/*
 * Compiles topic.regex and topic.key.field.regex; called when the options are
 * complete.  ERROR if a Regex strategy lacks them or they are malformed.
 */
extern void topic_routing_parse(PluginOptions *options);

/*
 * With a Regex strategy that keeps keys of several tables apart
 * (topic.key.enforce.uniqueness): the value of the field that each key of
 * this table gets behind its columns, else NULL.
 */
extern char *topic_key_identifier(const PluginOptions *options, const char *schema, const char *table);

/* prefix.transaction, by topic.transaction; as given, no naming strategy touches it. */
extern char *topic_for_transactions(const PluginOptions *options);

/* Kafka's limit (CommonConnectorConfig, AbstractTopicNamingStrategy). */
#define TOPIC_MAX_SIZE 249

/* Does Kafka take it as a topic's name (org.apache.kafka.common.internals.Topic#validate)? */
extern bool topic_is_valid(const char *topic);

/* prefix.message: always with a dot (LogicalDecodingMessageMonitor). */
extern char *topic_for_messages(const PluginOptions *options);

/* topic + suffix (".Key", ".Value", ".Envelope") by schema.name.adjustment.mode. */
extern char *schema_name(const PluginOptions *options, const char *topic, const char *suffix);

/* The same with a mode of its own. */
extern char *schema_name_adjusted(AdjustmentMode mode, const char *topic, const char *suffix);

/* A column's field name by field.name.adjustment.mode. */
extern char *field_name(const PluginOptions *options, const char *column);

#endif /* TOPIC_NAME_H */
