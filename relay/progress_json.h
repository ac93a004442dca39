/*
 * progress_json.h
 *	  Key and value of a progress record as JSON.
 */
#ifndef PROGRESS_JSON_H
#define PROGRESS_JSON_H

#include <stddef.h>

#include "resume_plan.h"

/* The caller frees. */
extern char *progress_json_key(const char *prefix, const char *slot_name, uint64_t system_identifier,
							   const char *database);
extern char *progress_json_snapshot_key(const char *prefix, const char *slot_name, uint64_t system_identifier,
										const char *database);
extern char *progress_json_signals_key(const char *prefix, const char *slot_name, uint64_t system_identifier,
									   const char *database);
/* Of how far a stream of that name may have confirmed the slot (slot_limit.h). */
extern char *progress_json_limit_key(const char *prefix, const char *slot_name, uint64_t system_identifier,
									 const char *database, const char *stream);
extern char *progress_value_json(const Progress *progress);

/* False: not one of ours, or not whole. */
extern bool progress_parse(const char *json, size_t size, Progress *progress) MUST_CHECK;
/* The stream that such a key names, for the caller to free; NULL: no key of that kind, or of another relay. */
extern char *progress_json_limit_stream(const char *json, size_t size, const char *prefix, const char *slot_name,
										uint64_t system_identifier, const char *database);
/* Such a value, with that member alone; the caller frees. */
extern char *progress_limit_json(uint64_t limit_lsn);
extern bool progress_limit_parse(const char *json, size_t size, uint64_t *limit_lsn) MUST_CHECK;
/* Is it a key of these names, whatever the system identifier? */
extern bool progress_json_same_names(const char *json, size_t size, const char *prefix, const char *slot_name,
									 const char *database);

#endif
