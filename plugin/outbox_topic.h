/*-------------------------------------------------------------------------
 *
 * outbox_topic.h
 *	  Topics of an outbox: route.topic.regex and route.topic.replacement
 *	  applied to the value of the route field, as RegexRouter does it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OUTBOX_TOPIC_H
#define OUTBOX_TOPIC_H

#include "postgres.h"

#include "java_regex.h"

typedef struct OutboxTopics OutboxTopics;

/* In the current context, where it also remembers some topics; the replacement must have been checked. */
extern OutboxTopics *outbox_topics_new(const JavaRegex *regex, const char *pattern, const char *replacement);

/*
 * The topic: the value with its first match replaced if all of it matches,
 * else the value as it is.  In the current context or in that of topics;
 * valid as long as the event.
 */
extern const char *outbox_topic(OutboxTopics *topics, const char *utf8, Size size);

#endif /* OUTBOX_TOPIC_H */
