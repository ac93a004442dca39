"""Instructions per change: each plugin in a single-user backend under callgrind; and those of the relay per record.

The slot is peeked twice, up to the middle and up to the end of the WAL: the difference has no start-up in it. Counted is
what decoding and the plugin do, without what the SQL function does with the output; the kernel's part shows nowhere.
"""
import os, subprocess, sys

from . import callgrind, replay
from .plugins import options
from .table import print_table

PEEK = "pg_logical_slot_peek_binary_changes"
DECODING, OUTPUT = "LogicalDecodingProcessRecord", "OutputPluginWrite"
COUNTER = "counter"                   # a slot of its own, for counting changes
FEWER = 50                            # than the workload's rows, and at most MOST
MOST = 4000


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def slot_of(workload, library):
    return f"bench_{workload.name}_{library}"


def frames_of(server, workload):
    return os.path.join(server.folder, workload.name + ".frames")


class Position:
    def __init__(self, lsn, changes):
        self.lsn, self.changes = lsn, changes


def position(server, workload):
    """Where the WAL ends, and how many changes stand before it."""
    lsn = server.psql("-c", "select pg_current_wal_insert_lsn()")
    slot = slot_of(workload, COUNTER)
    changes = server.psql("-c", f"select count(*) from pg_logical_slot_peek_changes('{slot}', '{lsn}', null) where data like 'table %' and data not like '%TRUNCATE%'")
    return Position(lsn, int(changes))


def prepare(server, workload):
    workload.create(server)
    server.create_slot(slot_of(workload, COUNTER), "test_decoding")
    for library, _ in options(workload).values():
        server.create_slot(slot_of(workload, library), library)
    found = []
    for _ in range(2):
        workload.make_wal(server, 1, min(workload.rows // FEWER, MOST))
        found.append(position(server, workload))
    return found


def peek(workload, library, settings, end):
    pairs = [part for setting in settings for part in setting.split("=", 1)]
    arguments = ", ".join([quoted(slot_of(workload, library)), quoted(end.lsn), "null", *(quoted(part) for part in pairs)])
    return f"select count(*) from {PEEK}({arguments})"


def count(server, workload, library, settings, middle, end):
    """Instructions per change."""
    out = os.path.join(server.folder, "pg", f"callgrind-{workload.name}-{library}")
    command = callgrind.command(out, PEEK, os.path.join(server.bin, "postgres"), "--single", "-D", server.data(), "postgres")
    done = subprocess.run(server.as_user(command), input="\n".join(peek(workload, library, settings, end) for end in (middle, end)) + "\n", text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/")
    parts = callgrind.parts(out)
    if done.returncode or len(parts) != 2 or "ERROR" in done.stdout:
        sys.exit(f"{workload.name}, {library}: no counts\n{done.stdout[-2000:]}")
    before, after = (callgrind.inclusive(part) for part in parts)
    callgrind.clear(out)
    spent = [found[DECODING] - found.get(OUTPUT, 0) for found in (before, after)]
    return (spent[1] - spent[0]) / (end.changes - middle.changes)


def run(server, workloads):
    server.add_peers()
    replay.build()
    positions = {workload: prepare(server, workload) for workload in workloads}
    for workload in workloads:
        replay.record(server, workload, slot_of(workload, "wal2debezium"), frames_of(server, workload))
    server.stop()
    rows = [["workload", *options(workloads[0]), "relay, per record"]]
    for workload in workloads:
        row = [workload.name]
        for library, settings in options(workload).values():
            row.append(f"{count(server, workload, library, settings, *positions[workload]):,.0f}")
            print(f"{workload.name}, {library}: {row[-1]}", file=sys.stderr, flush=True)
        row.append(f"{replay.relay_instructions(server.folder, frames_of(server, workload)):,.0f}")
        print(f"{workload.name}, relay: {row[-1]}", file=sys.stderr, flush=True)
        rows.append(row)
    print("\nInstructions per change, of decoding and plugin\n")
    print_table(rows)
