/*
 * heartbeat.c
 *	  Heartbeat records and the action query on its own connection, which is
 *	  opened and used without ever waiting.
 */
#include "heartbeat.h"

#include <poll.h>
#include <stdlib.h>
#include <inttypes.h>
#include <string.h>

#include <libpq-fe.h>

#include "clock.h"
#include "memory.h"
#include "record_schema.h"

#define ACTION_RETRY_MS 1000

typedef enum ActionState
{
	ACTION_CLOSED,
	ACTION_CONNECTING,
	ACTION_IDLE,
	ACTION_RUNNING,
} ActionState;

struct Heartbeat
{
	const Config *config;
	Logger *log;
	int64_t interval_ms; /* 0: none */
	int64_t due_ms;
	char *topic;
	char *key;
	ConverterForm value_form;

	const char *action_query; /* NULL: none */
	ActionState action_state;
	bool action_wanted;
	bool action_failing;
	int64_t action_retry_ms;
	PostgresPollingStatusType action_polling;
	PGconn *action_conn;
};

char *
heartbeat_key(const char *server_name, ConverterForm form)
{
	bool with_schema = form == FORM_JSON_WITH_SCHEMA;
	yajl_gen gen;

	if (form == FORM_TEXT)
		return memory_printf("Struct{serverName=%s}", server_name);
	gen = json_begin();
	if (with_schema)
	{
		record_schema_open(gen);
		record_schema_field(gen, "string", "serverName");
		record_schema_close(gen, "io.debezium.connector.common.ServerNameKey");
	}
	yajl_gen_map_open(gen);
	json_put(gen, "serverName", server_name);
	yajl_gen_map_close(gen);
	if (with_schema)
		yajl_gen_map_close(gen);
	return json_end(gen);
}

char *
heartbeat_value(int64_t now_ms, ConverterForm form)
{
	bool with_schema = form == FORM_JSON_WITH_SCHEMA;
	yajl_gen gen;

	if (form == FORM_TEXT)
		return memory_printf("Struct{ts_ms=%" PRId64 "}", now_ms);
	gen = json_begin();
	if (with_schema)
	{
		record_schema_open(gen);
		record_schema_field(gen, "int64", "ts_ms");
		record_schema_close(gen, "io.debezium.connector.common.Heartbeat");
	}
	yajl_gen_map_open(gen);
	json_put_number(gen, "ts_ms", now_ms);
	yajl_gen_map_close(gen);
	if (with_schema)
		yajl_gen_map_close(gen);
	return json_end(gen);
}

static char *
topic_name(const Config *config)
{
	const char *whole = config_text(config, OPT_TOPIC_HEARTBEAT_NAME);
	const char *first = config_text(config, OPT_TOPIC_HEARTBEAT_PREFIX);

	if (whole != NULL)
		return memory_strdup(whole);
	if (!config_is_set(config, OPT_TOPIC_HEARTBEAT_PREFIX) && config_is_set(config, OPT_HEARTBEAT_TOPICS_PREFIX))
		first = config_text(config, OPT_HEARTBEAT_TOPICS_PREFIX);
	return memory_printf("%s%s%s", first, config_text(config, OPT_TOPIC_DELIMITER),
						 config_text(config, OPT_TOPIC_PREFIX));
}

Heartbeat *
heartbeat_new(const Config *config, Logger *log)
{
	Heartbeat *heartbeat = bytes_alloc_zero(1, sizeof(Heartbeat));
	const char *query = config_text(config, OPT_HEARTBEAT_ACTION_QUERY);

	heartbeat->config = config;
	heartbeat->log = log;
	heartbeat->interval_ms = config_int(config, OPT_HEARTBEAT_INTERVAL_MS);
	if (heartbeat->interval_ms == 0)
		return heartbeat;
	heartbeat->topic = topic_name(config);
	heartbeat->key = heartbeat_key(config_text(config, OPT_TOPIC_PREFIX), config_key_form(config));
	heartbeat->value_form = config_value_form(config);
	heartbeat->action_query = query != NULL && *query != '\0' ? query : NULL;
	return heartbeat;
}

void
heartbeat_free(Heartbeat *heartbeat)
{
	if (heartbeat == NULL)
		return;
	PQfinish(heartbeat->action_conn);
	free(heartbeat->topic);
	free(heartbeat->key);
	free(heartbeat);
}

void
heartbeat_force(Heartbeat *heartbeat)
{
	heartbeat->due_ms = 0;
}

static void
action_failed(Heartbeat *heartbeat, const char *reason, int64_t now_ms)
{
	if (!heartbeat->action_failing)
		log_warning(heartbeat->log, "could not run heartbeat.action.query: %s", reason);
	heartbeat->action_failing = true;
	heartbeat->action_retry_ms = now_ms + ACTION_RETRY_MS;
	if (PQstatus(heartbeat->action_conn) == CONNECTION_OK && heartbeat->action_state == ACTION_RUNNING)
		return;
	PQfinish(heartbeat->action_conn);
	heartbeat->action_conn = NULL;
	heartbeat->action_state = ACTION_CLOSED;
}

