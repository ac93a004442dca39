/*
 * incremental_worker.c
 *	  One thread, a request and a result between two locks.
 */
#include "incremental_worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "extension.h"
#include "incremental_resolve.h"
#include "memory.h"
#include "pg_session.h"

#define CONNECTION_CHECK_VERSION 140000

struct IncrementalWorker
{
	const Config *config;
	Logger *log;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int done_fd;
	WorkerRequest request; /* job JOB_NONE: none waits or is at work */
	WorkerResult result;
	bool done; /* the result waits to be taken */
	bool abandoned;
	bool ending;
	bool trouble_logged;
	int socket; /* of the connection at work, -1: none; shut down to interrupt */
	ChunkReader reader;
};

static bool
is_abandoned(IncrementalWorker *worker)
{
	bool abandoned;

	pthread_mutex_lock(&worker->lock);
	abandoned = worker->abandoned || worker->ending;
	pthread_mutex_unlock(&worker->lock);
	return abandoned;
}

static void
show_socket(IncrementalWorker *worker, int socket)
{
	pthread_mutex_lock(&worker->lock);
	worker->socket = socket;
	pthread_mutex_unlock(&worker->lock);
}

static void
disconnect(IncrementalWorker *worker)
{
	show_socket(worker, -1);
	chunk_reader_forget(&worker->reader);
	PQfinish(worker->reader.conn);
	worker->reader.conn = NULL;
}

/*
 * Marks are not to wait for a synchronous standby: the stream brings them before
 * that, and then waits for us; and the standby may be the relay itself.
 */
static bool
set_up(IncrementalWorker *worker, Error *error)
{
	const PgPatience patience = {.timeout_ms = 10000};
	PGconn *conn = worker->reader.conn;
	Error ignored;

	if (!pg_session_command(conn, "SET synchronous_commit = local", patience, "could not set up a connection", error))
		return false;
	/* a statement that nobody waits for any more ends; not every system can */
	if (PQserverVersion(conn) >= CONNECTION_CHECK_VERSION &&
		!pg_session_command(conn, "SET client_connection_check_interval = '10s'", patience, "could not set", &ignored))
		log_debug(worker->log, "%s", ignored.message);
	return true;
}

static bool
connect_if_need_be(IncrementalWorker *worker, Error *error)
{
	const PgPatience patience = {.timeout_ms = 10000};

	if (worker->reader.conn != NULL)
		return true;
	worker->reader.conn = pg_session_connect(worker->config, false, patience, error);
	if (worker->reader.conn == NULL)
		return false;
	show_socket(worker, PQsocket(worker->reader.conn));
	if (is_abandoned(worker))
		return error_set(error, ERROR_RETRY, "interrupted");
	return set_up(worker, error) && extension_ensure(worker->reader.conn, worker->config, worker->log, error);
}

static bool
do_signal(IncrementalWorker *worker, WorkerResult *result)
{
	const WorkerRequest *request = &worker->request;
	PGconn *conn = worker->reader.conn;
	Error *error = &result->error;

	result->genuine = true;
	if (request->verify && !resolve_genuine(conn, worker->config, request->json, request->xid, &result->genuine, error))
		return false;
	if (!result->genuine)
		return true;
	if (request->signal->type == SIGNAL_EXECUTE)
	{
		result->tables = incremental_state_new();
		return resolve_tables(conn, worker->config, request->signal, result->tables, error);
	}
	if (request->signal->type != SIGNAL_STOP)
		return true;
	result->matched = bytes_alloc_zero(request->state->table_count + 1, sizeof(bool));
	return resolve_stopped(conn, worker->config, request->signal, request->state, result->matched, error);
}

static void
clear_result(WorkerResult *result)
{
	chunk_result_clear(&result->chunk);
	incremental_state_free(result->tables);
	free(result->matched);
	memset(result, 0, sizeof(*result));
}

/* Once; of chunks the taker tells. */
static void
tell_signal_trouble(IncrementalWorker *worker, const WorkerResult *result)
{
	bool trouble = !result->good && result->error.kind == ERROR_RETRY;

	if (result->job != JOB_SIGNAL || is_abandoned(worker))
		return;
	if (trouble && !worker->trouble_logged)
		log_warning(worker->log, "a signal waits: %s", result->error.message);
	worker->trouble_logged = trouble;
}

