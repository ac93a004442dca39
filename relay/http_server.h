/*
 * http_server.h
 *	  /metrics, /healthz and /status on http.listen, in a thread of its own.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "error.h"
#include "metrics.h"

typedef struct HttpServer HttpServer;

/*
 * Serves on "[host]:port", "host:port" or ":port" (loopback) until
 * http_server_free().  Metrics are borrowed.  NULL: ERROR_CONFIG if the
 * address is malformed, ERROR_FAILED if it cannot be listened on.
 */
extern HttpServer *http_server_new(const char *listen_address, Metrics *metrics, Error *error);
extern void http_server_free(HttpServer *server);

#endif
