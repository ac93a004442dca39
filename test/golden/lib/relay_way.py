"""The case through the relay: to stdout, or to a real Kafka and back."""
import concurrent.futures, itertools, json, os, re, shutil, signal, subprocess, tempfile, time

from .cases import Failed
from .records import from_line, from_message, keep

SECONDS = 60


def wait(what, probe, relay=None, seconds=SECONDS):
    deadline = time.time() + seconds
    while not probe():
        if relay:
            relay.must_run()
        if time.time() > deadline:
            raise Failed(f"timed out waiting for {what}\n{relay.log_tail() if relay else ''}")
        time.sleep(0.03)


class Relay:
    """The relay's process; its log and its stdout are files in a folder of its own."""

    def __init__(self, command, config, arguments):
        self.folder = tempfile.mkdtemp(prefix="golden-relay-")
        self.out, self.log = os.path.join(self.folder, "out"), os.path.join(self.folder, "log")
        self.command = [*command, "run", os.path.join(self.folder, "connector.json"), *arguments]
        with open(self.command[-1 - len(arguments)], "w", encoding="utf-8") as handle:
            json.dump({"name": "golden", "config": config}, handle, ensure_ascii=False)
        self.process = None

    def start(self):
        with open(self.out, "ab") as out, open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def log_tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as handle:
            return handle.read()[-1500:]

    def must_run(self):
        if self.process.poll() is not None:
            raise Failed(f"the relay ended with status {self.process.returncode}\n{self.log_tail()}")

    def ended(self, seconds=SECONDS):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"the relay did not end\n{self.log_tail()}") from None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.ended(20) != 0:
            raise Failed(f"SIGTERM: status {self.process.returncode}\n{self.log_tail()}")

    def lines(self):
        with open(self.out, encoding="utf-8", newline="\n") as handle:
            return handle.read().split("\n")[:-1]

    def clean(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)


def recorded_counts(case):
    counts = {}
    with open(case.records, encoding="utf-8") as handle:
        for line in handle:
            topic = json.loads(line)["topic"]
            counts[topic] = counts.get(topic, 0) + 1
    return counts


