/*-------------------------------------------------------------------------
 *
 * signal_mark.c
 *	  See signal_mark.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "plugin_options.h"
#include "signal_mark.h"

static void
write_mark(FrameBatch *batch, const SourceBlock *source, BatchMark *mark)
{
	JsonWriter sequence;

	json_writer_init(&sequence, CurrentMemoryContext, 64);
	source_sequence_write(source, &sequence, mark->lsn);
	mark->sequence = sequence.data;
	mark->sequence_size = sequence.len;
	batch_mark(batch, mark);
}

void
signal_mark_message(FrameBatch *batch, const SourceBlock *source, const char *content, Size size, XLogRecPtr lsn)
{
	BatchMark mark = {.lsn = lsn, .channel = "message"};

	mark.data = text_to_utf8(content, size, &mark.data_size);
	if (mark.data == NULL)
		ereport(WARNING, (errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
						  errmsg("a signal at LSN %X/%X is left out: it is not valid in encoding \"%s\"",
								 LSN_FORMAT_ARGS(lsn), GetDatabaseEncodingName())));
	else
		write_mark(batch, source, &mark);
}
