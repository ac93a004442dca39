/*
 * relay_signals.c
 *	  Signals from outside the database, on their way to the engine of
 *	  incremental snapshots.
 */
#include "relay_signals.h"

#include "incremental_snapshot.h"
#include "signal_kafka.h"

static bool
received(void *arg, Bytes json, int64_t offset)
{
	Relay *relay = arg;

	return incremental_kafka_signal(relay->incremental, json, offset);
}

/* Is everything delivered that was put? */
static bool
sink_is_empty(const Relay *relay)
{
	uint64_t records;
	uint64_t bytes;

	if (relay->sink == NULL || relay->sink_broken)
		return false;
	if (relay->settings.exactly_once && relay->sink->methods->transaction(relay->sink) != SINK_TRANSACTION_NONE)
		return false;
	relay->sink->methods->queue(relay->sink, &records, &bytes);
	return records == 0;
}

static void
note_handled(Relay *relay)
{
	int64_t offset = incremental_kafka_offset(relay->incremental);

	if (offset >= 0 && incremental_is_stored(relay->incremental) && sink_is_empty(relay))
		signal_kafka_handled(relay->signals, offset);
}

/*
 * The channel, made with the first stream, and anew where the engine has been
 * taken back behind a signal that it had: exactly once a failed transaction
 * does that.
 */
static bool
open_channel(Relay *relay, Error *error)
{
	int64_t offset = incremental_kafka_offset(relay->incremental);

	if (relay->signals != NULL && signal_kafka_received(relay->signals) <= offset)
		return true;
	if (relay->signals == NULL && relay->signals_looked)
		return true; /* not enabled */
	signal_kafka_free(relay->signals);
	relay->signals_looked = true;
	return signal_kafka_new(relay->config, offset, relay->log, &relay->signals, error);
}

bool
relay_signals_step(Relay *relay, int64_t now_ms, Error *error)
{
	if (relay->signals != NULL && now_ms < signal_kafka_due_ms(relay->signals))
		return true;
	if (!open_channel(relay, error))
		return false;
	if (relay->signals == NULL)
		return true;
	if (incremental_takes_signals(relay->incremental))
		signal_kafka_step(relay->signals, now_ms, received, relay);
	note_handled(relay);
	return true;
}

int64_t
relay_signals_due_ms(const Relay *relay)
{
	return incremental_takes_signals(relay->incremental) ? signal_kafka_due_ms(relay->signals) : INT64_MAX;
}

void
relay_signals_reset(Relay *relay)
{
	signal_kafka_free(relay->signals);
	relay->signals = NULL;
	relay->signals_looked = false;
}

void
relay_signals_free(Relay *relay)
{
	if (relay->signals != NULL)
		note_handled(relay);
	signal_kafka_free(relay->signals);
	relay->signals = NULL;
}
