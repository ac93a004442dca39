"""Frames recorded from a slot, sent again without PostgreSQL: by librdkafka alone, and by the relay's modules."""
import json, os, re, struct, subprocess, sys

from . import callgrind
from .server import HERE, TOP

BUILD = os.path.join(TOP, "build", "bench")
BROKERS = ["rdkafka.test.mock.num.brokers=1"]     # for the relay's part, which has nobody to wait for


def build():
    subprocess.run(["make", "-s", "-C", os.path.join(HERE, "replay"), "BUILD=" + BUILD], check=True)


def program(*arguments):
    return [os.path.join(BUILD, "replay"), *arguments]


def record(server, workload, slot, path, changes=None):
    """What the plugin writes for the slot, up to the end of the transaction with so many frames."""
    config = json.dumps(dict(workload.plugin_config(), **{"topic.prefix": "bench"})).replace("'", "''")
    query = f"select encode(data, 'hex') from pg_logical_slot_peek_binary_changes('{slot}', null, {changes or 'null'}, 'format', 'frames', 'config', '{config}')"
    asked = subprocess.Popen(server.psql_command("-v", "FETCH_COUNT=100", "-c", query), stdout=subprocess.PIPE, text=True)
    with open(path, "wb") as handle:
        for line in asked.stdout:
            frame = bytes.fromhex(line)
            handle.write(struct.pack("<I", len(frame)) + frame)
    if asked.wait():
        sys.exit(f"{workload.name}: the plugin's frames could not be recorded")


class Limit:
    """librdkafka alone, with the relay's settings: the best that is possible for these records."""
    name = "librdkafka alone"

    def __init__(self, bootstrap, path, records):
        done = subprocess.run(program("librdkafka", path, bootstrap, str(records)), check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        self.records, seconds, cpu = int(done[0]), float(done[1]), float(done[2])
        self.rate, self.walsender, self.connector = self.records / seconds, 0, cpu / self.records * 1e6
        self.memory, self.payload, self.stored = 0, 0, 0

    def cpu(self):
        return self.connector


def relay_instructions(folder, path):
    """Per record, from the frame's bytes to librdkafka's queue."""
    out = os.path.join(folder, "callgrind-relay")
    done = subprocess.run(callgrind.command(out, "take_entry", *program("relay", path, "127.0.0.1:9", "1", *BROKERS), dump=False), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"replay: {done.stdout[-2000:]}")
    with open(out, encoding="utf-8", errors="replace") as handle:
        total = int(re.search(r"^(?:totals|summary): (\d+)", handle.read(), re.M)[1])
    callgrind.clear(out)
    return total / int(done.stdout.split()[-1])