static void
action_connect(Heartbeat *heartbeat, int64_t now_ms)
{
	const char *const *keywords;
	const char *const *values;

	if (heartbeat->action_failing && now_ms < heartbeat->action_retry_ms)
		return;
	config_conninfo(heartbeat->config, false, &keywords, &values);
	heartbeat->action_conn = memory_checked(PQconnectStartParams(keywords, values, 1));
	heartbeat->action_state = ACTION_CONNECTING;
	heartbeat->action_polling = PGRES_POLLING_WRITING;
	if (PQstatus(heartbeat->action_conn) == CONNECTION_BAD)
		action_failed(heartbeat, PQerrorMessage(heartbeat->action_conn), now_ms);
}

/* libpq wants PQconnectPoll only when the socket is ready. */
static bool
socket_ready(PGconn *conn, short events)
{
	struct pollfd fd = {.fd = PQsocket(conn), .events = events};

	return poll(&fd, 1, 0) > 0;
}

static void
action_continue_connecting(Heartbeat *heartbeat, int64_t now_ms)
{
	short events = heartbeat->action_polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;

	if (!socket_ready(heartbeat->action_conn, events))
		return;
	heartbeat->action_polling = PQconnectPoll(heartbeat->action_conn);
	if (heartbeat->action_polling == PGRES_POLLING_FAILED)
		action_failed(heartbeat, PQerrorMessage(heartbeat->action_conn), now_ms);
	else if (heartbeat->action_polling == PGRES_POLLING_OK)
	{
		heartbeat->action_state = ACTION_IDLE;
		PQsetnonblocking(heartbeat->action_conn, 1);
	}
}

static void
action_start_query(Heartbeat *heartbeat, int64_t now_ms)
{
	if (!PQsendQuery(heartbeat->action_conn, heartbeat->action_query))
	{
		action_failed(heartbeat, PQerrorMessage(heartbeat->action_conn), now_ms);
		return;
	}
	heartbeat->action_wanted = false;
	heartbeat->action_state = ACTION_RUNNING;
}

static void
action_take_result(Heartbeat *heartbeat, PGresult *result, int64_t now_ms)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
	{
		if (heartbeat->action_failing)
			log_info(heartbeat->log, "heartbeat.action.query works again");
		heartbeat->action_failing = false;
	}
	else
		action_failed(heartbeat, PQresultErrorMessage(result), now_ms);
	PQclear(result);
}

static void
action_continue_query(Heartbeat *heartbeat, int64_t now_ms)
{
	PGconn *conn = heartbeat->action_conn;

	if (PQflush(conn) < 0 || !PQconsumeInput(conn))
	{
		heartbeat->action_state = ACTION_IDLE;
		action_failed(heartbeat, PQerrorMessage(conn), now_ms);
		return;
	}
	while (heartbeat->action_state == ACTION_RUNNING && !PQisBusy(conn))
	{
		PGresult *result = PQgetResult(conn);

		if (result == NULL)
			heartbeat->action_state = ACTION_IDLE;
		else
			action_take_result(heartbeat, result, now_ms);
	}
}

/* At most one step of the connection's life each time. */
static void
action_step(Heartbeat *heartbeat, int64_t now_ms)
{
	switch (heartbeat->action_state)
	{
		case ACTION_CLOSED:
			if (heartbeat->action_wanted)
				action_connect(heartbeat, now_ms);
			break;
		case ACTION_CONNECTING:
			action_continue_connecting(heartbeat, now_ms);
			break;
		case ACTION_IDLE:
			if (heartbeat->action_wanted)
				action_start_query(heartbeat, now_ms);
			break;
		case ACTION_RUNNING:
			action_continue_query(heartbeat, now_ms);
			break;
	}
}

bool
heartbeat_step(Heartbeat *heartbeat, Sink *sink, int64_t now_ms, bool *sent, Error *error)
{
	Bytes key;
	Bytes value;
	char *text;
	SinkResult result;

	*sent = false;
	if (heartbeat->interval_ms == 0)
		return true;
	action_step(heartbeat, now_ms);
	if (now_ms < heartbeat->due_ms)
		return true;
	text = heartbeat_value(clock_wall_us() / 1000, heartbeat->value_form);
	key = (Bytes){.data = heartbeat->key, .size = strlen(heartbeat->key)};
	value = (Bytes){.data = text, .size = strlen(text)};
	result = sink->methods->put_raw(sink, heartbeat->topic, 0, key, value, 0, error);
	free(text);
	if (result != SINK_OK)
		return result == SINK_FULL;
	*sent = true;
	heartbeat->due_ms = now_ms + heartbeat->interval_ms;
	heartbeat->action_wanted = heartbeat->action_query != NULL;
	action_step(heartbeat, now_ms);
	return sink->methods->commit(sink, error);
}

int64_t
heartbeat_due_ms(const Heartbeat *heartbeat)
{
	return heartbeat->interval_ms == 0 ? INT64_MAX : heartbeat->due_ms;
}

int
heartbeat_fd(const Heartbeat *heartbeat, short *events)
{
	if (heartbeat->action_conn == NULL || heartbeat->action_state == ACTION_IDLE)
		return -1;
	*events = POLLIN;
	if (heartbeat->action_state == ACTION_CONNECTING && heartbeat->action_polling != PGRES_POLLING_READING)
		*events = POLLOUT;
	return PQsocket(heartbeat->action_conn);
}
