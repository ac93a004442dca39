/*-------------------------------------------------------------------------
 *
 * frame_format.h
 *	  The binary format between the plugin (writer) and the relay (reader).
 *
 * One frame is what one CopyData message (START_REPLICATION with
 * format=frames) or one bytea (wal2debezium.snapshot_frames()) carries.  A
 * frame belongs to exactly one transaction, or to one snapshot.  Integers are
 * little endian and unaligned; text is UTF-8 without terminator; a string or
 * blob is u32 length + bytes.  LSNs and xids are PostgreSQL's numbers.
 *
 * A PACK is one CopyData message with several frames, which the relay asks for
 * by internal.packs.  A message is a frame or a pack by its first byte.
 *
 * Plain C99 without any other header of ours: both sides include it.
 *
 * Frame
 *	 offset size
 *		0	 1	magic 'W'
 *		1	 1	format version, FRAME_FORMAT_VERSION
 *		2	 1	flags, FRAME_*
 *		3	 1	zero
 *		4	 4	xid (0: non-transactional message or snapshot)
 *		8	 8	commit LSN: start of the commit record
 *	   16	 8	end LSN: what may be confirmed once everything up to and
 *				including this transaction is durable in the sink
 *	   24	 8	commit time, microseconds since 1970-01-01 UTC, signed
 *	   32	 8	index in the transaction of this frame's first RECORD or
 *				REFUSED; both count
 *	   40		entries up to the end of the frame
 *
 * Entry
 *		0	 1	kind, ENTRY_*
 *		1	 1	flags, by kind
 *		2	 2	zero
 *		4	 4	size of what follows these 8 bytes
 *		8		body, by kind
 *
 * HELLO, first entry of the first frame of a stream (one START_REPLICATION,
 * one snapshot_frames() call). Ids of dictionary entries belong to the stream.
 *		u16 server major version, u16 zero, u32 timeline,
 *		u64 system identifier, u64 config hash, string plugin version,
 *		string run id
 * TOPIC	u32 id, string name
 * SCHEMA	u32 id, blob: {"schema":S,"payload": ; the reader writes it before the
 *			record's bytes and } after them
 * HEADERSET	u32 id, u16 count, count times (string name, i32 length, bytes);
 *			length -1 is a null value
 * RELATION u32 id, u32 oid, string schema name, string table name
 * FORGET	u8 kind (ENTRY_TOPIC, ENTRY_SCHEMA, ...), u8[3] zero, u32 id; the id
 *			may be given again afterwards
 * BEGIN	empty: first entry of a transaction, after dictionary entries
 * COMMIT	empty: nothing of this transaction follows
 * MESSAGE	empty: the frame's records come from a non-transactional message,
 *			which is a transaction of its own; nothing of it follows
 * MARK		u64 LSN, string channel, string sequence, string data: something for the
 *			relay, and no record.  Sequence is what HOLE_SEQUENCE would become
 *			in a record that stood here.  Channels:
 *			"message": data is the content of a logical message with the prefix
 *			wal2debezium
 *			"source": a row of signal.data.collection, behind its own RECORD;
 *			data is {"id":I,"type":T,"data":D} of one that was inserted, with
 *			the columns' values as the record shows them, or {"deleted":I}
 * SNAPSHOT_CHUNK	u32 relation, u32 next block (FRAME_NO_BLOCK: table done),
 *			u64 rows so far
 * REFUSED	u32 topic, u32 relation, u64 LSN, u64 size in bytes (0 unknown),
 *			u8 reason REFUSED_*, u8[3] zero, blob key, string detail
 * RECORD
 *		0	 4	topic id
 *		4	 4	relation id, 0: none
 *		8	 4	key schema id, 0: none
 *	   12	 4	value schema id, 0: none
 *	   16	 4	headerset id, 0: none
 *	   20	 4	partition, -1: the producer's partitioner decides
 *	   24	 8	source LSN, for messages to people; never for resumption
 *	   32	 8	hash of the key before transforms, the same in each record of that
 *				key whatever the converters and transforms make of it; 0: no key, or
 *				a made-up one (TOAST placeholder, columns that the old row lacks)
 *	   40	 8	Kafka timestamp in ms, -1: not set
 *	   48	 4	key length
 *	   52	 4	value length
 *	   56	 4	length of own headers
 *	   60	 2	number of holes
 *	   62	 2	zero
 *	   64		holes, 8 bytes each, offsets ascending: u32 offset into the
 *				value bytes, u8 HOLE_*, u8[3] zero
 *				own headers: u16 count, count times as in HEADERSET; empty
 *				if the length is 0
 *				key bytes, value bytes
 *
 * Pack
 *		0	 1	magic 'P'
 *		1	 1	format version, PACK_FORMAT_VERSION
 *		2	 1	flags: PACK_HOLDS
 *		3	 1	zero
 *		4		frames, each behind its u32 length; none is allowed
 *
 * PACK_HOLDS: from here to a pack without it, the plugin may hold back whole
 * transactions, so the position of a keepalive in between is not one up to
 * which everything was sent.  A frame that comes alone changes nothing of that.
 *
 * A hole is a place of width zero where the reader inserts text.  Holes never
 * stand in keys.
 *
 * Limits, enforced by the reader: a frame has at most 1 GB, a dictionary
 * entry at most 16 MB, all living entries of a stream 16 MB (the writer
 * forgets the least recently used ones), 64 holes, 256 headers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRAME_FORMAT_H
#define FRAME_FORMAT_H

#define FRAME_MAGIC 'W'
#define FRAME_FORMAT_VERSION 1
#define FRAME_HEADER_SIZE 40
#define FRAME_ENTRY_HEADER_SIZE 8
#define FRAME_RECORD_FIXED_SIZE 64
#define FRAME_HOLE_SIZE 8
#define FRAME_TARGET_SIZE (64 * 1024) /* the writer cuts behind this */
#define FRAME_DICTIONARY_LIMIT (16 * 1024 * 1024)
#define FRAME_MAX_HOLES 64
#define FRAME_MAX_HEADERS 256
#define FRAME_NO_BLOCK 0xFFFFFFFFu

