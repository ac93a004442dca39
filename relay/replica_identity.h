/*
 * replica_identity.h
 *	  replica.identity.autoset.values: captured tables get the replica identity
 *	  that the option names for them.
 */
#ifndef REPLICA_IDENTITY_H
#define REPLICA_IDENTITY_H

#include "relay.h"

/*
 * Alters captured tables whose identity differs from the option's.  As with
 * Debezium (ReplicaIdentityMapper), a table that two rules match, and one that
 * cannot be altered, are left as they are with a warning.  False: PostgreSQL
 * could not be asked.  Without the option nothing happens.
 */
extern bool replica_identity_set(Relay *relay, Error *error) MUST_CHECK;

#endif
