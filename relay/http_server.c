/*
 * http_server.c
 *	  Metrics and health by libmicrohttpd.
 */
#include "http_server.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "memory.h"

struct HttpServer
{
	struct MHD_Daemon *daemon;
	Metrics *metrics;
};

static enum MHD_Result
respond(struct MHD_Connection *connection, unsigned int status, const char *type, char *body)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (body == NULL)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_FREE);
	if (response == NULL)
	{
		free(body);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
respond_health(struct MHD_Connection *connection, const MetricsValues *values)
{
	const char *why;
	bool healthy = metrics_healthy(values, &why);
	size_t size = strlen(why) + 2;
	char *body = bytes_alloc_zero(1, size);

	memcpy(body, why, size - 2);
	body[size - 2] = '\n';
	return respond(connection, healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", body);
}

static enum MHD_Result
handle_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
			   const char *upload_data, size_t *upload_data_size, void **state)
{
	HttpServer *server = arg;
	MetricsValues values = metrics_read(server->metrics);

	(void) version;
	(void) upload_data;
	(void) state;
	if (*upload_data_size > 0)
	{
		*upload_data_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", memory_strdup("GET only\n"));
	if (strcmp(url, "/metrics") == 0)
		return respond(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
					   metrics_prometheus(&values));
	if (strcmp(url, "/healthz") == 0)
		return respond_health(connection, &values);
	if (strcmp(url, "/status") == 0)
		return respond(connection, MHD_HTTP_OK, "application/json", metrics_json(&values));
	return respond(connection, MHD_HTTP_NOT_FOUND, "text/plain",
				   memory_strdup("there are /metrics, /healthz and /status\n"));
}

/* Splits "[v6]:port", "host:port", ":port"; host is NULL if none is named. The caller frees *host. */
static bool
split_address(const char *text, char **host, const char **port)
{
	const char *colon = strrchr(text, ':');
	size_t size;

	*host = NULL;
	if (colon == NULL || colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	*port = colon + 1;
	size = (size_t) (colon - text);
	if (size >= 2 && text[0] == '[' && text[size - 1] == ']')
	{
		text++;
		size -= 2;
	}
	if (size > 0)
		*host = bytes_copy_text(text, size);
	return true;
}

static struct addrinfo *
resolve_address(const char *listen_address, Error *error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	const char *port;
	char *host;
	int status;

	if (!split_address(listen_address, &host, &port))
	{
		error_set(error, ERROR_CONFIG, "invalid value for parameter \"http.listen\": \"%s\"", listen_address);
		error_hint(
			error,
			"give [host]:port, for example http.listen=:9187 for this machine alone, or http.listen=0.0.0.0:9187");
		return NULL;
	}
	/* whoever may see it from elsewhere says so: metrics name the database's traffic */
	status = getaddrinfo(host != NULL ? host : "127.0.0.1", port, &hints, &found);
	free(host);
	if (status != 0)
	{
		error_set(error, ERROR_CONFIG, "could not resolve \"http.listen\" value \"%s\": %s", listen_address,
				  gai_strerror(status));
		return NULL;
	}
	return found;
}

HttpServer *
http_server_new(const char *listen_address, Metrics *metrics, Error *error)
{
	struct addrinfo *address = resolve_address(listen_address, error);
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD;
	HttpServer *server;

	if (address == NULL)
		return NULL;
	server = bytes_alloc_zero(1, sizeof(HttpServer));
	server->metrics = metrics;
	if (address->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	server->daemon =
		MHD_start_daemon(flags, 0, NULL, NULL, handle_request, server, MHD_OPTION_SOCK_ADDR, address->ai_addr,
						 MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_CONNECTION_LIMIT, 32u, MHD_OPTION_END);
	freeaddrinfo(address);
	if (server->daemon != NULL)
		return server;
	error_set(error, ERROR_FAILED, "could not listen on \"%s\" for HTTP: %s", listen_address,
			  errno != 0 ? strerror(errno) : "libmicrohttpd did not start");
	error_hint(error, "another process may be using the port; choose another http.listen");
	free(server);
	return NULL;
}

void
http_server_free(HttpServer *server)
{
	if (server == NULL)
		return;
	MHD_stop_daemon(server->daemon);
	free(server);
}
