/*-------------------------------------------------------------------------
 *
 * signal_data.h
 *	  What signals there are, and what data each takes (the actions in
 *	  io.debezium.pipeline.signal).
 *
 * Debezium logs what it does not understand and goes on; who asks by SQL is
 * told at once instead.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SIGNAL_DATA_H
#define SIGNAL_DATA_H

#include "postgres.h"

/* ERROR if there is no such type of signal, or if data, JSON in UTF-8, is not what it takes. */
extern void signal_data_check(const char *type, const char *data, Size size);

#endif /* SIGNAL_DATA_H */
