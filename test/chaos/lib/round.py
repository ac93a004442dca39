"""One round: a workload, faults that strike while it runs, and then the comparison."""
import random, time
from collections import Counter

from .checker import Checker
from .decoded import expected, lsn
from .faults import FAULTS
from .replay import Replay
from .topics import Watch
from .topology import wait_for
from .workload import Workload

# In every third round, exactly once, a transaction of Kafka may last so long; after a third of it one of PostgreSQL is split.
SHORT_MS = 1500


class Chaos:
    """The rounds of one topology; what they have in common."""

    def __init__(self, topology, seed):
        self.topology, self.seed = topology, seed
        self.checker, self.replay, self.plain_replay = Checker(), Replay(), Replay()
        self.last_commit, self.messages = 0, set()

    def choose(self, rng, state):
        """A fault; the broker takes part in one of ten kills at most."""
        while True:
            name, _, strike, broker = rng.choices(FAULTS, [weight for _, weight, _, _ in FAULTS])[0]
            if not broker or state["broker_kills"] + 1 <= (state["kills"] + 1) / 10:
                return name, strike, broker

    def round(self, number, strikes, state, only=None):
        """Runs one and fills in state["kills"], state["broker_kills"]. Returns a Report."""
        rng = random.Random(f"{self.seed}/{number}")
        report, topology = Report(number), self.topology
        watch = Watch(topology.topics) if topology.mode == "exactly-once" else None
        patient = number % 3 > 0
        topology.transaction_time(None if patient else SHORT_MS)
        workload = Workload(topology.dsn(), f"{self.seed}/{number}", big_rows=1200 if patient else 5000)
        workload.start()
        if watch:
            watch.start()
        try:
            time.sleep(rng.uniform(0.2, 0.6))
            for turn in range(strikes):
                self.strike(rng, report, state, only or ("network slow" if turn % 3 == 0 and topology.impatient else None))
        finally:
            report.committed = workload.stop()
        self.settle()
        samples = watch.stop() if watch else []
        self.verify(report, samples)
        return report

    def strike(self, rng, report, state, only):
        name, strike, broker = self.choose(rng, state)
        if only:
            name, strike, broker = next((fault[0], fault[2], fault[3]) for fault in FAULTS if fault[0] == only)
        kills = strike(self.topology, rng)
        report.faults[name] += 1
        report.kills += kills
        state["kills"] += kills
        state["broker_kills"] += kills if broker else 0
        self.topology.supervise()
        if rng.random() < 0.85:
            self.topology.wait_streaming()
            time.sleep(rng.uniform(0.05, 0.5))

    def settle(self):
        """The server answers, one relay is left, no prepared transaction hangs."""
        topology = self.topology
        topology.wait_server()
        for (name,) in topology.sql("SELECT gid FROM pg_prepared_xacts"):
            topology.sql(f"ROLLBACK PREPARED '{name}'")
        for relay in topology.relays[1:]:
            relay.kill()
            topology.forget(relay)
        topology.wait_streaming()

    def wanted(self):
        """What test_decoding saw since the last round, and where it ended."""
        records, end, self.ends, self.since = [], self.last_commit, [], self.last_commit
        for commit, found in expected((lsn(at), xid, text) for at, xid, text in self.topology.witnessed()):
            if found and found[0].identity[0] == "m":
                known = found[0].identity[1] in self.messages
                self.messages.add(found[0].identity[1])
                commit += 1                       # where it begins; a transaction has its end here
            else:
                known = commit <= self.last_commit
                self.ends.append((commit, found[0].identity[1] if found else None))
            if not known:
                records += found
                end = max(end, commit)
        self.last_commit = end
        return records

    def split(self):
        """Transactions that progress says are committed in parts: those that took too long for one of Kafka's."""
        found = {}
        for commit, n in self.topology.topics.parts():
            after = [(end, xid) for end, xid in self.ends if end > commit >= self.since]
            if after:
                found.setdefault(min(after)[1], set()).add(n)
        return found

    def verify(self, report, samples):
        topology = self.topology
        wanted = self.wanted()

        def delivered():
            topology.supervise()
            return topology.confirmed() >= self.last_commit
        started = time.time()
        wait_for("everything to be confirmed", delivered, 120)
        report.catch_up = time.time() - started
        report.observed = topology.topics.read_new()
        report.wanted = wanted
        split = self.split() if samples else {}
        report.parts = sum(len(sizes) for sizes in split.values())
        report.verdict, first = self.checker.round(wanted, report.observed, samples, split)
        report.samples = len(samples)
        self.replay.apply_all(first)
        self.plain_replay.apply_all(report.observed)
        source = topology.source()
        report.rows = sum(len(rows) for rows in source.values())
        report.different = self.replay.differences(source)
        report.stale = len(self.plain_replay.differences(source))
        report.ended, topology.ended = topology.ended, []


class Report:
    def __init__(self, number):
        self.number, self.kills, self.faults = number, 0, Counter()
        self.committed = self.rows = self.stale = self.samples = self.parts = 0
        self.verdict, self.different, self.ended = None, [], []
        self.wanted, self.observed, self.catch_up = [], {}, 0.0

    def problems(self, mode):
        found = [f"{name}: {n}" for name, n in self.verdict.bad(mode == "at-least-once").items()]
        if self.different:
            found.append(f"{len(self.different)} rows replayed differ from the source")
        if self.stale and mode == "exactly-once":
            found.append(f"{self.stale} rows differ when every record is applied")
        found += [f"{name} ended by itself ({status}): {line}" for name, status, line in self.ended]
        return found
