/*-------------------------------------------------------------------------
 *
 * plugin_options.h
 *	  The options of option_table.def, parsed and checked.
 *
 * Options come from any role with REPLICATION: nothing that stands in them
 * reaches the file system, runs code, or is believed without a check.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLUGIN_OPTIONS_H
#define PLUGIN_OPTIONS_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "value_encoder.h"

typedef enum OptionId
{
#define OPTION(id, name, kind, default_value, allowed, side, help) OPT_##id,
#define OPTION_FAMILY(id, prefix, suffix, kind, allowed, side, help) OPT_FAMILY_##id,
#include "option_table.def"
#undef OPTION
#undef OPTION_FAMILY
	OPTION_COUNT
} OptionId;

typedef enum OptionKind
{
	OPTION_BOOL,
	OPTION_INT,
	OPTION_ENUM,
	OPTION_TEXT,
	OPTION_LIST
} OptionKind;

typedef enum OptionSide
{
	SIDE_PLUGIN,
	SIDE_RELAY,
	SIDE_BOTH,
	SIDE_IGNORED,
	SIDE_REFUSED,
	SIDE_INTERNAL
} OptionSide;

typedef struct OptionDefinition
{
	const char *name;	/* of a family: the part before the variable one */
	const char *suffix; /* of a family: the part after it, or NULL */
	bool family;
	OptionKind kind;
	const char *default_value;
	const char *allowed;
	OptionSide side;
	const char *help;
} OptionDefinition;

/* The table itself, indexed by OptionId. */
extern const OptionDefinition option_definitions[OPTION_COUNT];

typedef struct OptionValue
{
	bool is_set;
	const char *text; /* as given, trimmed; or the default; NULL if neither */
	int64 number;	  /* INT, and the index in the allowed list for ENUM */
	bool boolean;
} OptionValue;

/* In the order of the allowed lists in option_table.def. */
typedef enum OutputFormat
{
	FORMAT_JSON,
	FORMAT_FRAMES
} OutputFormat;

typedef enum SnapshotKind
{
	SNAPSHOT_INITIAL,
	SNAPSHOT_INCREMENTAL
} SnapshotKind;

typedef enum PublicationMode
{
	AUTOCREATE_ALL_TABLES,
	AUTOCREATE_FILTERED,
	AUTOCREATE_NO_TABLES,
	AUTOCREATE_DISABLED
} PublicationMode;

typedef enum FailureMode
{
	FAILURE_FAIL,
	FAILURE_WARN,
	FAILURE_SKIP
} FailureMode;

typedef enum RecordConverter
{
	CONVERTER_JSON,
	CONVERTER_STRING,
	CONVERTER_BYTES,
	CONVERTER_BINARY_DATA /* stands for its delegate once options_finish() is through */
} RecordConverter;

typedef enum HeaderConverter
{
	HEADER_SIMPLE,
	HEADER_JSON,
	HEADER_STRING,
	HEADER_BYTES,
	HEADER_BINARY_DATA /* likewise */
} HeaderConverter;

/* What is converted. */
typedef enum ConverterRole
{
	ROLE_OF_KEYS,
	ROLE_OF_VALUES,
	ROLE_OF_HEADERS,
	CONVERTER_ROLES
} ConverterRole;

typedef enum AdjustmentMode
{
	ADJUST_NONE,
	ADJUST_AVRO,
	ADJUST_AVRO_UNICODE
} AdjustmentMode;

typedef enum TopicStrategy
{
	TOPIC_SCHEMA,
	TOPIC_DEFAULT,
	TOPIC_SCHEMA_REGEX,
	TOPIC_DEFAULT_REGEX,
	TOPIC_SCHEMA_UNICODE,
	TOPIC_DEFAULT_UNICODE
} TopicStrategy;

/* A given option of a family that acts in the server. */
typedef struct FamilyOption
{
	OptionId id;
	const char *name; /* whole */
	const char *value;
} FamilyOption;

/* Bits of skipped.operations. */
#define SKIP_CREATE 0x01
#define SKIP_UPDATE 0x02
#define SKIP_DELETE 0x04
#define SKIP_TRUNCATE 0x08

/* All text is UTF-8, in the memory context the options were made in. */
typedef struct PluginOptions
{
	MemoryContext context;
	OptionValue values[OPTION_COUNT];

	/* derived by options_finish() */
	const char *topic_prefix; /* topic.prefix, or the database's name */
	const char *database;
	uint32 skipped;
	int release; /* debezium.version as major * 100 + minor */
	ValueModes value_modes;
	ValueModes key_modes;				/* differs in decimal.format only */
	ValueModes header_modes;			/* likewise, of keys in headers */
	bool raw_bytes[CONVERTER_ROLES];	/* bytes are written as they are, whatever the converter does to the rest */
	List *families;						/* of FamilyOption */
	List *key_columns;					/* see key_columns.h */
	List *column_mappers;				/* see column_mapper.h */
	struct TopicRouting *topic_routing; /* see topic_name.h */
	uint64 hash;						/* of everything given except internal options */
} PluginOptions;

#define option_text(options, id) ((options)->values[OPT_##id].text)
#define option_bool(options, id) ((options)->values[OPT_##id].boolean)
#define option_number(options, id) ((options)->values[OPT_##id].number)
#define option_is_set(options, id) ((options)->values[OPT_##id].is_set)

/* Are keys written with their schema? */
#define keys_have_schema(options) \
	(option_number(options, KEY_CONVERTER) == CONVERTER_JSON && option_bool(options, KEY_CONVERTER_SCHEMAS_ENABLE))

/* Does a default stand for null in headers?  SimpleHeaderConverter cannot be told not to. */
#define headers_show_defaults(options) \
	(option_number(options, HEADER_CONVERTER) != HEADER_JSON || \
	 option_bool(options, HEADER_CONVERTER_REPLACE_NULL_WITH_DEFAULT))

/* Empty options in the current memory context. */
extern PluginOptions *options_new(void);

/*
 * Sets one option from text in the server's encoding; "config" is taken apart
 * as a JSON object.  ERROR on unrecognized, repeated or malformed ones, naming
 * option, value and what is allowed.
 */
extern void options_set(PluginOptions *options, const char *name, const char *value);

/* Fills defaults and what is derived from several options; database in the server's encoding. ERROR on contradictions. */
extern void options_finish(PluginOptions *options, const char *database);

/* From the list of DefElem that START_REPLICATION and the SQL functions give a plugin. */
extern PluginOptions *options_from_list(List *elements, const char *database);

/* An internal option that is a decimal number, or otherwise if it is not set; ERROR if it is something else. */
extern uint64 option_decimal(const PluginOptions *options, OptionId id, uint64 otherwise);

/* Parses value->text as that kind, which allowed describes as in option_table.def; ERROR names option and value. */
extern void option_parse(const char *name, OptionKind kind, const char *allowed, OptionValue *value);

/* Words for people. */
extern const char *option_kind_name(OptionKind kind);
extern const char *option_side_name(OptionSide side);

#endif /* PLUGIN_OPTIONS_H */
