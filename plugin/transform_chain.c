/*-------------------------------------------------------------------------
 *
 * transform_chain.c
 *	  See transform_chain.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "transform_chain.h"
#include "transform_table.h"

#define TRANSFORMS "transforms"
#define PREDICATES "predicates"

struct TransformChain
{
	List *transforms; /* of Transform */
};

/* Transforms or predicates while they are read. */
typedef struct Section
{
	const PluginOptions *options;
	OptionId family;
	const char *name; /* TRANSFORMS, PREDICATES */
	List *aliases;
	List *members; /* of Transform, one per alias */
	const TransformClass *(*find)(const char *type);
} Section;

/* ---------------------------------------------------------------- what transforms use */

static List *
split_list(const char *text)
{
	List *items = NIL;

	while (text != NULL && *text != '\0')
	{
		const char *end = strchrnul(text, ',');
		const char *last = end;

		while (text < last && isspace((unsigned char) *text))
			text++;
		while (last > text && isspace((unsigned char) last[-1]))
			last--;
		if (last > text)
			items = lappend(items, pnstrdup(text, last - text));
		text = *end == ',' ? end + 1 : end;
	}
	return items;
}

List *
transform_list(const Transform *transform, int index)
{
	return split_list(transform_text(transform, index));
}

bool
transform_lists(const List *names, const char *name)
{
	ListCell *cell;

	foreach (cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

static char *
option_name(const Transform *transform, int index)
{
	return psprintf("%s%s", transform->prefix, transform->class->options[index].name);
}

void
transform_option_error(const Transform *transform, int index, const char *detail, const char *hint)
{
	const char *text = transform_text(transform, index);

	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value \"%s\" for option \"%s\"", text ? text : "", option_name(transform, index)),
					errdetail_internal("%s", detail), hint ? errhint("%s", hint) : 0));
}

JavaRegex *
transform_regex(const Transform *transform, int index, const PluginOptions *options)
{
	return java_regex_compile(options->context, option_name(transform, index), transform_text(transform, index), false);
}

/* ---------------------------------------------------------------- reading the options */

static const char *
given(const PluginOptions *options, OptionId family, const char *name)
{
	ListCell *cell;

	foreach (cell, options->families)
	{
		const FamilyOption *option = lfirst(cell);

		if (option->id == family && strcmp(option->name, name) == 0)
			return option->value;
	}
	return NULL;
}

static void
check_aliases(const Section *section)
{
	ListCell *cell;
	ListCell *other;

	foreach (cell, section->aliases)
	{
		for_each_from(other, section->aliases,
					  foreach_current_index(cell) + 1) if (strcmp(lfirst(cell), lfirst(other)) == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("invalid value \"%s\" for option \"%s\"",
								   given(section->options, section->family, section->name), section->name),
							errdetail("\"%s\" is listed twice.", (const char *) lfirst(cell))));
	}
}

/* Parses what the class has options for; the others of this prefix must be those that every transform has. */
static void
read_option(Transform *transform, const FamilyOption *option, bool is_transform)
{
	const char *name = option->name + strlen(transform->prefix);
	const TransformClass *class = transform->class;

	if (strcmp(name, "type") == 0 || (is_transform && (strcmp(name, "predicate") == 0 || strcmp(name, "negate") == 0)))
		return;
	for (int i = 0; i < class->option_count; i++)
	{
		OptionValue *value = &transform->values[i];

		if (strcmp(class->options[i].name, name) != 0)
			continue;
		value->is_set = true;
		value->text = option->value;
		option_parse(option->name, class->options[i].kind, class->options[i].allowed, value);
		return;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unrecognized option \"%s\"", option->name),
					errdetail("%s has no option \"%s\" that is built.", class->type, name)));
}

static void
fill_defaults(Transform *transform)
{
	const TransformClass *class = transform->class;

	for (int i = 0; i < class->option_count; i++)
	{
		const TransformOption *definition = &class->options[i];
		OptionValue *value = &transform->values[i];

		if (value->is_set)
			continue;
		if (definition->required)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("option \"%s\" is missing", option_name(transform, i)),
							errdetail("%s needs it.", class->type)));
		value->text = definition->default_value;
		if (value->text != NULL)
			option_parse(option_name(transform, i), definition->kind, definition->allowed, value);
	}
}

static const TransformClass *
find_class(const Section *section, const char *name)
{
	const char *type = given(section->options, section->family, name);
	const TransformClass *class;

	if (type == NULL || *type == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("option \"%s\" is missing", name),
						errdetail("\"%s\" lists it.", section->name)));
	class = section->find(type);
	if (class == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("invalid value \"%s\" for option \"%s\"", type, name),
				 errdetail("It is not built."), errhint("docs/transforms.md lists what is built.")));
	return class;
}

static Transform *
read_member(const Section *section, const char *alias)
{
	char *prefix = psprintf("%s.%s.", section->name, alias);
	const TransformClass *class = find_class(section, psprintf("%stype", prefix));
	Transform *transform = palloc0(class->size);
	ListCell *cell;

	transform->class = class;
	transform->prefix = prefix;
	transform->values = palloc0(Max(class->option_count, 1) * sizeof(OptionValue));
	foreach (cell, section->options->families)
	{
		const FamilyOption *option = lfirst(cell);

		if (option->id == section->family && strncmp(option->name, prefix, strlen(prefix)) == 0)
			read_option(transform, option, class->apply != NULL);
	}
	fill_defaults(transform);
	if (class->configure != NULL)
		class->configure(transform, section->options);
	return transform;
}

