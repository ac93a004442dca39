/*-------------------------------------------------------------------------
 *
 * frame_pack.c
 *	  See frame_pack.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlogreader.h"
#include "lib/stringinfo.h"
#include "replication/output_plugin.h"

#include "frame_entry.h"
#include "frame_format.h"
#include "frame_pack.h"
#include "pg_compat.h"
#include "session.h"

/* So many bytes of WAL still to be decoded: late anyway, so that batches count for more than being early. */
#define FAR_BEHIND (32 * XLOG_BLCKSZ)

struct FramePack
{
	LogicalDecodingContext *ctx;
	XLogPageReadCB page_read; /* the walsender's own */
	StringInfoData held;	  /* header, then the frames held back */
	bool holding;			  /* the relay knows that some may be */
};

static void
send_message(FramePack *pack, const char *bytes, Size size)
{
	LogicalDecodingContext *ctx = pack->ctx;
	bool accepted = ctx->accept_writes;

	ctx->accept_writes = true; /* page_read is no callback of decoding */
	OutputPluginPrepareWrite(ctx, true);
	appendBinaryStringInfo(ctx->out, bytes, size);
	OutputPluginWrite(ctx, true);
	ctx->accept_writes = accepted;
}

/* What is held back leaves, and the relay is told whether more will be. */
static void
send_held(FramePack *pack, bool holding)
{
	pack->holding = holding;
	pack->held.data[2] = holding ? PACK_HOLDS : 0;
	send_message(pack, pack->held.data, pack->held.len);
	pack->held.len = PACK_HEADER_SIZE;
}

static bool
is_holding_any(const FramePack *pack)
{
	return pack->held.len > PACK_HEADER_SIZE;
}

static bool
far_behind(const FramePack *pack, XLogRecPtr position)
{
	XLogRecPtr wal_end = compat_wal_end();

	return wal_end > position && wal_end - position > FAR_BEHIND;
}

/* Asked for by the WAL reader, which may have to wait for it. */
static int
before_page_read(XLogReaderState *reader, XLogRecPtr page, int size, XLogRecPtr record, char *buffer)
{
	LogicalDecodingContext *ctx = reader->private_data;
	Session *session = ctx->output_plugin_private;
	FramePack *pack = session->pack;

	if (is_holding_any(pack))
		send_held(pack, far_behind(pack, page));
	else if (pack->holding)
		send_held(pack, false);
	return pack->page_read(reader, page, size, record, buffer);
}

FramePack *
frame_pack_new(LogicalDecodingContext *ctx, MemoryContext context)
{
	MemoryContext previous = MemoryContextSwitchTo(context);
	const char header[PACK_HEADER_SIZE] = {PACK_MAGIC, PACK_FORMAT_VERSION};
	FramePack *pack = palloc0(sizeof(FramePack));

	pack->ctx = ctx;
	initStringInfo(&pack->held);
	enlargeStringInfo(&pack->held, PACK_TARGET_SIZE);
	appendBinaryStringInfo(&pack->held, header, PACK_HEADER_SIZE);
	pack->page_read = ctx->reader->routine.page_read;
	ctx->reader->routine.page_read = before_page_read;
	MemoryContextSwitchTo(previous);
	return pack;
}

void
frame_pack_flush(FramePack *pack)
{
	if (is_holding_any(pack))
		send_held(pack, true);
}

void
frame_pack_write(FramePack *pack, const char *frame, Size size, bool last)
{
	bool small = size <= PACK_TARGET_SIZE / 4;
	char length[4];

	if (is_holding_any(pack) && (!small || pack->held.len + sizeof(length) + size > PACK_TARGET_SIZE))
		send_held(pack, true);
	if (!small || (!pack->holding && !(last && far_behind(pack, pack->ctx->reader->EndRecPtr))))
	{
		send_message(pack, frame, size);
		return;
	}
	put_u32(length, size);
	appendBinaryStringInfo(&pack->held, length, sizeof(length));
	appendBinaryStringInfo(&pack->held, frame, size);
	if (!pack->holding)
		send_held(pack, true);
}
