/*
 * config_channels.h
 *	  Judging the options of signals and notifications.
 */
#ifndef CONFIG_CHANNELS_H
#define CONFIG_CHANNELS_H

#include "config.h"

/*
 * notification.* and signal.* but signal.data.collection; with the channel
 * kafka also what config_signal_consumer() gives.  ERROR_CONFIG names the
 * channel that is not there, or the option that is missing.
 */
extern bool config_channels_check(Config *config, Logger *log, Error *error) MUST_CHECK;

#endif
