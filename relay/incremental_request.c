/*
 * incremental_request.c
 *	  What the worker of incremental snapshots is asked for.
 */
#include <string.h>
#include <sys/random.h>

#include "incremental_internal.h"

bool
incremental_ask(Incremental *self, const WorkerRequest *request, Error *error)
{
	if (self->worker == NULL)
		self->worker = incremental_worker_new(self->relay->config, self->relay->log, error);
	if (self->worker == NULL)
		return false;
	self->relay->work_fd = incremental_worker_fd(self->worker);
	incremental_worker_ask(self->worker, request);
	return true;
}

/* UUID version 4. */
static void
make_id(char *text)
{
	unsigned char id[16];

	if (getrandom(id, sizeof(id), 0) != (ssize_t) sizeof(id))
		memset(id, 0, sizeof(id)); /* cannot happen for 16 bytes */
	id[6] = (unsigned char) (0x40 | (id[6] & 0x0F));
	id[8] = (unsigned char) (0x80 | (id[8] & 0x3F));
	for (int i = 0, at = 0; i < 16; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		at += snprintf(text + at, 3, "%02x", id[i]);
	}
}

static WindowMark
mark_of(const Relay *relay)
{
	if (config_bool(relay->config, OPT_READ_ONLY))
		return MARK_POSITION;
	return config_text(relay->config, OPT_SIGNAL_DATA_COLLECTION) != NULL ? MARK_ROWS : MARK_MESSAGE;
}

/* The fewer rows, the sooner the window closes, and the less of the stream comes in between. */
static int64_t
chunk_size(const Incremental *self)
{
	int64_t size =
		config_int(self->relay->config, OPT_INCREMENTAL_SNAPSHOT_CHUNK_SIZE) >> (self->blind / BLIND_PATIENCE);

	return size > 0 ? size : 1;
}

bool
incremental_start_chunk(Incremental *self, Error *error)
{
	Relay *relay = self->relay;
	WorkerRequest request = {.job = JOB_CHUNK};

	make_id(self->id);
	self->mark = mark_of(relay);
	incremental_window_begin(self->window);
	memcpy(request.chunk.id, self->id, sizeof(self->id));
	request.chunk.mark = self->mark;
	request.chunk.state = self->state;
	request.chunk.size = chunk_size(self);
	request.chunk.count_rows = config_text(relay->config, OPT_NOTIFICATION_ENABLED_CHANNELS) != NULL;
	request.chunk.run_id = relay->run_id;
	self->phase = PHASE_CHUNK;
	return incremental_ask(self, &request, error);
}
