"""From the commit (source.ts_us) until a consumer has the record: one insert a transaction, at a steady rate."""
import os, re, subprocess, threading, time

from .sides import Ours
from .workload import Workload

WARM_UP, SECONDS = 3, 15


def consume(bootstrap, topic, delays, stop):
    """Notes (time of arrival, delay in ms) of each record until told to stop."""
    from confluent_kafka import Consumer, TopicPartition
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "latency", "fetch.wait.max.ms": 100, "fetch.min.bytes": 1,
                         "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    while not stop.is_set():
        message = consumer.poll(0.1)
        if message is not None and not message.error() and message.value():
            now = time.time()
            committed = int(re.search(rb'"ts_us":(\d+)', message.value())[1]) / 1e6
            delays.append((now, (now - committed) * 1000))


def run(server):
    workload = Workload("default")
    server.start_kafka()
    workload.create(server)
    server.create_slot("bench_latency", "wal2debezium")
    ours, delays, stop = Ours(server), [], threading.Event()
    walsender = server.expect_walsender("bench_latency")
    ours.begin(workload.connector(server, "bench_latency"), endless=True)
    walsender()
    reader = threading.Thread(target=consume, args=(server.kafka, workload.topics[0], delays, stop))
    reader.start()
    print(f"\nLatency from commit to consumer, {SECONDS} s each\n\n{'inserts/s':>12}{'records':>12}{'p50 ms':>12}{'p99 ms':>12}{'max ms':>12}")
    for rate in (200, 2000):
        started = time.time() + WARM_UP
        subprocess.run(server.client("pgbench", "-n", "-c", "2", "-j", "2", "-R", str(rate), "-T", str(WARM_UP + SECONDS), "-f",
                                     server.sql_file("small.sql"), "postgres"),
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        seen = sorted(delay for at, delay in delays if at >= started)
        print(f"{rate:12}{len(seen):12}{seen[len(seen) // 2]:12.2f}{seen[len(seen) * 99 // 100]:12.2f}{seen[-1]:12.2f}", flush=True)
    stop.set()
    reader.join()
    ours.end()
