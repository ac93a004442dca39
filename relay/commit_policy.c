/*
 * commit_policy.c
 *	  When to end a transaction of the sink.
 */
#include "commit_policy.h"

/* So few records are not worth waiting for more. */
#define FEW_RECORDS 50
/* A stream that has been silent for so long is idle, not slow. */
#define IDLE_MS 5
/* Under load: longer transactions were no faster, and readers of committed records wait for their end. */
#define BUSY_AGE_MS 100
#define BUSY_RECORDS 200000
/* A position without records: at most so often, unless the server waits for it. */
#define POSITION_AGE_MS 10000
#define POSITION_BYTES (16 * 1024 * 1024)
#define POSITION_ASKED_MS 500

static CommitDecision
records_due(const CommitSituation *situation)
{
	bool dry = situation->dry_ms >= 0;

	if (situation->in_unit)
		return situation->split_ms > 0 && situation->age_ms >= situation->split_ms ? COMMIT_PART : COMMIT_NOT_YET;
	if (situation->last || (dry && (situation->records <= FEW_RECORDS || situation->dry_ms >= IDLE_MS)))
		return COMMIT_WHOLE;
	return situation->age_ms >= BUSY_AGE_MS || situation->records >= BUSY_RECORDS ? COMMIT_WHOLE : COMMIT_NOT_YET;
}

static CommitDecision
position_due(const CommitSituation *situation)
{
	if (situation->in_unit || situation->unstored == 0)
		return COMMIT_NOT_YET;
	if (situation->last || situation->unstored >= POSITION_BYTES || situation->stored_age_ms >= POSITION_AGE_MS)
		return COMMIT_WHOLE;
	return situation->asked && situation->stored_age_ms >= POSITION_ASKED_MS ? COMMIT_WHOLE : COMMIT_NOT_YET;
}

CommitDecision
commit_policy(const CommitSituation *situation)
{
	return situation->open ? records_due(situation) : position_due(situation);
}
