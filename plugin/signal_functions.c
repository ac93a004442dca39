/*-------------------------------------------------------------------------
 *
 * signal_functions.c
 *	  Signals by SQL: a logical message that says who may send it.
 *
 * Anybody may write logical messages with any prefix, and the conditions of a
 * snapshot are SQL that runs with the relay's rights.  So signal() signs with
 * a secret that only its owner can read, and the relay has the signature
 * checked before it obeys.  docs/security.md says what that is worth.
 *
 * The secret is the one row of a materialized view: pg_dump leaves it behind,
 * no publication sends it, and nobody who lists tables to copy them (Debezium,
 * subscriptions) finds it.  It is read here and not by SQL, so that no rule or
 * function of whoever owns the schema runs with another's rights.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "replication/slot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "json_writer.h"
#include "pg_compat.h"
#include "signal_data.h"
#include "signal_mark.h"

/* Hexadecimal digits of a signature. */
#define MAC_DIGITS (2 * PG_SHA256_DIGEST_LENGTH)

/* The end of a message, with its signature. */
#define TAIL_SIZE (sizeof(JSON_NEXT("mac") JSON_TEXT("") "}") - 1 + MAC_DIGITS)

PG_FUNCTION_INFO_V1(wal2debezium_signal);
PG_FUNCTION_INFO_V1(wal2debezium_signal_is_genuine);

/* ---------------------------------------------------------------- the signature */

static Relation
open_secret(void)
{
	Oid schema = get_namespace_oid("wal2debezium", false);
	Oid relid = get_relname_relid("signal_secret", schema);
	Relation rel = OidIsValid(relid) ? table_open(relid, AccessShareLock) : NULL;

	if (rel == NULL || rel->rd_rel->relkind != RELKIND_MATVIEW || RelationGetDescr(rel)->natts != 1 ||
		TupleDescAttr(RelationGetDescr(rel), 0)->atttypid != BYTEAOID)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the extension \"%s\" has no secret to sign signals with", "wal2debezium"),
						errhint("DROP EXTENSION wal2debezium; CREATE EXTENSION wal2debezium.")));
	return rel;
}

/* In the current context; under the active snapshot. */
static bytea *
read_secret(void)
{
	Relation rel = open_secret();
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan = table_beginscan_strat(rel, GetActiveSnapshot(), 0, NULL, true, false);
	bytea *secret = NULL;
	bool is_null = true;

	if (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		Datum value = slot_getattr(slot, 1, &is_null);

		secret = is_null ? NULL : DatumGetByteaPCopy(value);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, AccessShareLock);
	if (secret == NULL || VARSIZE_ANY_EXHDR(secret) < PG_SHA256_DIGEST_LENGTH)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("materialized view \"%s\" has no secret", "wal2debezium.signal_secret"),
						errhint("REFRESH MATERIALIZED VIEW wal2debezium.signal_secret.")));
	return secret;
}

/* HMAC-SHA-256 of the bytes, in digits. */
static void
sign(const char *bytes, Size size, char *digits)
{
	bytea *secret = read_secret();
	uint8 mac[PG_SHA256_DIGEST_LENGTH];
	pg_hmac_ctx *context = pg_hmac_create(PG_SHA256);

	if (context == NULL || pg_hmac_init(context, (uint8 *) VARDATA_ANY(secret), VARSIZE_ANY_EXHDR(secret)) < 0 ||
		pg_hmac_update(context, (const uint8 *) bytes, size) < 0 || pg_hmac_final(context, mac, sizeof(mac)) < 0)
		elog(ERROR, "could not compute a signature");
	pg_hmac_free(context);
	hex_encode((const char *) mac, sizeof(mac), digits);
}

/* Appends the end of a message that begins with these bytes. */
static void
write_tail(const char *bytes, Size size, JsonWriter *writer)
{
	char digits[MAC_DIGITS];

	sign(bytes, size, digits);
	json_literal(writer, JSON_NEXT("mac"));
	json_char(writer, '"');
	json_raw(writer, digits, MAC_DIGITS);
	json_char(writer, '"');
	json_char(writer, '}');
}

