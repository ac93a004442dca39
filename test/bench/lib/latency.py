"""From the commit (source.ts_us) until a consumer has the record: one insert a transaction, at a steady rate."""
import re, subprocess, threading, time

from confluent_kafka import Consumer, TopicPartition

from .sides import Debezium, Ours
from .topics import Topics
from .workload import Workload

RATES = (200, 2000)
WARM_UP, SECONDS = 3, 15
JVM_WARM_UP = 20                      # more, at the highest rate, until its code is compiled
EAGER = {"poll.interval.ms": "1", "producer.override.linger.ms": "0"}     # over connector.json, which is tuned for throughput


def consume(bootstrap, topic, delays, stop):
    """Notes (time of the commit, delay in ms) of each record until told to stop."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "latency", "fetch.wait.max.ms": 100, "fetch.min.bytes": 1,
                         "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    while not stop.is_set():
        message = consumer.poll(0.1)
        if message is not None and not message.error() and message.value():
            now = time.time()
            committed = int(re.search(rb'"ts_us":(\d+)', message.value())[1]) / 1e6
            delays.append((committed, (now - committed) * 1000))
    consumer.close()


def insert(server, rate, seconds, delays):
    """Returns when nothing more has arrived for a second."""
    subprocess.run(server.client("pgbench", "-n", "-c", "2", "-j", "2", "-R", str(rate), "-T", str(seconds), "-f", server.sql_file("small.sql"), "postgres"),
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = -1
    while seen != len(delays):
        seen = len(delays)
        time.sleep(1)


def rounds(server, side, delays):
    if isinstance(side, Debezium):
        insert(server, max(RATES), JVM_WARM_UP, delays)
    for rate in RATES:
        started = time.time() + WARM_UP
        insert(server, rate, WARM_UP + SECONDS, delays)
        seen = sorted(delay for committed, delay in delays if committed >= started)
        print(f"{side.name:>12}{rate:12}{len(seen):12}{seen[len(seen) // 2]:12.2f}{seen[len(seen) * 99 // 100]:12.2f}{seen[-1]:12.2f}", flush=True)


def measure(server, topics, workload, side, plugin):
    slot, delays, stop = "bench_" + plugin, [], threading.Event()
    topics.fresh(workload.topics)
    server.create_slot(slot, plugin)
    walsender = server.expect_walsender(slot)
    side.begin(dict(workload.connector(server, slot), **EAGER), endless=True)
    walsender()
    reader = threading.Thread(target=consume, args=(server.kafka, workload.topics[0], delays, stop))
    reader.start()
    try:
        rounds(server, side, delays)
    finally:
        stop.set()
        reader.join()
        side.end()


def run(server, debezium):
    workload = Workload("default")
    server.start_kafka()
    topics = Topics(server.kafka, server.folder + "/kafka")
    workload.create(server)
    print(f"\nLatency from commit to consumer, {SECONDS} s each\n\n{'side':>12}{'inserts/s':>12}{'records':>12}{'p50 ms':>12}{'p99 ms':>12}{'max ms':>12}")
    for kind, plugin in ((Ours, "wal2debezium"), (Debezium, "pgoutput")):
        if kind is Debezium and not debezium:
            continue
        side = kind(server)
        try:
            measure(server, topics, workload, side, plugin)
        finally:
            side.close()
    topics.close()
