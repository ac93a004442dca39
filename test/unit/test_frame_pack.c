/*
 * test_frame_pack.c
 *	  Frames out of messages, alone and in packs; what is not well-formed gives
 *	  none.
 */
#include "unit.h"

#include "frame_builder.h"
#include "frame_pack.h"

static void
build_pack(FrameBuilder *builder, uint8_t flags)
{
	builder->frame.size = 0;
	build_number(builder, PACK_MAGIC, 1);
	build_number(builder, PACK_FORMAT_VERSION, 1);
	build_number(builder, flags, 1);
	build_number(builder, 0, 1);
}

static bool
begin(FramePack *pack, const FrameBuilder *builder)
{
	return frame_pack_begin(pack, builder->frame.data, builder->frame.size);
}

static void
is_next(FramePack *pack, const char *text)
{
	const char *data = NULL;
	size_t size = 0;

	if (unit_ok(frame_pack_next(pack, &data, &size), "a frame"))
		unit_ok(size == strlen(text) && memcmp(data, text, size) == 0, "it is \"%s\"", text);
}

static void
is_over(FramePack *pack)
{
	const char *data;
	size_t size;

	unit_ok(!frame_pack_next(pack, &data, &size), "no more frames");
}

static void
test_frames(void)
{
	FrameBuilder builder = {0};
	FramePack pack = {0};

	is_over(&pack);
	unit_ok(frame_pack_begin(&pack, "Wx", 2), "a frame alone");
	is_next(&pack, "Wx");
	is_over(&pack);
	unit_ok(!pack.holds, "nothing is held back");

	build_pack(&builder, PACK_HOLDS);
	build_text(&builder, "W1");
	build_text(&builder, "");
	build_text(&builder, "W23");
	unit_ok(begin(&pack, &builder), "a pack");
	unit_ok(pack.holds, "from now on something may be held back");
	is_next(&pack, "W1");
	is_next(&pack, "");
	is_next(&pack, "W23");
	is_over(&pack);

	unit_ok(frame_pack_begin(&pack, "W4", 2), "a frame alone");
	unit_ok(pack.holds, "does not change that");
	is_next(&pack, "W4");
	is_over(&pack);

	build_pack(&builder, 0);
	unit_ok(begin(&pack, &builder), "a pack without frames");
	unit_ok(!pack.holds, "nothing is held back any more");
	is_over(&pack);
	buffer_free(&builder.frame);
}

static void
test_malformed(void)
{
	FrameBuilder builder = {0};
	FramePack pack = {0};

	build_pack(&builder, 0x02);
	unit_ok(!begin(&pack, &builder), "a flag nobody knows");
	is_over(&pack);
	build_pack(&builder, 0);
	builder.frame.data[1]++;
	unit_ok(!begin(&pack, &builder), "another version");
	build_pack(&builder, 0);
	builder.frame.data[3] = 1;
	unit_ok(!begin(&pack, &builder), "a byte that has to be zero");
	unit_ok(!frame_pack_begin(&pack, builder.frame.data, PACK_HEADER_SIZE - 1), "a header cut off");

	build_pack(&builder, PACK_HOLDS);
	build_text(&builder, "W1");
	for (size_t size = builder.frame.size - 1; size > PACK_HEADER_SIZE; size--)
		unit_ok(!frame_pack_begin(&pack, builder.frame.data, size), "cut off at %zu", size);
	build_number(&builder, 0xFFFFFFFFu, 4);
	unit_ok(!begin(&pack, &builder), "a length beyond the end");
	is_over(&pack);
	unit_ok(!pack.holds, "a pack that is not whole says nothing");
	buffer_free(&builder.frame);
}

int
main(void)
{
	test_frames();
	test_malformed();
	return unit_done();
}
