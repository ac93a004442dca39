"""The whole way to Kafka, beside Debezium: the same WAL from slots at the same position, alternating.

A rate is records between the first and the last batch by the broker's clock, so starting does not count. CPU is that of
the walsender from its beginning, and of the relay or the JVM from the moment the slot is read, until the last batch is in.
"""
import os, sys
from statistics import median

from . import replay
from .processes import Watch
from .sides import Debezium, ExactlyOnce, Ours
from .table import print_table, spread
from .topics import Topics


LIMIT_FRAMES, LIMIT_RECORDS = 1000, 400_000     # librdkafka alone: of those, up to 50,000 records, until so many are sent


class Drained:
    """One slot drained: records/s; CPU in us per record of walsender and connector; peak memory in MB; bytes per record."""

    def __init__(self, records, span, walsender, connector, stored):
        first, head, last = span
        self.rate = (records - head) / max(last - first, 0.001)
        self.walsender, self.connector = (watch.cpu(last) / records * 1e6 for watch in (walsender, connector))
        self.memory, self.stored, self.payload = connector.memory / 1024, stored / records, None

    def cpu(self):
        return self.walsender + self.connector


def drain(server, topics, side, workload, slot, records, payload):
    topics.fresh(workload.topics, workload.partitions)
    walsender_pid = server.expect_walsender(slot)
    pid, since_birth = side.begin(workload.connector(server, slot))
    connector = Watch(pid) if since_birth else None
    walsender = Watch(walsender_pid())
    connector = connector or Watch(pid, since_birth=False)
    side.wait(topics, records)
    for watch in (walsender, connector):
        watch.stop()
    side.end()
    if topics.count(side.marked) != records:
        sys.exit(f"{workload.name}: {side.name} delivered {topics.count(side.marked)} records, {records} were expected")
    drained = Drained(records, topics.span(side.marked), walsender, connector, topics.stored())
    if payload:
        drained.payload = topics.payload() / records
    return drained


class Beside:
    def __init__(self, server, workloads, runs, repeat, debezium, exactly_once):
        self.server, self.workloads, self.runs, self.repeat, self.debezium, self.exactly_once = server, workloads, runs, repeat, debezium, exactly_once
        self.topics = None

    def slots(self, workload):
        """One for each drain, warming up included, by side."""
        sides = [(Ours, "wal2debezium", self.runs)]
        sides += [(ExactlyOnce, "wal2debezium", self.runs)] if self.exactly_once else []
        sides += [(Debezium, "pgoutput", self.runs + 1)] if self.debezium else []
        return {side: [(f"bench_{workload.name}_{side.__name__.lower()}_{number}", plugin) for number in range(count)] for side, plugin, count in sides}

    def run(self):
        self.server.start_kafka()
        replay.build()
        self.topics = Topics(self.server.kafka, self.server.folder + "/kafka")
        try:
            self.report(self.measure_all())
        finally:
            self.topics.close()

    def measure_all(self):
        results = {}
        for wal in dict.fromkeys(workload.wal() for workload in self.workloads):
            same = [workload for workload in self.workloads if workload.wal() == wal]
            same[0].create(self.server)
            for workload in same:
                self.server.create_slot(f"bench_{workload.name}_limit", "wal2debezium")
                for slots in self.slots(workload).values():
                    for slot, plugin in slots:
                        self.server.create_slot(slot, plugin)
            same[0].make_wal(self.server, self.repeat)
            for workload in same:
                results[workload] = self.measure(workload)
            self.server.drop_slots()
        return results

    def measure(self, workload):
        slots = {side: [name for name, _ in names] for side, names in self.slots(workload).items()}
        sides = [side(self.server) for side in slots]
        results = {side.name: [] for side in (*sides, replay.Limit)}
        frames = os.path.join(self.server.folder, "frames")
        replay.record(self.server, workload, f"bench_{workload.name}_limit", frames, LIMIT_FRAMES)
        try:
            for side in sides:
                if len(slots[type(side)]) > self.runs:
                    self.drain(workload, side, slots[type(side)].pop(), "warming up")
            for number in range(self.runs):
                for side in sides if number % 2 == 0 else reversed(sides):
                    results[side.name].append(self.drain(workload, side, slots[type(side)][number], f"run {number + 1}", number == 0))
                self.topics.fresh(workload.topics, workload.partitions)
                results[replay.Limit.name].append(replay.Limit(self.server.kafka, frames, LIMIT_RECORDS))
        finally:
            for side in sides:
                side.close()
        return results

    def drain(self, workload, side, slot, what, payload=False):
        drained = drain(self.server, self.topics, side, workload, slot, workload.records * workload.times(self.repeat), payload)
        print(f"{workload.name}, {side.name}, {what}: {drained.rate:,.0f} records/s, {drained.walsender:.1f} + {drained.connector:.1f} us CPU, "
              f"{drained.memory:,.0f} MB", file=sys.stderr, flush=True)
        return drained

    def report(self, results):
        print(f"\nThe whole way to Kafka: {self.runs} runs of each that alternate, median (lowest-highest); CPU in us per record: walsender + relay or JVM\n")
        rows = [["workload", "side", "records", "records/s", "times Debezium", "CPU us", "Debezium's CPU / ours", "peak MB", "bytes", "in Kafka"]]
        for workload, sides in results.items():
            rows += [self.row(workload, name, runs, sides.get(Debezium.name)) for name, runs in sides.items()]
        print_table(rows)

    def row(self, workload, name, runs, peers):
        rate = spread([run.rate for run in runs], "{:,.0f}")
        cpu = f"{median(run.walsender for run in runs):.1f} + {median(run.connector for run in runs):.1f} = {spread([run.cpu() for run in runs], '{:.1f}')}"
        faster = less = ""
        if peers and peers is not runs:
            faster = spread([ours.rate / theirs.rate for ours, theirs in zip(runs, peers)], "{:.1f}")
            less = spread([theirs.cpu() / ours.cpu() for ours, theirs in zip(runs, peers)], "{:.1f}")
        if name == replay.Limit.name:
            return [workload.name, name, f"{runs[0].records:,}", rate, "", spread([run.cpu() for run in runs], "{:.1f}"), "", "", "", ""]
        return [workload.name, name, f"{workload.records * workload.times(self.repeat):,}", rate, faster, cpu, less, f"{max(run.memory for run in runs):,.0f}",
                f"{runs[0].payload:.1f}", f"{median(run.stored for run in runs):.1f}"]
