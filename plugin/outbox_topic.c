/*-------------------------------------------------------------------------
 *
 * outbox_topic.c
 *	  See outbox_topic.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "outbox_topic.h"

/* The default of route.topic.regex, and how a replacement refers to its group. */
#define WHOLE_PATTERN "(?<routedByValue>.*)"
#define WHOLE_GROUP "${routedByValue}"

/* Topics that are remembered, by a hash of the value; Kafka's names have 249 characters at most. */
#define REMEMBERED 64
#define MAX_REMEMBERED_SIZE 249

typedef struct RememberedTopic
{
	char *value;
	Size size;
	char *topic;
} RememberedTopic;

struct OutboxTopics
{
	MemoryContext context;
	const JavaRegex *regex;
	const char *replacement;
	const char *before; /* of the usual patterns: what stands around the value; NULL: the regex decides */
	Size before_size;
	const char *after;
	Size after_size;
	RememberedTopic remembered[REMEMBERED];
};

/* The usual pattern takes all of a value, so the replacement is text around it. */
static void
find_affixes(OutboxTopics *topics, const char *pattern)
{
	const char *group = strstr(topics->replacement, WHOLE_GROUP);

	if (strcmp(pattern, WHOLE_PATTERN) != 0 || group == NULL || strchr(topics->replacement, '\\') != NULL ||
		strchr(topics->replacement, '$') != group || strchr(group + 1, '$') != NULL)
		return;
	topics->before = topics->replacement;
	topics->before_size = group - topics->replacement;
	topics->after = group + strlen(WHOLE_GROUP);
	topics->after_size = strlen(topics->after);
}

OutboxTopics *
outbox_topics_new(const JavaRegex *regex, const char *pattern, const char *replacement)
{
	OutboxTopics *topics = palloc0(sizeof(OutboxTopics));

	topics->context = CurrentMemoryContext;
	topics->regex = regex;
	topics->replacement = replacement;
	find_affixes(topics, pattern);
	return topics;
}

/* A point matches no line terminator: \n, \r, U+0085, U+2028, U+2029. */
static bool
has_line_terminator(const char *utf8, Size size)
{
	for (Size i = 0; i < size; i++)
	{
		unsigned char c = (unsigned char) utf8[i];

		if (c == '\n' || c == '\r' || (c == 0xC2 && (unsigned char) utf8[i + 1] == 0x85) ||
			(c == 0xE2 && (unsigned char) utf8[i + 1] == 0x80 && ((unsigned char) utf8[i + 2] | 1) == 0xA9))
			return true;
	}
	return false;
}

static char *
surround(const OutboxTopics *topics, const char *utf8, Size size)
{
	char *topic = palloc(topics->before_size + size + topics->after_size + 1);

	memcpy(topic, topics->before, topics->before_size);
	memcpy(topic + topics->before_size, utf8, size);
	memcpy(topic + topics->before_size + size, topics->after, topics->after_size + 1);
	return topic;
}

static char *
by_regex(const OutboxTopics *topics, const char *utf8, Size size)
{
	char *value = pnstrdup(utf8, size);

	if (!java_regex_matches(topics->regex, value, size))
		return value;
	return java_regex_replace_first(topics->regex, value, topics->replacement);
}

static void
remember(OutboxTopics *topics, RememberedTopic *place, const char *utf8, Size size, const char *topic)
{
	if (place->value != NULL)
	{
		pfree(place->value);
		pfree(place->topic);
	}
	place->value = MemoryContextAlloc(topics->context, size + 1);
	memcpy(place->value, utf8, size);
	place->size = size;
	place->topic = MemoryContextStrdup(topics->context, topic);
}

const char *
outbox_topic(OutboxTopics *topics, const char *utf8, Size size)
{
	RememberedTopic *place;
	const char *topic;

	if (topics->before != NULL)
		return has_line_terminator(utf8, size) ? pnstrdup(utf8, size) : surround(topics, utf8, size);
	place = &topics->remembered[hash_bytes((const unsigned char *) utf8, (int) size) % REMEMBERED];
	if (place->value != NULL && place->size == size && memcmp(place->value, utf8, size) == 0)
		return pstrdup(place->topic);
	topic = by_regex(topics, utf8, size);
	if (size <= MAX_REMEMBERED_SIZE && strlen(topic) <= MAX_REMEMBERED_SIZE)
		remember(topics, place, utf8, size, topic);
	return topic;
}
