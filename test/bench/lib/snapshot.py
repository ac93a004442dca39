"""A table read whole: to Kafka by the relay and by Debezium, and by what PostgreSQL has of its own, without Kafka.

CPU is user and system time per row: of all backends (the postmaster counts those that have ended), of the reader (psql,
relay, JVM) and of the broker. A rate is rows between the first and the last batch by the broker's clock, or rows by the
time that psql took. Memory of the server is what a backend has for itself, without shared buffers.
"""
import json, os, re, subprocess, sys, threading, time
from statistics import median

from .processes import TICK, Watch
from .server import HERE, TOP
from .sides import Debezium, Ours

TOPIC = "bench.public.bench"


def spread(values, form):
    return f"{form.format(median(values))} ({form.format(min(values))}-{form.format(max(values))})"


def ended_children(pid):
    """Seconds of CPU of the children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as handle:
        fields = handle.read().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICK


def own_memory(pid):
    """In kB, without what is shared."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as handle:
            return int(re.search(r"RssAnon:\s+(\d+)", handle.read())[1])
    except (OSError, TypeError):
        return 0


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as handle:
            return [int(child) for child in handle.read().split()]
    except OSError:
        return []


class Backends:
    """CPU of all backends that end while this is open, and the most memory that one of them had."""

    def __init__(self, server):
        with open(os.path.join(server.folder, "pg", "data", "postmaster.pid"), encoding="utf-8") as handle:
            self.pid = int(handle.readline())
        self.others, self.before, self.memory, self.stopped = set(children(self.pid)), ended_children(self.pid), 0, threading.Event()
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def sample(self):
        while not self.stopped.wait(0.05):
            self.memory = max([self.memory] + [own_memory(pid) for pid in children(self.pid) if pid not in self.others])

    def cpu(self):
        """Once all have ended."""
        for _ in range(100):
            if not set(children(self.pid)) - self.others:
                break
            time.sleep(0.05)
        self.stopped.set()
        self.thread.join()
        return ended_children(self.pid) - self.before


class Read:
    """One reading: rows/s; CPU in us per row of server, reader and broker (None: there was none); memory in MB."""

    def __init__(self, rows, seconds, backends, reader, broker=None):
        server_cpu = backends.cpu()
        self.rate = rows / max(seconds, 0.001)
        self.server, self.reader = server_cpu / rows * 1e6, reader.cpu() / rows * 1e6
        self.broker = broker.cpu() / rows * 1e6 if broker else None
        self.server_memory, self.reader_memory = backends.memory / 1024, reader.memory / 1024

    def cpu(self):
        return self.server + self.reader


class Psql:
    """Rows to /dev/null by COPY."""

    def __init__(self, name, source):
        self.name, self.source = name, source

    def read(self, bench):
        backends, began = Backends(bench.server), time.time()
        process = subprocess.Popen(bench.server.psql_command("-c", f"copy {self.source} to stdout"), stdout=subprocess.DEVNULL)
        reader = Watch(process.pid)
        if process.wait():
            sys.exit(f"psql: status {process.returncode}")
        return Read(bench.rows, time.time() - began, backends, reader.stop())

    def close(self):
        pass


class Relay(Ours):
    """The initial snapshot of a new slot, by so many connections."""

    def __init__(self, bench, threads):
        super().__init__(bench.server)
        self.name, self.settings = f"wal2kafka, {threads} thread{'s' * (threads > 1)}", {"snapshot.max.threads": str(threads)}

    def read(self, bench):
        bench.topics.fresh([TOPIC])
        backends, broker = Backends(bench.server), Watch(bench.broker, since_birth=False)
        slot = f"bench_ours_{time.time_ns()}"
        pid, _ = self.begin(bench.connector("initial", slot, self.settings))
        reader = Watch(pid)
        self.wait(bench.topics, bench.rows)
        read = bench.delivered(self, backends, reader, broker)
        bench.server.drop_slots()
        return read


