# shellcheck shell=bash
# Common to the scripts beside it: where things are, who runs PostgreSQL, how to say what is wrong.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PG_CONFIG=${PG_CONFIG:-pg_config}
PYTHON=${PYTHON:-/usr/bin/python3}
export PG_CONFIG PYTHON

say() { echo "$*" >&2; }
fail() { say "error: $1"; shift; for line in "$@"; do say "hint: $line"; done; exit 1; }

# PostgreSQL refuses root: as root, servers and their clients run as this user.
server_user=$(id -un)
[ "$(id -u)" != 0 ] || server_user=${W2D_SERVER_USER:-postgres}

as_server_user() {
	if [ "$server_user" = "$(id -un)" ]; then
		"$@"
	else
		runuser -u "$server_user" -- "$@"
	fi
}

give_to_server_user() { [ "$server_user" = "$(id -un)" ] || chown -R "$server_user" "$@"; }

free_port() {
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport, "\n"'
}

# Does this server know output_plugin_libraries? Older minors do not start if it is set.
plugin_list_known() { grep -qs output_plugin_libraries "$("$PG_CONFIG" --sharedir)/postgresql.conf.sample"; }

# Settings every scratch server of ours has, and what W2D_SETTINGS adds.
server_settings() {
	cat <<-EOF
		wal_level = logical
		max_wal_senders = 20
		max_replication_slots = 20
		max_prepared_transactions = 10
		listen_addresses = '127.0.0.1'
		fsync = off
		autovacuum = off
		max_wal_size = 4GB
		logging_collector = off
		log_line_prefix = '%m [%p] %q%a '
		${W2D_SETTINGS:-}
	EOF
	if plugin_list_known; then
		echo "output_plugin_libraries = 'pgoutput, test_decoding, wal2json, wal2debezium'"
	fi
}
