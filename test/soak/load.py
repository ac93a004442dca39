"""The changes of a soak, who counts them at the other end, and what the processes need meanwhile."""
import os, re, threading, time
from statistics import median

import psycopg2
from confluent_kafka import KafkaError, KafkaException, TopicPartition

ROWS = 20000
PARTITIONS = 4
TABLE = f"""
    CREATE TABLE counter (id int PRIMARY KEY, n bigint NOT NULL, note text) WITH (fillfactor = 40);
    INSERT INTO counter SELECT g, 0, 'row ' || g || ' of a table that is updated all the time' FROM generate_series(1, {ROWS}) g;
"""
# Each row counts its own changes, so the next record of a key is known.
COUNTED = re.compile(rb'"after":\{"id":(\d+),"n":(\d+),')
TICK = 0.02
SINGLES = 3                                       # transactions of one row in each tick, beside the one that makes up the rate


class Load(threading.Thread):
    """Updates at a rate; what it owes after the server was away it catches up in part only."""

    def __init__(self, dsn, rate):
        super().__init__(daemon=True)
        self.dsn, self.rate, self.changes, self.transactions, self.at = dsn, rate, 0, 0, 0
        self.stopping, self.trouble, self.connection = threading.Event(), None, None

    def run(self):
        due = time.time()
        try:
            while not self.stopping.is_set():
                due = max(due + TICK, time.time() - 1)
                self.tick()
                time.sleep(max(0, due - time.time()))
        except Exception as error:
            self.trouble = repr(error)

    def tick(self):
        try:
            if self.connection is None:
                self.connection = psycopg2.connect(self.dsn, connect_timeout=5, options="-c synchronous_commit=off")
                self.connection.autocommit = True
            with self.connection.cursor() as cursor:
                for count in [1] * SINGLES + [max(1, int(self.rate * TICK) - SINGLES)]:
                    self.update(cursor, count)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self.connection = None
            time.sleep(0.2)

    def update(self, cursor, count):
        """The next `count` rows, in a transaction."""
        first = self.at % ROWS + 1
        count = min(count, ROWS - first + 1)
        cursor.execute("UPDATE counter SET n = n + 1 WHERE id BETWEEN %s AND %s", (first, first + count - 1))
        self.at += count
        self.changes += count
        self.transactions += 1

    def stop(self):
        self.stopping.set()
        self.join(60)


class Verifier(threading.Thread):
    """Reads what is committed and knows of each row what must come next."""

    def __init__(self, consumer, topic):
        super().__init__(daemon=True)
        self.consumer, self.records, self.lost, self.repeated = consumer, 0, 0, 0
        self.last, self.stopping, self.trouble, self.examples = {}, threading.Event(), None, []
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])

    def run(self):
        try:
            while not self.stopping.is_set():
                for message in self.consumer.consume(5000, timeout=0.2):
                    self.take(message)
        except Exception as error:
            self.trouble = repr(error)

    def take(self, message):
        if message.error() is not None:
            if not message.error().retriable() and message.error().code() != KafkaError._ALL_BROKERS_DOWN:
                raise KafkaException(message.error())
            return
        found = COUNTED.search(message.value())
        key, n = int(found[1]), int(found[2])
        expected = self.last.get(key, -1) + 1
        self.records += 1
        if n < expected:
            self.repeated += 1
        elif n > expected:
            self.lost += n - expected
            self.examples.append(f"row {key}: {n} came after {expected - 1} ({message.topic()}-{message.partition()}@{message.offset()})")
        self.last[key] = max(n, expected - 1)

    def stop(self):
        self.stopping.set()
        self.join(30)


def needs(pid):
    """(resident memory in MB, file descriptors) of a process; None: it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            memory = next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))
        return memory / 1024, len(os.listdir(f"/proc/{pid}/fd"))
    except (OSError, StopIteration):
        return None


class Meter:
    """Samples of a process in one period; medians of them."""

    def __init__(self):
        self.samples, self.pids = [], set()

    def look(self, pid):
        found = needs(pid) if pid else None
        if found:
            self.samples.append(found)
            self.pids.add(pid)

    def medians(self):
        return tuple(median(values) for values in zip(*self.samples)) if self.samples else (0.0, 0)
