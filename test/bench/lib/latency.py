"""From the commit (source.ts_us) until a consumer has the record: one insert a transaction, at a steady rate.

Each record says when it passed where: the commit, the plugin (ts_us), the broker (LogAppendTime, whole ms), the consumer.
"""
import gc, os, re, sys, threading, time

from confluent_kafka import Consumer, TopicPartition

from .sides import Debezium, ExactlyOnce, Ours
from .table import print_table
from .topics import Topics
from .workload import Workload

RATES = [int(rate) for rate in os.environ.get("RATES", "200 2000 20000").split()]
WARM_UP, SECONDS = 3, 15
JVM_WARM_UP, JVM_RATE = 20, 2000      # the broker's and Connect's code is compiled by then
PAUSE_GAP = 0.05                      # seconds without a slow record end a pause
EAGER = {"poll.interval.ms": "1", "producer.override.linger.ms": "0"}     # over connector.json, which is tuned for throughput
STAMPS = re.compile(rb'"ts_us":(\d+)')


class Passage:
    """Times of one record: the commit, then ms from there."""

    def __init__(self, message, now):
        stamps = [int(stamp) / 1e6 for stamp in STAMPS.findall(message.value())]
        self.committed = stamps[0]
        self.plugin, self.broker, self.total = ((at - self.committed) * 1000 for at in (stamps[-1], message.timestamp()[1] / 1e3, now))


def consume(bootstrap, topic, passages, stop):
    """Notes each record until told to stop."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "latency", "fetch.wait.max.ms": 100, "fetch.min.bytes": 1,
                         "enable.auto.commit": False, "isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    while not stop.is_set():
        message = consumer.poll(0.1)
        if message is not None and not message.error() and message.value():
            passages.append(Passage(message, time.time()))
    consumer.close()


def insert(server, rate, seconds, passages):
    """Returns when nothing more has arrived for a second."""
    server.psql("-v", f"rate={rate}", "-v", f"seconds={seconds}", "-f", server.sql_file("paced.sql"))
    seen = -1
    while seen != len(passages):
        seen = len(passages)
        time.sleep(1)


def pauses(slow):
    """In how many pauses the slowest were: records of one pause are committed one after the other."""
    times = sorted(passage.committed for passage in slow)
    return sum(1 for before, after in zip([0] + times, times) if after - before > PAUSE_GAP)


def row(side, rate, passages):
    """How long, and where the slowest percent was."""
    ordered = sorted(passages, key=lambda passage: passage.total)
    slow = ordered[len(ordered) * 99 // 100:]
    plugin, broker, total = (sum(getattr(passage, name) for passage in slow) / len(slow) for name in ("plugin", "broker", "total"))
    return [side.name, f"{rate:,}", f"{len(ordered):,}", *(f"{ordered[len(ordered) * part // 1000].total:.1f} ms" for part in (500, 990, 999)),
            f"{ordered[-1].total:.0f} ms", str(pauses(slow)), f"{plugin:.1f} + {max(broker - plugin, 0):.1f} + {total - max(broker, plugin):.1f} ms"]


def rounds(server, side, passages):
    insert(server, JVM_RATE, JVM_WARM_UP, passages)
    for rate in RATES:
        started = time.time() + WARM_UP
        insert(server, rate, WARM_UP + SECONDS, passages)
        yield row(side, rate, [passage for passage in passages if passage.committed >= started])
        print(f"{side.name}, {rate}/s: done", file=sys.stderr, flush=True)
        passages.clear()


def measure(server, topics, workload, side, plugin):
    slot, passages, stop = f"bench_{type(side).__name__.lower()}", [], threading.Event()
    topics.fresh(workload.topics)
    server.create_slot(slot, plugin)
    walsender = server.expect_walsender(slot)
    side.begin(dict(workload.connector(server, slot), **EAGER), endless=True)
    walsender()
    reader = threading.Thread(target=consume, args=(server.kafka, workload.topics[0], passages, stop))
    reader.start()
    try:
        return list(rounds(server, side, passages))
    finally:
        stop.set()
        reader.join()
        side.end()


def run(server, debezium, exactly_once):
    gc.disable()                      # a collection that looks through all passages is a pause of the consumer
    workload = Workload("default")
    server.start_kafka()
    topics = Topics(server.kafka, server.folder + "/kafka")
    workload.create(server)
    rows = []
    sides = [(Ours, "wal2debezium")] + ([(ExactlyOnce, "wal2debezium")] if exactly_once else []) + ([(Debezium, "pgoutput")] if debezium else [])
    for kind, plugin in sides:
        side = kind(server)
        try:
            rows += measure(server, topics, workload, side, plugin)
        finally:
            side.close()
    topics.close()
    print(f"\nFrom commit to consumer, {SECONDS} s each\n")
    print_table([["side", "inserts/s", "records", "p50", "p99", "p99.9", "longest", "pauses of the slowest 1 %", "slowest 1 %: to plugin + to broker + to consumer"], *rows])
