#!/bin/bash
# Runs once, when the data folder is made: minors that keep a list of output plugins get ours into it.
set -euo pipefail
if grep -qs output_plugin_libraries "$(pg_config --sharedir)/postgresql.conf.sample"; then
	echo "output_plugin_libraries = 'pgoutput, test_decoding, wal2debezium'" >>"$PGDATA/postgresql.conf"
fi
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -c 'CREATE EXTENSION IF NOT EXISTS wal2debezium'
