"""The plugin alone beside others: pg_recvlogical drains one slot per plugin, all slots at the same position."""
import statistics, subprocess, sys, time

from .processes import Watch

CHANGES = 143333                      # of changes.sql: 100,000 inserts, 33,333 updates, 10,000 deletes
PLUGINS = {
    "wal2debezium": ("wal2debezium", ["format=frames", 'config={"topic.prefix":"app","key.converter.schemas.enable":"false",'
                                      '"value.converter.schemas.enable":"false"}']),
    "wal2debezium, schemas": ("wal2debezium", ["format=frames", 'config={"topic.prefix":"app"}']),
    "pgoutput": ("pgoutput", ["proto_version=1", "publication_names=bench"]),
    "test_decoding": ("test_decoding", []),
    "wal2json v2": ("wal2json", ["format-version=2", "include-types=true", "include-lsn=true", "include-timestamp=true", "include-pk=true"]),
}


def prepare(server, repeat):
    """Table, slots at one position, WAL; returns where it ends."""
    server.psql("-f", server.sql_file("workload.sql"))
    server.psql("-c", "drop publication if exists bench", "-c", "create publication bench for table bench")
    for number, (plugin, _) in enumerate(PLUGINS.values()):
        server.create_slot(f"bench_{number}", plugin)
    for _ in range(repeat):
        server.psql("-f", server.sql_file("changes.sql"), "-c", "truncate bench restart identity")
    server.psql("-c", "checkpoint")
    return server.psql("-c", "select pg_current_wal_insert_lsn()")


def drain(server, slot, options, end):
    """pg_recvlogical to /dev/null, up to the end of the WAL made: seconds, and CPU of the walsender."""
    command = server.client("pg_recvlogical", "-d", "postgres", "-S", slot, "--start", "-E", end, "-f", "/dev/null", "-F", "0", "-s", "0")
    for option in options:
        command += ["-o", option]
    walsender = server.expect_walsender(slot)
    started = time.time()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    watch = Watch(walsender())
    _, errors = process.communicate()
    seconds = time.time() - started
    watch.stop()
    if process.returncode:
        sys.exit(f"pg_recvlogical: {errors.strip()}")
    return seconds, watch.cpu()


def run(server, rounds, repeat):
    changes, results = CHANGES * repeat, {name: [] for name in PLUGINS}
    for _ in range(rounds):
        end = prepare(server, repeat)
        for number, (name, (_, options)) in enumerate(PLUGINS.items()):
            results[name].append(drain(server, f"bench_{number}", options, end))
        server.drop_slots()
    print(f"\nPlugin alone: {changes} changes through pg_recvlogical, {rounds} rounds, median (spread)\n")
    print(f"{'':24}{'changes/s':>12}{'(lowest-highest)':>22}{'walsender CPU us/change':>26}{'against it':>12}")
    ours = statistics.median(s for s, _ in results["wal2debezium"])
    for name, times in results.items():
        rates = sorted(changes / s for s, _ in times)
        cpu = statistics.median(c for _, c in times) / changes * 1e6
        print(f"{name:24}{statistics.median(rates):12,.0f}{f'({rates[0]:,.0f}-{rates[-1]:,.0f})':>22}{cpu:26.2f}"
              f"{statistics.median(s for s, _ in times) / ours:11.2f}x", flush=True)
