"""The two that read a slot and fill Kafka: Debezium on Kafka Connect, and ours."""
import json, os, subprocess, sys, time

from debezium.lib.peer import Connect
from .server import TOP

STALLED = 60                          # seconds without a record
HEAP = "2g"


class Ours:
    name = "wal2kafka"
    marked = False                    # are there records that end transactions?
    extra, options = {}, []

    def __init__(self, server):
        self.server, self.process = server, None
        self.log = os.path.join(server.folder, "relay.log")

    def begin(self, config, endless=False):
        """With our own defaults for the producer: producer.override.* is what Java needs to be fast."""
        config = dict(config, **self.extra)
        path = os.path.join(self.server.folder, "connector.json")
        with open(path, "w", encoding="utf-8") as handle:
            json.dump({"name": "bench", "config": {k: v for k, v in config.items() if not k.startswith("producer.override.")}}, handle)
        command = [os.path.join(TOP, "relay", "wal2kafka"), "run", path, "-b", self.server.kafka, *self.options]
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command + ([] if endless else ["--endpos", "now"]), stdout=log, stderr=log)
        return self.process.pid, True

    def wait(self, topics, records):
        if self.process.wait():
            with open(self.log, encoding="utf-8", errors="replace") as handle:
                sys.exit(f"wal2kafka: status {self.process.returncode}\n{handle.read()[-2000:]}")

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    close = end


class ExactlyOnce(Ours):
    name = "wal2kafka, exactly once"
    marked = True
    extra, options = {"exactly.once.support": "required"}, ["--start-at", "slot"]


class Debezium:
    """A Kafka Connect of its own; close() ends it, with all that its JVM has learnt."""
    name = "Debezium"
    marked = False

    def __init__(self, server):
        self.server, self.folder, self.number = server, os.path.join(server.folder, "peer"), 0
        self.stack = os.path.join(TOP, "test", "debezium", "stack")
        started = subprocess.run([self.stack, "connect", self.folder, server.kafka], check=True, stdout=subprocess.PIPE, text=True,
                                 env=dict(os.environ, W2D_CONNECT_HEAP=HEAP)).stdout
        self.connect = Connect(started.strip().split("=", 1)[1])
        with open(os.path.join(self.folder, "connect", "pid"), encoding="utf-8") as handle:
            self.pid = int(handle.read())

    def begin(self, config, endless=False):
        """Under a name never used, for Connect keeps offsets by it: reading starts at the slot's position."""
        self.number += 1
        self.connector, self.slot = f"bench-{self.number}-{time.time_ns()}", config["slot.name"]
        self.connect.start(self.connector, config)
        return self.pid, False

    def wait(self, topics, records):
        seen, since = 0, time.time()
        while seen < records:
            time.sleep(0.1)
            now = topics.count()
            if now > seen:
                seen, since = now, time.time()
            elif time.time() - since > 2:
                trace = self.connect.failure(self.connector)
                if trace or time.time() - since > STALLED:
                    sys.exit(f"Debezium delivered {seen} of {records} records\n{trace or ''}")

    def end(self):
        self.connect.delete(self.connector)
        self.server.wait_idle(self.slot)

    def close(self):
        subprocess.run([self.stack, "stop", self.folder], check=True)
