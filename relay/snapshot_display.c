/*
 * snapshot_display.c
 *	  See snapshot_display.h.
 */
#include "snapshot_display.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bytes.h"
#include "clock.h"

#define TERMINAL_GAP_MS 500
#define LOG_GAP_MS 10000
/* The rate shown is that of about so long. */
#define RATE_GAP_MS 2000
#define BAR_WIDTH 20

struct SnapshotDisplay
{
	Relay *relay;
	size_t tables;
	bool terminal;
	bool line_shown;
	uint64_t rows_before; /* of earlier snapshots of this process */
	int64_t started_ms;
	int64_t shown_ms;
	int64_t rate_ms; /* when the rate was last measured */
	uint64_t rate_rows;
	double rate; /* rows per second */
	double fraction_before;
};

SnapshotDisplay *
snapshot_display_new(Relay *relay, size_t tables)
{
	SnapshotDisplay *display = bytes_alloc_zero(1, sizeof(SnapshotDisplay));

	display->relay = relay;
	display->tables = tables;
	display->terminal = isatty(STDERR_FILENO);
	display->rows_before = relay->values.snapshot_rows;
	display->started_ms = clock_monotonic_ms();
	display->shown_ms = display->started_ms;
	display->rate_ms = display->started_ms;
	display->rate_rows = display->rows_before;
	display->fraction_before = -1;
	relay->values.snapshot_started_ms = display->started_ms;
	relay->values.snapshot_ended_ms = 0;
	return display;
}

static void
wipe_line(SnapshotDisplay *display)
{
	if (display->line_shown)
		fputs("\r\033[K", stderr);
	display->line_shown = false;
}

void
snapshot_display_free(SnapshotDisplay *display)
{
	MetricsValues *values = &display->relay->values;

	wipe_line(display);
	values->snapshot_ended_ms = clock_monotonic_ms();
	values->snapshot_eta_seconds = 0;
	values->snapshot_rows_per_second = 0;
	free(display);
}

static void
measure_rate(SnapshotDisplay *display, int64_t now_ms)
{
	MetricsValues *values = &display->relay->values;
	int64_t past_ms = now_ms - display->rate_ms;

	if (past_ms < RATE_GAP_MS && display->rate > 0)
		return;
	if (past_ms < TERMINAL_GAP_MS)
		return;
	display->rate = (double) (values->snapshot_rows - display->rate_rows) * 1000 / (double) past_ms;
	display->rate_ms = now_ms;
	display->rate_rows = values->snapshot_rows;
	values->snapshot_rows_per_second = display->rate;
}

/* Seconds until the end if it goes on as it did; -1: nobody knows. */
static double
seconds_left(const SnapshotDisplay *display, double fraction, int64_t now_ms)
{
	double since_start = fraction - display->fraction_before;

	if (since_start < 0.001)
		return -1;
	return (double) (now_ms - display->started_ms) / 1000 * (1 - fraction) / since_start;
}

static void
show_bar(SnapshotDisplay *display, double fraction, const char *text)
{
	int full = (int) (fraction * BAR_WIDTH);

	fputs("\r\033[K[", stderr);
	for (int i = 0; i < BAR_WIDTH; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %s", text);
	fflush(stderr);
	display->line_shown = true;
}

static void
show(SnapshotDisplay *display, double fraction, size_t tables_left, double left)
{
	uint64_t rows = display->relay->values.snapshot_rows - display->rows_before;
	char eta[48] = "";
	char text[256];

	if (left >= 90)
		snprintf(eta, sizeof(eta), ", about %.0f min left", left / 60);
	else if (left >= 0)
		snprintf(eta, sizeof(eta), ", about %.0f s left", left);
	snprintf(text, sizeof(text), "%.0f %%, %" PRIu64 " rows, %.0f rows/s, %zu of %zu tables left%s", fraction * 100,
			 rows, display->rate, tables_left, display->tables, eta);
	if (display->terminal)
		show_bar(display, fraction, text);
	else
		log_info(display->relay->log, "snapshot: %s", text);
}

void
snapshot_display_step(SnapshotDisplay *display, double fraction, size_t tables_left)
{
	int64_t now_ms = clock_monotonic_ms();
	double left;

	if (display->fraction_before < 0)
		display->fraction_before = fraction;
	if (now_ms - display->shown_ms < TERMINAL_GAP_MS)
		return;
	measure_rate(display, now_ms);
	left = seconds_left(display, fraction, now_ms);
	display->relay->values.snapshot_eta_seconds = left;
	if (now_ms - display->shown_ms < (display->terminal ? TERMINAL_GAP_MS : LOG_GAP_MS))
		return;
	display->shown_ms = now_ms;
	show(display, fraction, tables_left, left);
}

void
snapshot_display_table(SnapshotDisplay *display, const char *schema, const char *table, uint64_t rows, size_t done)
{
	wipe_line(display);
	log_info(display->relay->log, "snapshot: table \"%s.%s\" read, %" PRIu64 " rows (%zu of %zu tables)", schema, table,
			 rows, done, display->tables);
}
