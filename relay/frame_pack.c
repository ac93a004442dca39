/*
 * frame_pack.c
 *	  See frame_pack.h.
 */
#include "frame_pack.h"

#include "bytes.h"
#include "frame_cursor.h"
#include "../plugin/frame_format.h"

/* Do the lengths make up what there is? */
static bool
is_whole(const char *data, size_t size)
{
	Cursor cursor = {data, data + size, false};

	while (!cursor.failed && cursor.at < cursor.end)
		(void) take_blob(&cursor);
	return is_complete(&cursor);
}

bool
frame_pack_begin(FramePack *pack, const char *data, size_t size)
{
	pack->at = data;
	pack->end = data + size;
	pack->alone = size == 0 || data[0] != PACK_MAGIC;
	if (pack->alone)
		return true;
	pack->at = pack->end;
	if (size < PACK_HEADER_SIZE || data[1] != PACK_FORMAT_VERSION || ((unsigned char) data[2] & ~PACK_HOLDS) ||
		data[3] != 0 || !is_whole(data + PACK_HEADER_SIZE, size - PACK_HEADER_SIZE))
		return false;
	pack->at = data + PACK_HEADER_SIZE;
	pack->holds = (data[2] & PACK_HOLDS) != 0;
	return true;
}

bool
frame_pack_next(FramePack *pack, const char **data, size_t *size)
{
	if (pack->alone)
	{
		*data = pack->at;
		*size = (size_t) (pack->end - pack->at);
		pack->at = pack->end;
		pack->alone = false;
		return true;
	}
	if (pack->at == pack->end)
		return false;
	*size = bytes_get_u32(pack->at);
	*data = pack->at + 4;
	pack->at = *data + *size;
	return true;
}
