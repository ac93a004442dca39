/*
 * config_channels.h
 *	  Judging the options of signals and notifications.
 */
#ifndef CONFIG_CHANNELS_H
#define CONFIG_CHANNELS_H

#include "config.h"

/* notification.*: ERROR_CONFIG names the channel that is not there, or the topic that is missing. */
extern bool config_notifications_check(const Config *config, Logger *log, Error *error) MUST_CHECK;

#endif