class Peer(Debezium):
    """Debezium's, by so many threads; all in one JVM, that of the first."""

    def __init__(self, bench, threads, first=None):
        if first is None:
            super().__init__(bench.server)
        else:
            self.__dict__.update(first.__dict__)
            self.close = lambda: None
        self.name, self.settings = f"Debezium, {threads} thread{'s' * (threads > 1)}", {"snapshot.max.threads": str(threads), "snapshot.fetch.size": "10240"}

    def read(self, bench):
        bench.topics.fresh([TOPIC])
        backends, broker = Backends(bench.server), Watch(bench.broker, since_birth=False)
        pid, _ = self.begin(bench.connector("initial_only", "bench_peer", self.settings))
        reader = Watch(pid, since_birth=False)
        self.wait(bench.topics, bench.rows)
        reader.stop()
        self.connect.delete(self.connector)
        return bench.delivered(self, backends, reader, broker)


class Snapshots:
    def __init__(self, server, rows, runs, threads, debezium):
        self.server, self.rows, self.runs, self.threads, self.debezium = server, rows, runs, threads, debezium
        self.topics = self.broker = None

    def connector(self, mode, slot, settings):
        with open(os.path.join(HERE, "connector.json"), encoding="utf-8") as handle:
            config = json.load(handle)["config"]
        return dict(config, **settings, **{"database.port": self.server.port, "slot.name": slot, "snapshot.mode": mode})

    def delivered(self, side, backends, reader, broker):
        """What a side has brought to Kafka."""
        for watch in (reader, broker):
            watch.stop()
        if self.topics.count() != self.rows:
            sys.exit(f"{side.name} delivered {self.topics.count()} records, {self.rows} were expected")
        first, head, last = self.topics.span()
        read = Read(self.rows, last - first, backends, reader, broker)
        read.rate = (self.rows - head) / max(last - first, 0.001)
        return read

    def run(self):
        from .topics import Topics
        self.server.psql("-f", self.server.sql_file("workload.sql"), "-v", f"rows={self.rows}", "-f", self.server.sql_file("snapshot.sql"))
        self.server.start_kafka()
        with open(os.path.join(self.server.folder, "kafka", "pid"), encoding="utf-8") as handle:
            self.broker = int(handle.read())
        self.topics = Topics(self.server.kafka, self.server.folder + "/kafka")
        sides = [Psql("COPY, to nowhere", "bench"), Psql("row_to_json, to nowhere", "(select row_to_json(bench) from bench)")]
        sides += [Relay(self, threads) for threads in self.threads]
        try:
            if self.debezium:
                for threads in self.threads:
                    sides.append(Peer(self, threads, next((side for side in sides if isinstance(side, Peer)), None)))
            self.report({side.name: reads for side, reads in zip(sides, self.measure(sides))})
        finally:
            for side in sides:
                side.close()
            self.topics.close()

    def measure(self, sides):
        """In turn, the other way round every second time; before that once more what has a JVM to warm up, the broker's too."""
        reads = {side: [] for side in sides}
        for side in sides:
            if isinstance(side, (Relay, Peer)):
                self.read(side, "warming up")
        for number in range(self.runs):
            for side in sides if number % 2 == 0 else reversed(sides):
                reads[side].append(self.read(side, f"run {number + 1}"))
        return reads.values()

    def read(self, side, what):
        read = side.read(self)
        broker = f" (broker {read.broker:.2f})" if read.broker is not None else ""
        print(f"snapshot, {side.name}, {what}: {read.rate:,.0f} rows/s, {read.server:.2f} + {read.reader:.2f} us CPU{broker}, "
              f"{read.server_memory:.0f} + {read.reader_memory:.0f} MB", file=sys.stderr, flush=True)
        return read

    def report(self, results):
        print(f"\nSnapshot of {self.rows:,} rows: {self.runs} runs of each in turn, median (lowest-highest); CPU in us per row: server + reader\n")
        rows = [["side", "rows/s", "CPU us", "broker's", "peak MB of a backend", "of the reader"]]
        for name, reads in results.items():
            cpu = f"{median(read.server for read in reads):.2f} + {median(read.reader for read in reads):.2f} = {spread([read.cpu() for read in reads], '{:.2f}')}"
            broker = f"{median(read.broker for read in reads):.2f}" if reads[0].broker is not None else ""
            rows.append([name, spread([read.rate for read in reads], "{:,.0f}"), cpu, broker,
                         f"{max(read.server_memory for read in reads):.0f}", f"{max(read.reader_memory for read in reads):,.0f}"])
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        rows.insert(1, ["-" * width for width in widths])
        for row in rows:
            print("| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |")
