/*
 * resume_mode.h
 *	  snapshot.mode as resume_plan.h knows it.
 */
#ifndef RESUME_MODE_H
#define RESUME_MODE_H

#include "config.h"
#include "resume_plan.h"

extern ResumeSnapshotMode resume_snapshot_mode(const Config *config);

#endif
