/*
 * fuzz_http.c
 *	  Any bytes as what a client sends to /metrics, /healthz and /status.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http_server.h"

static struct sockaddr_in
loopback(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static uint16_t
free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *) &address, size) != 0 || getsockname(fd, (struct sockaddr *) &address, &size) != 0)
		abort();
	close(fd);
	return ntohs(address.sin_port);
}

/* The server is made at the first input and lives as long as the process. */
static uint16_t
server_port(void)
{
	static uint16_t port;
	static HttpServer *server;
	char listen_address[32];
	Error error = {0};

	if (server != NULL)
		return port;
	port = free_port();
	snprintf(listen_address, sizeof(listen_address), ":%u", port);
	server = http_server_new(listen_address, metrics_new(), &error);
	if (server == NULL)
	{
		fprintf(stderr, "%s\n", error.message);
		abort();
	}
	return port;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in address = loopback(server_port());
	struct timeval patience = {.tv_sec = 30};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char answer[4096];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0)
		abort();
	if (send(fd, data, size, MSG_NOSIGNAL) >= 0)
		shutdown(fd, SHUT_WR);
	while (recv(fd, answer, sizeof(answer), 0) > 0)
		;
	close(fd);
	return 0;
}

size_t
fuzz_seed(size_t index, uint8_t *data, size_t room)
{
	static const char *const seeds[] = {
		"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"GET /status?a=b%20c HTTP/1.0\r\n\r\n",
		"HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
		"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /else HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	};
	size_t size;

	if (index >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	size = strlen(seeds[index]) < room ? strlen(seeds[index]) : room;
	memcpy(data, seeds[index], size);
	return size;
}
