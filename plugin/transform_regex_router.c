/*-------------------------------------------------------------------------
 *
 * transform_regex_router.c
 *	  org.apache.kafka.connect.transforms.RegexRouter: other topics by a
 *	  regular expression that matches the whole of a topic's name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform.h"

typedef struct RegexRouter
{
	Transform transform;
	JavaRegex *regex;
} RegexRouter;

enum
{
	REGEX,
	REPLACEMENT
};

static const TransformOption router_options[] = {
	[REGEX] = {"regex", OPTION_TEXT, .required = true},
	[REPLACEMENT] = {"replacement", OPTION_TEXT, .required = true},
};

static void
router_configure(Transform *transform, const PluginOptions *options)
{
	RegexRouter *router = (RegexRouter *) transform;
	char *name = psprintf("%s%s", transform->prefix, router_options[REPLACEMENT].name);

	router->regex = transform_regex(transform, REGEX, options);
	java_replacement_check(router->regex, name, transform_text(transform, REPLACEMENT));
}

static TransformResult
router_apply(Transform *transform, ConnectRecord *record)
{
	const RegexRouter *router = (const RegexRouter *) transform;

	if (java_regex_matches(router->regex, record->topic, strlen(record->topic)))
		record->topic = java_regex_replace_first(router->regex, record->topic, transform_text(transform, REPLACEMENT));
	return RECORD_KEPT;
}

const TransformClass transform_regex_router = {
	.type = "org.apache.kafka.connect.transforms.RegexRouter",
	.size = sizeof(RegexRouter),
	TRANSFORM_OPTIONS(router_options),
	.configure = router_configure,
	.apply = router_apply,
};
