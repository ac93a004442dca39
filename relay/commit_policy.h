/*
 * commit_policy.h
 *	  When to end a transaction of the sink, exactly once.  Pure.
 *
 * A transaction of the sink holds whole transactions of PostgreSQL.  It ends at
 * once when the stream has nothing more, so that a lone change is not late; a
 * busy stream makes it bigger, since each end costs a few milliseconds.
 */
#ifndef COMMIT_POLICY_H
#define COMMIT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

typedef enum CommitDecision
{
	COMMIT_NOT_YET,
	COMMIT_WHOLE, /* at the end of a transaction of PostgreSQL, or with a position only */
	COMMIT_PART,  /* in the middle of one that takes too long: progress says how much of it is in */
} CommitDecision;

typedef struct CommitSituation
{
	bool open; /* the sink holds something of a transaction */
	int64_t age_ms;
	uint64_t records;	   /* in it */
	bool in_unit;		   /* PostgreSQL's transaction is not at its end */
	int64_t dry_ms;		   /* for so long the stream has had nothing more; -1: it has */
	bool last;			   /* nothing more is wanted */
	bool asked;			   /* the server waits for confirmation */
	uint64_t unstored;	   /* bytes of WAL beyond what is stored that could be */
	int64_t stored_age_ms; /* since the last end */
	int64_t split_ms;	   /* how long a transaction may be open; 0: as long as it takes */
} CommitSituation;

extern CommitDecision commit_policy(const CommitSituation *situation);

#endif