/* Connect says nothing of options that belong to no listed alias; they are of no consequence. */
static void
warn_of_strangers(const Section *section)
{
	ListCell *cell;
	ListCell *alias;

	foreach (cell, section->options->families)
	{
		const FamilyOption *option = lfirst(cell);
		bool known = option->id != section->family || strcmp(option->name, section->name) == 0;

		foreach (alias, section->aliases)
		{
			char *prefix = psprintf("%s.%s.", section->name, (const char *) lfirst(alias));

			known = known || strncmp(option->name, prefix, strlen(prefix)) == 0;
		}
		if (!known)
			ereport(WARNING, (errcode(ERRCODE_WARNING), errmsg("option \"%s\" has no effect", option->name),
							  errdetail("\"%s\" does not list what it is for.", section->name)));
	}
}

static void
read_section(Section *section)
{
	ListCell *cell;

	section->aliases = split_list(given(section->options, section->family, section->name));
	check_aliases(section);
	foreach (cell, section->aliases)
		section->members = lappend(section->members, read_member(section, lfirst(cell)));
	warn_of_strangers(section);
}

/* Gives the transform the predicate that its options name. */
static void
attach_predicate(Transform *transform, const Section *transforms, const Section *predicates)
{
	char *name = psprintf("%spredicate", transform->prefix);
	const char *alias = given(transforms->options, transforms->family, name);
	char *negate_name = psprintf("%snegate", transform->prefix);
	OptionValue negate = {.text = given(transforms->options, transforms->family, negate_name)};
	ListCell *cell;

	if (negate.text != NULL)
		option_parse(negate_name, OPTION_BOOL, NULL, &negate);
	transform->negate = negate.boolean;
	if (alias == NULL)
	{
		if (negate.text != NULL)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("option \"%s\" needs option \"%s\"", negate_name, name)));
		return;
	}
	foreach (cell, predicates->aliases)
	{
		if (strcmp(lfirst(cell), alias) == 0)
			transform->predicate = list_nth(predicates->members, foreach_current_index(cell));
	}
	if (transform->predicate == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value \"%s\" for option \"%s\"", alias, name),
						errdetail("\"%s\" does not list it.", PREDICATES)));
}

TransformChain *
transform_chain_new(MemoryContext context, const PluginOptions *options)
{
	MemoryContext previous = MemoryContextSwitchTo(context);
	Section transforms = {
		.options = options, .family = OPT_FAMILY_TRANSFORMS, .name = TRANSFORMS, .find = transform_find};
	Section predicates = {
		.options = options, .family = OPT_FAMILY_PREDICATES, .name = PREDICATES, .find = predicate_find};
	TransformChain *chain = NULL;
	ListCell *cell;

	read_section(&predicates);
	read_section(&transforms);
	foreach (cell, transforms.members)
		attach_predicate(lfirst(cell), &transforms, &predicates);
	if (transforms.members != NIL)
	{
		chain = palloc(sizeof(TransformChain));
		chain->transforms = transforms.members;
	}
	MemoryContextSwitchTo(previous);
	return chain;
}

/* ---------------------------------------------------------------- records */

static bool
is_meant(const Transform *transform, const ConnectRecord *record)
{
	Transform *predicate = transform->predicate;

	return predicate == NULL || predicate->class->test(predicate, record) != transform->negate;
}

/* A record of its own came out of it, with a copy of the headers (newRecord() in Java); a sign is enough. */
static bool
is_another(const ConnectRecord *old, const ConnectRecord *new)
{
	return old->topic != new->topic || old->key_schema != new->key_schema || old->key.kind != new->key.kind ||
		   old->key.items != new->key.items || old->value_schema != new->value_schema ||
		   old->value.kind != new->value.kind || old->value.items != new->value.items ||
		   list_length(old->headers) != list_length(new->headers);
}

static TransformResult
apply_lending(Transform *transform, ConnectRecord *record)
{
	const ConnectRecord old = *record;
	TransformResult result;

	record->headers = list_copy(old.headers);
	result = transform->class->apply(transform, record);
	if (transform->class->keeps_headers && list_length(record->headers) >= list_length(old.headers))
		record->lent_headers = list_copy(record->headers);
	else if (is_another(&old, record))
		record->lends_headers = false;
	return result;
}

static TransformResult
apply(Transform *transform, ConnectRecord *record)
{
	return record->lends_headers ? apply_lending(transform, record) : transform->class->apply(transform, record);
}

bool
transform_chain_apply(TransformChain *chain, ConnectRecord *record)
{
	ListCell *cell;

	foreach (cell, chain->transforms)
	{
		Transform *transform = lfirst(cell);

		if (!is_meant(transform, record))
			continue;
		if (apply(transform, record) == RECORD_DROPPED)
			return false;
		if (record->refusal != NULL)
			break;
	}
	return true;
}
