/*
 * notification_text.h
 *	  Keys, values and log lines of notifications, byte for byte Debezium's.
 *	  Pure.
 */
#ifndef NOTIFICATION_TEXT_H
#define NOTIFICATION_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define NOTIFICATION_FIELDS_MAX 10

/* One entry of additional_data. */
typedef struct NotificationField
{
	const char *name;
	const char *value;
} NotificationField;

/* All borrowed. */
typedef struct Notification
{
	const char *id;
	const char *aggregate_type;
	const char *type;
	const char *connector_name; /* goes to additional_data, too */
	int64_t timestamp_ms;
	NotificationField fields[NOTIFICATION_FIELDS_MAX];
	size_t field_count;
	/* They come from a HashMap; otherwise from Map.of(), whose order differs from one JVM to the next. */
	bool hashed;
} Notification;

/* The caller frees.  FORM_BYTES: NULL, ByteArrayConverter refuses structures. */
extern char *notification_key(const Notification *notification, ConverterForm form);
extern char *notification_value(const Notification *notification, ConverterForm form);
/* What LogNotificationChannel logs. */
extern char *notification_log_line(const Notification *notification);

#endif
