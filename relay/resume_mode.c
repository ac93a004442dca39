/*
 * resume_mode.c
 *	  snapshot.mode and its five switches.
 */
#include "resume_mode.h"

#include <string.h>

/* The five switches; snapshot.schema and snapshot.on.schema.error concern connectors with a schema history. */
static ResumeSnapshotMode
configured_mode(const Config *config)
{
	bool data = config_bool(config, OPT_SNAPSHOT_MODE_CONFIGURATION_BASED_SNAPSHOT_DATA);
	bool stream = config_bool(config, OPT_SNAPSHOT_MODE_CONFIGURATION_BASED_START_STREAM);
	bool heals = config_bool(config, OPT_SNAPSHOT_MODE_CONFIGURATION_BASED_SNAPSHOT_ON_DATA_ERROR);

	if (!stream)
		return RESUME_SNAPSHOT_ALWAYS_ONLY; /* config_check refuses neither of both */
	if (data)
		return heals ? RESUME_SNAPSHOT_ALWAYS : RESUME_SNAPSHOT_ALWAYS_STRICT;
	return heals ? RESUME_SNAPSHOT_ON_GAP : RESUME_SNAPSHOT_NO_DATA;
}

ResumeSnapshotMode
resume_snapshot_mode(const Config *config)
{
	static const struct
	{
		const char *name;
		ResumeSnapshotMode mode;
	} modes[] = {
		{"no_data", RESUME_SNAPSHOT_NO_DATA},
		{"always", RESUME_SNAPSHOT_ALWAYS},
		{"initial_only", RESUME_SNAPSHOT_INITIAL_ONLY},
		{"when_needed", RESUME_SNAPSHOT_WHEN_NEEDED},
	};
	const char *name = config_text(config, OPT_SNAPSHOT_MODE);

	if (strcmp(name, "configuration_based") == 0)
		return configured_mode(config);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(name, modes[i].name) == 0)
			return modes[i].mode;
	return RESUME_SNAPSHOT_INITIAL;
}
