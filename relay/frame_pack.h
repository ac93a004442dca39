/*
 * frame_pack.h
 *	  Takes the frames out of a message of the plugin: a frame, or a pack of
 *	  them (frame_format.h).
 */
#ifndef FRAME_PACK_H
#define FRAME_PACK_H

#include <stdbool.h>
#include <stddef.h>

typedef struct FramePack
{
	const char *at; /* the next frame's length; at end: none is left */
	const char *end;
	bool alone; /* one frame, without length */
	bool holds; /* the plugin may hold back transactions; what the last pack said */
} FramePack;

/*
 * A message begins; its bytes are borrowed until all frames are taken.  The
 * structure belongs to one stream, and is zero at its start.  False: not
 * well-formed, and nothing may be taken.
 */
extern bool frame_pack_begin(FramePack *pack, const char *data, size_t size);

/* The next frame; false: there is none left. */
extern bool frame_pack_next(FramePack *pack, const char **data, size_t *size);

#endif