class RelayWay:
    def __init__(self, server, worker, command):
        self.server, self.command = server, command
        self.database = self.slot = f"golden_{self.name}_{worker}"

    def config(self, case):
        return case.config(**{"database.hostname": self.server.host, "database.port": str(self.server.port),
                              "database.user": self.server.user, "database.password": "x",
                              "database.dbname": self.database, "slot.name": self.slot})

    def slot_is(self, condition):
        return self.server.query("postgres", f"select 1 from pg_replication_slots where slot_name = '{self.slot}' and {condition};")

    def streaming(self):
        return self.server.query("postgres", "select 1 from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid "
                                             f"where s.slot_name = '{self.slot}' and r.state = 'streaming';")

    def wait_delivered(self, case, relay):
        """Everything written so far is confirmed, and what comes by the clock has come."""
        target = self.server.query("postgres", "select pg_current_wal_insert_lsn();")[0][0]
        wait(f"confirmation of {target}", lambda: self.slot_is(f"confirmed_flush_lsn >= '{target}'"), relay)
        expected = recorded_counts(case)
        signals = any(name.startswith("signal.") for name in case.settings.get("connector", {}))
        if case.settings.get("keep_first") or signals:
            wait("records that come by the clock",
                 lambda: all(self.counts(relay).get(topic, 0) >= n for topic, n in expected.items()), relay, 15)

    def wait_signalled(self, case, relay):
        """What follows from signals has come: as many records as were recorded, and no more for a while."""
        wait_for = case.settings.get("wait_for") or ({} if not case.signals() else case.ours_counts() or {})
        if not wait_for and not case.signals():
            return
        wait("records of signals", lambda: all(sum(n for topic, n in self.counts(relay).items() if re.fullmatch(pattern, topic)) >= count
                                               for pattern, count in wait_for.items()), relay)
        seen, since = None, time.time()
        while time.time() - since < 1.5:
            now = {topic: n for topic, n in self.counts(relay).items() if "heartbeat" not in topic and "progress" not in topic}
            if now != seen:
                seen, since = now, time.time()
            relay.must_run()
            time.sleep(0.1)

    def send_signals(self, case):
        raise Failed("signals of a topic need the way kafka")

    def signal(self, case, relay):
        if not case.signals():
            return
        if case.settings.get("fails"):                        # of a message; the recorder's came at some moment, ours before
            self.server.query(self.database, "select pg_logical_emit_message(false, 'golden.message', 'x');")
            self.wait_delivered(case, relay)
        self.send_signals(case)

    def start(self, relay):
        self.server.odd_settings(self.database, True)
        relay.start()

    def wait_streaming(self, relay):
        wait("streaming", self.streaming, relay)
        self.server.odd_settings(self.database, False)

    def run_between_beats(self, case, relay, query):
        """
        The heartbeat's own change was the first when it was recorded, and the case's came before the second.  So the
        script's session is there before the relay, and goes on within milliseconds of the first.
        """
        table = re.match(r"INSERT INTO (\w+)", query)[1]
        after_beat = f"do $$ begin while not exists (select from {table}) loop perform pg_sleep(0.002); end loop; end $$"
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            script = pool.submit(self.server.script, self.database, case.sql("changes.sql"), after_beat)
            try:
                wait("the script's session", lambda: self.server.query("postgres", "select 1 from pg_stat_activity where wait_event "
                     f"= 'PgSleep' and datname = '{self.database}';"))
                self.start(relay)
                wait("the script", script.done, relay)
            except Failed:
                self.server.query("postgres", f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{self.database}';")
                raise
            script.result()
        self.wait_delivered(case, relay)
        relay.stop()

    def run_phases(self, case, relay):
        if "heartbeat.action.query" in case.config():
            self.run_between_beats(case, relay, case.config()["heartbeat.action.query"])
            return
        self.start(relay)
        if not case.settings.get("streams", True):
            if relay.ended() != 0:
                raise Failed(f"status {relay.process.returncode}\n{relay.log_tail()}")
            return
        phase = 1
        while case.sql("changes.sql" if phase == 1 else f"changes-{phase}.sql"):
            if phase > 1:
                relay.stop()
                if case.sql(f"down-{phase}.sql"):
                    self.server.script(self.database, case.sql(f"down-{phase}.sql"))
                self.start(relay)
            self.wait_streaming(relay)
            self.server.script(self.database, case.sql("changes.sql" if phase == 1 else f"changes-{phase}.sql"))
            self.signal(case, relay)
            self.wait_delivered(case, relay)
            self.wait_signalled(case, relay)
            phase += 1
        relay.stop()

    def run_until_error(self, case, relay):
        self.start(relay)
        try:
            self.wait_streaming(relay)
            self.server.script(self.database, case.sql("changes.sql"))
            wait("the error", lambda: False, relay, 20)
        except Failed:
            if relay.process.poll() is None:
                raise
        if relay.process.returncode in (0, 2):
            raise Failed(f"status {relay.process.returncode} instead of an error\n{relay.log_tail()}")
        return relay.log_tail()

    def run(self, case, listed):
        relay = Relay(self.command, self.config(case), self.arguments())
        error = None
        try:
            self.server.drop(self.database, self.slot)
            self.server.create(self.database)
            if case.config().get("read.only") == "true":      # the relay may not create it
                self.server.query(self.database, "create extension wal2debezium;")
            if case.sql("before.sql"):
                self.server.script(self.database, case.sql("before.sql"))
            self.prepare(case)
            if listed.fails:
                error = self.run_until_error(case, relay)
            else:
                self.run_phases(case, relay)
            return keep(case, self.records(case, relay)), error
        finally:
            relay.clean()
            self.server.drop(self.database, self.slot)

    def refusal(self, case):
        """Status and log of a run whose configuration must be refused."""
        relay = Relay(self.command, self.config(case), self.arguments())
        try:
            relay.start()
            return relay.ended(20), relay.log_tail()
        finally:
            relay.clean()


class StdoutWay(RelayWay):
    name = "stdout"

    def arguments(self):
        return ["--sink", "stdout"]

    def prepare(self, case):
        pass

    def records(self, case, relay):
        return [from_line(line.replace(self.database, "golden")) for line in relay.lines()]

    def counts(self, relay):
        counts = {}
        for line in relay.lines():
            topic = from_line(line)["topic"]
            counts[topic] = counts.get(topic, 0) + 1
        return counts


class KafkaWay(RelayWay):
    """
    Cases run beside each other: each has a topic prefix of its own, the recorded one and a token, and the token is
    taken out of what came back.  A case whose other settings name topics runs alone, under the recorded prefix.
    """
    name = "kafka"

    def __init__(self, server, worker, command, kafka):
        super().__init__(server, worker, command)
        self.kafka, self.token = kafka, f"{KafkaWay.tokens()}x{worker.split('_')[1]}x{next(KafkaWay.numbers)}"

    numbers = itertools.count()

    @staticmethod
    def tokens():
        """What all tokens of this run begin with."""
        return f"zq{os.getpid()}x"

    @staticmethod
    def runs_alone(case):
        return "topics" in case.settings or any(re.match(r"transforms|predicates|topic\.re|signal\.|notification\.", key)
                                                for key in case.settings.get("connector", {}))

    def config(self, case):
        config = super().config(case)
        if not self.runs_alone(case):
            config["topic.prefix"] += self.token
        return {name: value.replace("${KAFKA}", self.kafka.servers) for name, value in config.items()}

    def arguments(self):
        return ["-b", self.kafka.servers, "--set", f"progress.topic=golden-progress-{self.token}"]

    def topics(self, case):
        if not self.runs_alone(case):
            return f"(?!golden-progress).*{self.token}.*"
        prefix = re.escape(self.config(case)["topic.prefix"])
        return case.settings.get("topics", rf"({prefix}([.\-_].*)?|__debezium-heartbeat\.{prefix})")

    def prepare(self, case):
        if self.runs_alone(case):
            self.kafka.delete(self.topics(case))
        for topic in {signal["topic"] for signal in case.signals()}:
            self.kafka.delete(re.escape(topic))
        self.kafka.fresh_consumer()

    def send_signals(self, case):
        self.kafka.send(case.signals())

    def recorded(self, text):
        return text.replace(self.token, "").replace(self.database, "golden") if isinstance(text, str) else text

    def records(self, case, relay):
        found = [from_message(message) for message in self.kafka.read(self.topics(case))]
        for record in found:
            record.update({name: self.recorded(record[name]) for name in ("topic", "key", "value")})
            record["headers"] = [[name, self.recorded(value)] for name, value in record["headers"]]
        return found

    def counts(self, relay):
        counts = {}
        for (topic, _), high in self.kafka.ends(".*").items():
            counts[self.recorded(topic)] = counts.get(self.recorded(topic), 0) + high
        return counts
