"""One PostgreSQL, one broker, and the relay under a supervisor that starts it again."""
import glob, json, os, shutil, signal, subprocess, tempfile, time

import psycopg2

from .decoded import KEYS, PREFIX, lsn
from .proxy import Proxy
from .topics import Topics
from .workload import TABLES

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TOOLS = os.path.join(TOP, "test", "tools")
SETTINGS = ("wal_sender_timeout=5s", "deadlock_timeout=100ms", "max_connections=40", "shared_buffers=64MB", "checkpoint_timeout=30s")
SLOT, WITNESS = "relay", "witness"


class Broken(Exception):
    """The round cannot be verified; what stood in the way."""


def wait_for(what, done, seconds=60, pause=0.05):
    deadline = time.time() + seconds
    while True:
        found = done()
        if found:
            return found
        if time.time() > deadline:
            raise Broken(f"timed out waiting for {what}")
        time.sleep(pause)


def tool(name, *arguments):
    env = dict(os.environ, W2D_KAFKA_HEAP=os.environ.get("W2D_KAFKA_HEAP", "256m"))
    done = subprocess.run([os.path.join(TOOLS, name), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    if done.returncode:
        raise Broken(f"{name} {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


class Relay:
    """A process of the relay."""

    def __init__(self, topology, number):
        self.name, self.stopped = f"relay-{number}", False
        self.log = os.path.join(topology.folder, f"{self.name}.log")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([os.path.join(TOP, "relay", "wal2kafka"), "run", topology.config, "-b", topology.kafka,
                                             "-d", f"application_name={self.name}"],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)

    def alive(self):
        return self.process.poll() is None

    def send(self, number):
        if self.alive():
            self.process.send_signal(number)
            self.stopped = number == signal.SIGSTOP if number in (signal.SIGSTOP, signal.SIGCONT) else self.stopped

    def kill(self):
        self.send(signal.SIGKILL)
        self.process.wait()

    def last_line(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            lines = log.read().strip().split("\n")
        return lines[-1]


class Topology:
    def __init__(self, mode):
        self.mode, self.relays, self.started, self.ended = mode, [], 0, []
        self.folder = tempfile.mkdtemp(prefix="wal2debezium-chaos-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)
        self.port = self.kafka = self.impatient = None

    def start(self):
        self.port = tool("cluster", "start", self.folder, "", *SETTINGS)
        self.proxy = Proxy(int(self.port))
        self.kafka = tool("kafka", "start", os.path.join(self.folder, "kafka"))
        self.topics = Topics(self.kafka)
        self.topics.create()
        self.config = os.path.join(self.folder, "connector.json")
        self.configure()
        self.start_relay()
        self.wait_streaming()
        self.sql(f"SELECT pg_create_logical_replication_slot('{WITNESS}', 'test_decoding')")
        self.sql(TABLES)

    def configure(self):
        with open(self.config, "w", encoding="utf-8") as out:
            json.dump(self.connector(), out)

    def transaction_time(self, milliseconds):
        """How long a transaction of Kafka may last from now on; None: as by default. Only exactly once it matters."""
        if self.mode != "exactly-once" or self.impatient == milliseconds:
            return
        self.impatient = milliseconds
        self.configure()
        for relay in list(self.relays):
            relay.kill()
            self.forget(relay)
        self.start_relay()
        self.wait_streaming()

    def connector(self):
        config = {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "database.hostname": "127.0.0.1",
                  "database.port": str(self.proxy.port), "database.user": "postgres", "database.dbname": "postgres", "topic.prefix": PREFIX,
                  "slot.name": SLOT, "snapshot.mode": "no_data", "key.converter.schemas.enable": "false",
                  "value.converter.schemas.enable": "false", "status.update.interval.ms": "200", "slot.retry.delay.ms": "300",
                  "provide.transaction.metadata": "true", "skipped.operations": "none"}
        if self.mode == "exactly-once":
            config["exactly.once.support"] = "required"
        if self.impatient:
            config["producer.override.transaction.timeout.ms"] = str(self.impatient)
        return config

    def close(self, keep):
        for relay in self.relays:
            relay.kill()
        subprocess.run([os.path.join(TOOLS, "cluster"), "stop", self.folder])
        subprocess.run([os.path.join(TOOLS, "kafka"), "kill", os.path.join(self.folder, "kafka")])
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    # PostgreSQL
    def dsn(self):
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres application_name=chaos"

    def sql(self, text):
        """Rows, or None where there are none."""
        connection = psycopg2.connect(self.dsn(), connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def ask(self, text):
        """One value; None while the server is away."""
        try:
            rows = self.sql(text)
        except psycopg2.Error:
            return None
        return rows[0][0] if rows else None

    def wait_server(self):
        wait_for("the server to answer", lambda: self.ask("SELECT 1") == 1, 120)

    def postmaster(self):
        with open(os.path.join(self.folder, "pg", "data", "postmaster.pid"), encoding="ascii") as handle:
            return int(handle.readline())

    def kill_postmaster(self):
        os.kill(self.postmaster(), signal.SIGKILL)
        data = os.path.join(self.folder, "pg", "data")
        wait_for("the server's orphans to end", lambda: not self.processes(data), 60)
        for path in glob.glob(os.path.join(data, "postmaster.pid")) + glob.glob(os.path.join(self.folder, "pg", ".s.PGSQL.*")):
            os.unlink(path)                       # a zombie that nobody reaps would pass for a running server
        tool("cluster", "again", self.folder)

    def processes(self, data):
        """Of the server; they stand in its data folder."""
        found = []
        for path in glob.glob("/proc/[0-9]*/cwd"):
            try:
                if os.readlink(path) == data:
                    found.append(int(path.split("/")[2]))
            except OSError:
                continue
        return found

    # relay
    def start_relay(self):
        self.started += 1
        relay = Relay(self, self.started)
        self.relays.append(relay)
        return relay

    def streaming(self):
        """The relay whose walsender streams, or None."""
        name = self.ask(f"SELECT r.application_name FROM pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid "
                        f"WHERE s.slot_name = '{SLOT}' AND r.state = 'streaming'")
        return next((relay for relay in self.relays if relay.name == name and relay.alive()), None)

    def walsender(self):
        return self.ask(f"SELECT active_pid FROM pg_replication_slots WHERE slot_name = '{SLOT}'")

    def supervise(self):
        """Relays that ended by themselves are noted; one always runs."""
        for relay in [relay for relay in self.relays if not relay.alive()]:
            self.relays.remove(relay)
            self.ended.append((relay.name, relay.process.returncode, relay.last_line()))
        if not self.relays:
            self.start_relay()

    def forget(self, relay):
        """It was killed or stopped on purpose."""
        self.relays.remove(relay)

    def note_fenced(self, relay):
        """A zombie that ended when it woke up: exactly once may end it so, at least once may not."""
        if self.mode == "exactly-once":
            self.forget(relay)

    def wait_streaming(self, seconds=90):
        def look():
            self.supervise()
            return self.streaming()
        return wait_for("the relay to stream", look, seconds)

    # what both sides hold
    def witnessed(self):
        """(lsn, xid, text) of what test_decoding decodes since the last call (and after a crash, once more from earlier)."""
        connection = psycopg2.connect(self.dsn())
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT lsn, xid::text::bigint, data FROM pg_logical_slot_get_changes('{WITNESS}', NULL, NULL)")
            rows = cursor.fetchall()
        connection.close()
        return rows

    def confirmed(self):
        return lsn(self.ask(f"SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '{SLOT}'") or "0/0")

    def source(self):
        """{table: {key: row}}"""
        found = {}
        for table, key in KEYS.items():
            rows = self.sql(f"SELECT to_jsonb(t) FROM {table} t")
            found[table] = {tuple((name, row[name]) for name in key): row for (row,) in rows}
        return found
