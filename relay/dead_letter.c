/*
 * dead_letter.c
 *	  errors.* as a policy, and headers of parked records.
 */
#include "dead_letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

DeadLetterPolicy
dead_letter_policy(const Config *config)
{
	const char *topic = config_text(config, OPT_ERRORS_DEADLETTERQUEUE_TOPIC_NAME);
	const char *name = config_text(config, OPT_NAME);

	return (DeadLetterPolicy){
		.tolerates = strcmp(config_text(config, OPT_ERRORS_TOLERANCE), "all") == 0,
		.topic = topic != NULL && *topic != '\0' ? topic : NULL,
		.headers = config_bool(config, OPT_ERRORS_DEADLETTERQUEUE_CONTEXT_HEADERS_ENABLE),
		.log = config_bool(config, OPT_ERRORS_LOG_ENABLE),
		.log_contents = config_bool(config, OPT_ERRORS_LOG_INCLUDE_MESSAGES),
		.replication_factor = (int) config_int(config, OPT_ERRORS_DEADLETTERQUEUE_TOPIC_REPLICATION_FACTOR),
		.retry_timeout_ms = config_int(config, OPT_ERRORS_RETRY_TIMEOUT),
		.connector_name = name != NULL ? name : config_text(config, OPT_TOPIC_PREFIX),
	};
}

static void
add_header(FrameHeaderField *fields, size_t *count, const char *name, const char *value)
{
	fields[*count] = (FrameHeaderField){
		.name = name, .name_size = strlen(name), .value = value, .value_size = value != NULL ? strlen(value) : 0};
	(*count)++;
}

size_t
dead_letter_headers(DeadLetter *letter, const DeadLetterPolicy *policy, FrameHeaderField *fields)
{
	size_t count = 0;

	if (!policy->headers)
		return 0;
	snprintf(letter->numbers[0], sizeof(letter->numbers[0]), "%" PRId32, letter->partition);
	snprintf(letter->numbers[1], sizeof(letter->numbers[1]), "%" PRIu64, letter->lsn);
	add_header(fields, &count, "__connect.errors.topic", letter->topic);
	add_header(fields, &count, "__connect.errors.partition", letter->partition >= 0 ? letter->numbers[0] : NULL);
	add_header(fields, &count, "__connect.errors.offset", letter->lsn != 0 ? letter->numbers[1] : NULL);
	add_header(fields, &count, "__connect.errors.connector.name", policy->connector_name);
	add_header(fields, &count, "__connect.errors.task.id", "0");
	add_header(fields, &count, "__connect.errors.stage", letter->stage);
	add_header(fields, &count, "__connect.errors.class.name", letter->class_name);
	add_header(fields, &count, "__connect.errors.exception.class.name", letter->exception);
	add_header(fields, &count, "__connect.errors.exception.message", letter->message);
	return count;
}

const char *
dead_letter_excerpt(Bytes bytes, char *buffer, size_t size)
{
	size_t length = bytes.size;

	buffer[0] = '\0';
	if (bytes.data == NULL || length == 0 || !bytes_are_utf8(bytes.data, length) ||
		memchr(bytes.data, '\0', length) != NULL)
		return buffer;
	if (length > size - 6)
	{
		length = size - 6;
		while (length > 0 && ((unsigned char) bytes.data[length] & 0xC0) == 0x80)
			length--;
	}
	snprintf(buffer, size, " %.*s%s", (int) length, bytes.data, length < bytes.size ? "..." : "");
	return buffer;
}