#define PACK_MAGIC 'P'
#define PACK_FORMAT_VERSION 1
#define PACK_HEADER_SIZE 4
#define PACK_TARGET_SIZE (64 * 1024) /* the writer makes none larger */

/* pack flags */
#define PACK_HOLDS 0x01

/* frame flags */
#define FRAME_ENDS_TRANSACTION 0x01 /* contains COMMIT or MESSAGE */
#define FRAME_SNAPSHOT 0x02

/* entry kinds */
#define ENTRY_HELLO 1
#define ENTRY_TOPIC 2
#define ENTRY_SCHEMA 3
#define ENTRY_HEADERSET 4
#define ENTRY_RELATION 5
#define ENTRY_FORGET 6
#define ENTRY_BEGIN 7
#define ENTRY_RECORD 8
#define ENTRY_COMMIT 9
#define ENTRY_MESSAGE 10
#define ENTRY_MARK 11
#define ENTRY_SNAPSHOT_CHUNK 12
#define ENTRY_REFUSED 13

/* RECORD flags */
#define RECORD_NULL_KEY 0x01
#define RECORD_NULL_VALUE 0x02	  /* tombstone */
#define RECORD_LAST 0x04		  /* last record of its transaction */
#define RECORD_HEADERS_AFTER 0x08 /* own headers follow the headerset */
#define RECORD_KEY_OPAQUE 0x10	  /* key bytes are not JSON */
#define RECORD_VALUE_OPAQUE 0x20  /* value bytes are not JSON */

/* kinds of holes, and what the reader inserts */
#define HOLE_SNAPSHOT_MARK 1 /* true, first, last, ... without quotes */
#define HOLE_SEQUENCE 2		 /* text of source.sequence without the outer quotes */
#define HOLE_PROCESSING_MS 3 /* clock reading, digits */
#define HOLE_PROCESSING_US 4
#define HOLE_PROCESSING_NS 5

/* reasons of REFUSED */
#define REFUSED_TOO_LARGE 1
#define REFUSED_NOT_CONVERTIBLE 2

#endif /* FRAME_FORMAT_H */