static void
do_job(IncrementalWorker *worker, WorkerResult *result)
{
	Error *error = &result->error;

	result->job = worker->request.job;
	result->good = connect_if_need_be(worker, error);
	if (!result->good)
		error->kind = ERROR_RETRY; /* no fault of the signal's or the table's */
	else if (result->job == JOB_CHUNK)
		result->good = chunk_read(&worker->reader, &worker->request.chunk, &result->chunk, error);
	else
		result->good = do_signal(worker, result);
	if (!result->good)
	{
		if (pg_session_passes(error))
			error->kind = ERROR_RETRY;
		disconnect(worker); /* also of what an error left open in it */
	}
	tell_signal_trouble(worker, result);
}

static void *
serve(void *arg)
{
	IncrementalWorker *worker = arg;
	const uint64_t one = 1;

	pthread_mutex_lock(&worker->lock);
	while (!worker->ending)
	{
		WorkerResult result = {.job = JOB_NONE};

		if (worker->request.job == JOB_NONE || worker->done)
		{
			pthread_cond_wait(&worker->wake, &worker->lock);
			continue;
		}
		pthread_mutex_unlock(&worker->lock);
		do_job(worker, &result);
		pthread_mutex_lock(&worker->lock);
		worker->result = result;
		worker->done = true;
		pthread_cond_broadcast(&worker->wake);
		if (write(worker->done_fd, &one, sizeof(one)) != (ssize_t) sizeof(one))
			log_debug(worker->log, "could not wake the loop: %s", strerror(errno));
	}
	pthread_mutex_unlock(&worker->lock);
	disconnect(worker);
	return NULL;
}

IncrementalWorker *
incremental_worker_new(const Config *config, Logger *log, Error *error)
{
	IncrementalWorker *worker = bytes_alloc_zero(1, sizeof(IncrementalWorker));
	int failure = 0;

	worker->config = config;
	worker->log = log;
	worker->reader.config = config;
	worker->reader.log = log;
	worker->socket = -1;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->wake, NULL);
	worker->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (worker->done_fd < 0)
		failure = errno;
	else
		failure = pthread_create(&worker->thread, NULL, serve, worker);
	if (failure == 0)
		return worker;
	error_set(error, ERROR_FAILED, "could not start the thread of incremental snapshots: %s", strerror(failure));
	if (worker->done_fd >= 0)
		close(worker->done_fd);
	free(worker);
	return NULL;
}

/* With the lock. */
static void
interrupt_socket(const IncrementalWorker *worker)
{
	if (worker->socket >= 0)
		(void) shutdown(worker->socket, SHUT_RDWR);
}

void
incremental_worker_free(IncrementalWorker *worker)
{
	if (worker == NULL)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->ending = true;
	interrupt_socket(worker);
	pthread_cond_broadcast(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	clear_result(&worker->result);
	close(worker->done_fd);
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->wake);
	free(worker);
}

void
incremental_worker_ask(IncrementalWorker *worker, const WorkerRequest *request)
{
	pthread_mutex_lock(&worker->lock);
	worker->request = *request;
	worker->abandoned = false;
	pthread_cond_broadcast(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
}

bool
incremental_worker_take(IncrementalWorker *worker, WorkerResult *result)
{
	uint64_t count;
	bool done;

	pthread_mutex_lock(&worker->lock);
	done = worker->done;
	if (done)
	{
		*result = worker->result;
		memset(&worker->result, 0, sizeof(worker->result));
		memset(&worker->request, 0, sizeof(worker->request));
		worker->done = false;
		if (read(worker->done_fd, &count, sizeof(count)) < 0)
			log_debug(worker->log, "could not read what woke the loop: %s", strerror(errno));
	}
	pthread_mutex_unlock(&worker->lock);
	return done;
}

int
incremental_worker_fd(const IncrementalWorker *worker)
{
	return worker->done_fd;
}

void
incremental_worker_abandon(IncrementalWorker *worker)
{
	WorkerResult dropped;

	pthread_mutex_lock(&worker->lock);
	worker->abandoned = true;
	if (worker->request.job != JOB_NONE && !worker->done)
		interrupt_socket(worker);
	while (worker->request.job != JOB_NONE && !worker->done)
		pthread_cond_wait(&worker->wake, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
	if (incremental_worker_take(worker, &dropped))
		clear_result(&dropped);
}
