"""One round: a fresh database, two slots at the same position, the same WAL through Debezium and through the relay."""
import json, os, re, subprocess, time

from golden.lib.cases import DEFAULTS, Failed
from golden.lib.records import from_line, from_message, members, write

from .transforms import mark

SENTINEL = "golden.sentinel"          # prefix of the logical messages that mark places in the stream
SETTLE = "-- settle"                  # ends a line of SQL at which Debezium must have caught up (it reads the catalogue of the moment)


def heartbeats(sides):
    """How many beats there are is a matter of clocks: the first of each side is compared, if both have one."""
    beat = lambda record: record["topic"].startswith("__debezium-heartbeat")
    number = min(1, *(sum(map(beat, records)) for records in (sides.debezium, sides.ours)))
    for name in ("debezium", "ours"):
        records = getattr(sides, name)
        setattr(sides, name, [r for r in records if not beat(r)] + [r for r in records if beat(r)][:number])


def is_sentinel(record):
    """Its own topic has messages of the changes too; transforms may have moved it, and what it says."""
    return SENTINEL in f'{record["key"]}{record["value"]}{record["headers"]}'


def murmur2(data):
    """Kafka's hash of a key."""
    multiply, mask = 0x5BD1E995, 0xFFFFFFFF
    hashed, whole = 0x9747B28C ^ len(data), len(data) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at:at + 4], "little") * multiply & mask
        hashed = hashed * multiply & mask ^ (k ^ k >> 24) * multiply & mask
    if data[whole:]:
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * multiply & mask
    hashed = (hashed ^ hashed >> 13) * multiply & mask
    return hashed ^ hashed >> 15


def placed(line, partitions):
    """A line of the file, in the partition that Kafka's producer would choose where the record has none."""
    record = from_line(line)
    if partitions > 1 and isinstance(record["key"], str) and not any(name == "partition" for name, _ in members(line)):
        record["partition"] = (murmur2(record["key"].encode()) & 0x7FFFFFFF) % partitions
    return record


class Sides:
    """What the two sides made of the WAL, and why one of them ended, if it did."""

    def __init__(self):
        self.debezium, self.ours = [], []
        self.debezium_error = self.our_error = None
        self.sql_errors = []
        self.columns = {}
        self.window = None            # of rounds with transforms: seconds between which Debezium and we worked