/* As long as the first difference would be told by the time it takes, signatures could be guessed digit by digit. */
static bool
same_tail(const char *one, const char *other)
{
	unsigned char difference = 0;

	for (Size i = 0; i < TAIL_SIZE; i++)
		difference |= (unsigned char) one[i] ^ (unsigned char) other[i];
	return difference == 0;
}

/* ---------------------------------------------------------------- signal() */

static void
refuse_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"%s\" must not be null", name)));
}

static void
check_slot_name(const char *slot)
{
	if (slot[0] == '\0' || slot[strspn(slot, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("invalid replication slot name \"%s\"", slot),
						errhint("Allowed: 1 to 63 of a-z, 0-9 and '_'.")));
}

/* In UTF-8, NUL-terminated. */
static char *
to_utf8(char *text)
{
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

/* All of the message up to the signature. */
static void
write_signed_part(JsonWriter *content, const char *slot, const char *id, const char *type, const char *data)
{
	json_literal(content, JSON_FIRST("slot"));
	json_cstring(content, slot);
	json_literal(content, JSON_NEXT("id"));
	json_cstring(content, id);
	json_literal(content, JSON_NEXT("type"));
	json_cstring(content, type);
	json_literal(content, JSON_NEXT("data"));
	json_raw(content, data, strlen(data));
	json_literal(content, JSON_NEXT("xid"));
	json_uint64(content, GetTopTransactionId());
}

static void
emit(JsonWriter *content)
{
	char *message;

	write_tail(content->data, content->len, content);
	if (content->len > BATCH_MARK_LIMIT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the signal is larger than %d bytes", BATCH_MARK_LIMIT)));
	json_char(content, '\0');
	message = pg_any_to_server(content->data, (int) content->len - 1, PG_UTF8);
	compat_log_message(SIGNAL_PREFIX, message, strlen(message));
}

Datum
wal2debezium_signal(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"slot", "type", "data", "id"};
	JsonWriter content;
	Jsonb *jsonb;
	char *slot;
	char *type;
	char *data;
	char *id;

	for (int i = 0; i < lengthof(names); i++)
		refuse_null(fcinfo, i, names[i]);
	PreventCommandDuringRecovery("wal2debezium.signal()");
	slot = NameStr(*PG_GETARG_NAME(0));
	type = to_utf8(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	jsonb = PG_GETARG_JSONB_P(2);
	data = to_utf8(JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb)));
	id = to_utf8(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	check_slot_name(slot);
	signal_data_check(type, data, strlen(data));
	if (SearchNamedReplicationSlot(slot, true) == NULL)
		ereport(NOTICE, (errcode(ERRCODE_UNDEFINED_OBJECT),
						 errmsg("replication slot \"%s\" does not exist on this server", slot)));
	json_writer_init(&content, CurrentMemoryContext, 256);
	json_mark(&content, 0);
	write_signed_part(&content, slot, id, type, data);
	emit(&content);
	PG_RETURN_DATUM(PG_GETARG_DATUM(3));
}

/* ---------------------------------------------------------------- signal_is_genuine() */

/* The transaction that a genuine message names, last before its signature; the text ends at end. */
static TransactionId
signed_transaction(const char *text, const char *end)
{
	const char *digits = end;

	while (digits > text && isdigit((unsigned char) digits[-1]))
		digits--;
	return (TransactionId) strtoul(pnstrdup(digits, end - digits), NULL, 10);
}

static bool
is_genuine(const char *message, Size size, bool any_transaction, TransactionId transaction)
{
	const char *tail = message + (size > TAIL_SIZE ? size - TAIL_SIZE : 0);
	JsonWriter expected;

	if (size <= TAIL_SIZE)
		return false;
	json_writer_init(&expected, CurrentMemoryContext, 128);
	json_mark(&expected, 0);
	write_tail(message, size - TAIL_SIZE, &expected);
	if (!same_tail(tail, expected.data))
		return false;
	return any_transaction || signed_transaction(message, tail) == transaction;
}

Datum
wal2debezium_signal_is_genuine(PG_FUNCTION_ARGS)
{
	char *message;

	if (PG_ARGISNULL(0))
		PG_RETURN_BOOL(false);
	message = to_utf8(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_BOOL(is_genuine(message, strlen(message), PG_ARGISNULL(1),
							  PG_ARGISNULL(1) ? InvalidTransactionId : PG_GETARG_TRANSACTIONID(1)));
}
