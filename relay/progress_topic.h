/*
 * progress_topic.h
 *	  Progress in a compacted Kafka topic, which may serve any number of relays.
 */
#ifndef PROGRESS_TOPIC_H
#define PROGRESS_TOPIC_H

#include "config.h"
#include "log.h"
#include "progress_store.h"

/*
 * The topic is progress.topic, made at the first reading if it is missing
 * (compacted, one partition).  Records go through the sink, which must be
 * Kafka's, so that they follow the records they speak of.  config and log are
 * borrowed; the caller hands the result to progress_new().
 */
extern ProgressMedium *progress_topic_new(const Config *config, Logger *log);

#endif