class Round:
    def __init__(self, server, kafka, connect, relay, folder, name):
        self.server, self.kafka, self.connect, self.relay = server, kafka, connect, relay
        self.folder, self.name, self.slots = folder, name, (name + "_d", name + "_o")
        self.connector = f"{name}-{time.time_ns()}"           # offsets are kept by this name: never the same twice
        os.makedirs(folder, exist_ok=True)

    # ---- settings

    def settings(self, connector):
        """The connector's settings; where the database is, and the slot, are ours to say."""
        config = dict(DEFAULTS, **{"topic.prefix": "app", "publication.name": self.name})
        config.update({key: str(value) for key, value in connector.items()})
        config.update({"database.hostname": self.server.host, "database.port": str(self.server.port), "database.user": self.server.user,
                       "database.password": "x", "database.dbname": self.name, "slot.name": self.slots[0], "snapshot.mode": "no_data",
                       "topic.creation.default.replication.factor": "1"})
        self.partitions = int(config.setdefault("topic.creation.default.partitions", "1"))
        self.prefix, self.transformed = config["topic.prefix"], "transforms" in config
        return config

    def topics(self):
        escaped = re.escape(self.prefix)
        return rf"({escaped}([.\-_].*)?|__debezium-heartbeat[.\-_]{escaped})"

    # ---- Debezium

    def wait(self, what, probe, seconds=60):
        deadline = time.time() + seconds
        while True:
            found = probe()
            if found:
                return found
            trace = self.connect.failure(self.connector)
            if trace:
                raise Failed("Debezium failed: " + trace)
            if time.time() > deadline:
                raise Failed(f"timed out waiting for {what}")
            time.sleep(0.05)

    def streaming(self):
        rows = self.server.query(self.name, "select r.backend_start from pg_replication_slots s join pg_stat_replication r on r.pid = s.active_pid "
                                            f"where s.slot_name = '{self.slots[0]}' and r.state = 'streaming';")
        return rows and rows[0][0]

    def begin(self):
        """Why Debezium does not even start, or None."""
        try:
            self.wait_streaming()
        except Failed as error:
            return str(error)
        return None

    def wait_streaming(self):
        stable, since = self.wait("streaming", self.streaming), time.time()
        while time.time() - since < 0.4:                      # the connector may reconnect once
            now = self.wait("streaming", self.streaming)
            if now != stable:
                stable, since = now, time.time()
            time.sleep(0.1)

    def sentinel(self, number):
        # the commit behind it writes the WAL out, which such a message alone does not
        content = mark(number) if self.transformed else number
        self.server.query(self.name, f"select pg_logical_emit_message(false, '{SENTINEL}', '{content}'); comment on schema public is '{number}';")
        place = self.topics() if self.transformed else re.escape(self.prefix) + r"\.message"
        self.wait(f"sentinel {number}", lambda: sum(map(is_sentinel, self.read(place))) >= number, 60)

    def read(self, pattern):
        return [from_message(message) for message in self.kafka.read(pattern)] if self.kafka.topics(pattern) else []

    def fresh_consumer(self):
        """One that has seen no topics of this name. None is closed: librdkafka may wait for ever in that."""
        seen = self.kafka.__dict__.setdefault("seen", {})
        if self.prefix in seen or not self.kafka.consumer:
            seen.setdefault(None, []).append(self.kafka.consumer)
            self.kafka.consumer = None
            self.kafka.fresh_consumer()
        seen[self.prefix] = True

    # ---- both

    def pieces(self, sql):
        """The script, cut where Debezium must have caught up."""
        found, piece = [], []
        for line in sql.split("\n"):
            if line.rstrip().endswith(SETTLE):
                found.append("\n".join(piece))
                piece = []
            else:
                piece.append(line)
        return found + ["\n".join(piece)]

    def run_sql(self, text, sides, stop):
        path = os.path.join(self.folder, "piece.sql")
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(text)
        env = dict(os.environ, PGCLIENTENCODING="UTF8", PGOPTIONS="-c client_min_messages=error")
        done = subprocess.run(["psql", "-X", "-q", "-o", os.devnull, "-v", f"ON_ERROR_STOP={int(stop)}", "-h", self.server.host, "-p", str(self.server.port),
                               "-U", self.server.user, "-d", self.name, "-f", path], env=env, capture_output=True, text=True, encoding="utf-8")
        sides.sql_errors += [line for line in done.stderr.split("\n") if "ERROR" in line or "FATAL" in line]
        if done.returncode and stop:
            raise Failed(done.stderr.strip())

    def changes(self, sql, sides, stop):
        pieces = self.pieces(sql)
        for number, piece in enumerate(pieces, 1):
            for table, columns in self.columns().items():     # the shape changes between the pieces
                sides.columns.setdefault(table, {}).update(columns)
            self.run_sql(piece, sides, stop)
            self.sentinel(number)

    def run(self, before, changes, connector, stop=True):
        """Decode `changes` by both sides; without `stop` an SQL error ends a transaction, not the round."""
        sides, config, started = Sides(), self.settings(connector), time.time()
        self.kafka.delete(self.topics())
        self.fresh_consumer()
        self.clean()
        self.server.create(self.name)
        try:
            self.run_sql(before, sides, stop)
            self.connect.start(self.connector, config)
            try:
                sides.debezium_error = self.begin()
                self.server.query(self.name, f"select pg_create_logical_replication_slot('{self.slots[1]}', 'wal2debezium');")
                if sides.debezium_error:      # so must we, and there must be something to read for that
                    self.run_sql(self.pieces(changes)[0], sides, stop)
                else:
                    self.changes(changes, sides, stop)
            except Failed as error:
                sides.debezium_error = str(error)
            sides.debezium = self.read(self.topics())
            self.connect.delete(self.connector)
            sides.window = (started, time.time() + 120) if self.transformed else None
            for table, columns in self.columns().items():
                sides.columns.setdefault(table, {}).update(columns)
            if not sides.debezium_error or sides.debezium_error.startswith("Debezium failed"):
                self.ours(dict(config, **{"slot.name": self.slots[1]}), sides)
        finally:
            self.connect.delete(self.connector)
            self.clean()
            self.kafka.delete(self.topics())
        heartbeats(sides)
        for name in ("debezium", "ours"):
            write(os.path.join(self.folder, name + ".jsonl"), getattr(sides, name))
        return sides

    def ours(self, config, sides):
        connector, out, log = (os.path.join(self.folder, name) for name in ("connector.json", "relay.out", "relay.log"))
        if os.path.exists(out):
            os.unlink(out)
        with open(connector, "w", encoding="utf-8") as handle:
            json.dump({"name": self.name, "config": config}, handle, ensure_ascii=False, indent=1)
        with open(log, "w", encoding="utf-8") as handle:
            try:
                status = subprocess.run([self.relay, "run", connector, "--sink", "file:" + out, "--endpos", "now"], stdin=subprocess.DEVNULL,
                                        stdout=handle, stderr=handle, timeout=120).returncode
            except subprocess.TimeoutExpired:
                status = "none in time"
        if os.path.exists(out):
            with open(out, encoding="utf-8", newline="\n") as handle:
                sides.ours = [placed(line, self.partitions) for line in handle.read().split("\n")[:-1]]
        if status != 0:
            with open(log, encoding="utf-8", errors="replace") as handle:
                sides.our_error = f"relay status {status}: {handle.read()[-1500:]}"

    def columns(self):
        """{schema.table: {column: type as PostgreSQL prints it, below all domains}}, for the list of known differences."""
        found = {}
        rows = self.server.query(self.name, """
            with recursive bases(oid, base) as (
                select oid, oid from pg_type where typtype <> 'd' union all select t.oid, b.base from pg_type t join bases b on t.typbasetype = b.oid where t.typtype = 'd')
            select json_build_array(n.nspname, c.relname, a.attname, format_type(b.base, null), t.typtype, coalesce(e.typtype::text, ''), a.attnotnull)
            from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            join bases b on b.oid = a.atttypid join pg_type t on t.oid = b.base left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
            where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema');""")
        for row in rows:
            schema, table, column, *rest = json.loads("\t".join(row))
            found.setdefault(f"{schema}.{table}", {})[column] = rest
        return found

    def clean(self):
        for slot in self.slots:
            self.server.drop(self.name, slot)
