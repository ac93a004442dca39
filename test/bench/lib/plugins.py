"""The plugin alone beside others: pg_recvlogical drains slots that all stand before the same WAL, the plugins in turn.

"nothing" (test/bench/nothing) is what decoding costs when nobody writes anything.
"""
import json, os, re, statistics, subprocess, sys, time

from .processes import Watch
from .table import print_table, spread

PEERS = {
    "pgoutput": ("pgoutput", ["proto_version=1", "publication_names=bench"]),
    "test_decoding": ("test_decoding", []),
    "wal2json v2": ("wal2json", ["format-version=2", "include-types=true", "include-lsn=true", "include-timestamp=true", "include-pk=true"]),
    "decoderbufs": ("decoderbufs", []),
    "decoding alone": ("nothing", []),
}


def options(workload):
    """Name to (library, options), ours first; of the peers those that PLUGINS names by library, if it is set."""
    found = {"wal2debezium": ("wal2debezium", ["format=frames", "config=" + json.dumps(workload.plugin_config())])}
    for name, (library, settings) in PEERS.items():
        if library not in os.environ.get("PLUGINS", library).split():
            continue
        found[name] = (library, settings + workload.peers.get(name, []))
    return found


class Drained:
    def __init__(self, changes, seconds, cpu, size):
        self.rate, self.cpu, self.size = changes / seconds, cpu / changes * 1e6, size / changes


def bytes_written(pid):
    """Of a process that has ended and is still to be waited for."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with open(f"/proc/{pid}/io", encoding="ascii") as handle:
        return int(re.search(r"wchar: (\d+)", handle.read())[1])


def drain(server, slot, settings, end, changes):
    """pg_recvlogical to /dev/null, up to the end of the WAL made."""
    command = server.client("pg_recvlogical", "-d", "postgres", "-S", slot, "--start", "-E", end, "-f", "/dev/null", "-F", "0", "-s", "0")
    for setting in settings:
        command += ["-o", setting]
    walsender = server.expect_walsender(slot)
    started = time.time()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    watch = Watch(walsender())
    errors = process.stderr.read()
    seconds, size = time.time() - started, bytes_written(process.pid)
    watch.stop()
    if process.wait():
        sys.exit(f"pg_recvlogical: {errors.strip()}")
    return Drained(changes, seconds, watch.cpu(), size)


def slot_name(library, number):
    return f"bench_{library}_{number}"


def measure(server, workload, runs, repeat):
    """Name to runs; each plugin has a slot for each of its runs, and who is first changes."""
    plugins = options(workload)
    workload.create(server)
    for library, _ in plugins.values():
        for number in range(runs):
            server.create_slot(slot_name(library, number), library)
    workload.make_wal(server, repeat)
    end, results = server.psql("-c", "select pg_current_wal_insert_lsn()"), {name: [] for name in plugins}
    for number in range(runs):
        order = list(plugins)[number % len(plugins):] + list(plugins)[:number % len(plugins)]
        for name in order:
            library, settings = plugins[name]
            results[name].append(drain(server, slot_name(library, number), settings, end, workload.count * workload.times(repeat)))
            print(f"{workload.name}, {name}, run {number + 1}: {results[name][-1].rate:,.0f} changes/s", file=sys.stderr, flush=True)
    server.drop_slots()
    return results


def rows_of(workload, results, repeat):
    ours = results["wal2debezium"]
    for name, runs in results.items():
        faster = spread([mine.rate / theirs.rate for mine, theirs in zip(ours, runs)], "{:.2f}") if runs is not ours else ""
        yield [workload.name, name, f"{workload.count * workload.times(repeat):,}", spread([run.rate for run in runs], "{:,.0f}"), faster,
               spread([run.cpu for run in runs], "{:.2f}"), f"{statistics.median(run.size for run in runs):,.0f}"]


def run(server, workloads, runs, repeat):
    server.add_peers()
    rows = []
    for workload in workloads:
        rows += rows_of(workload, measure(server, workload, runs, repeat), repeat)
    print(f"\nThe plugin alone: through pg_recvlogical, {runs} runs of each that alternate, median (lowest-highest)\n")
    print_table([["workload", "plugin", "changes", "changes/s", "ours is faster by", "walsender CPU us", "bytes"], *rows])
