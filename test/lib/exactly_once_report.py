#!/usr/bin/python3
"""What a reader of committed records sees of a counter table's topic while it grows, and in the end.

usage: exactly_once_report.py SERVERS TOPIC
Until its stdin ends, notes again and again how far the topic can be read (the last stable offset); then reads it.
Per key, column n must go 1, 2, 3, ... A transaction of PostgreSQL is torn if one of the noted ends lay inside it.
The topic has one partition. Prints name=number pairs.
"""
import bisect, re, select, sys, time

from confluent_kafka import Consumer, TopicPartition

ROW = re.compile(rb'"after":\{"id":(\d+),"n":(\d+)')
TRANSACTION = re.compile(rb'"txId":(\d+)')


def stdin_ended(seconds):
    return bool(select.select([sys.stdin], [], [], seconds)[0]) and not sys.stdin.read()


def note_ends(consumer, topic):
    ends = set()
    while not stdin_ended(0.01):
        if topic in consumer.list_topics(topic, timeout=20).topics:
            try:
                ends.add(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)[1])
            except Exception:
                time.sleep(0.1)
    return sorted(ends)


def read(consumer, topic):
    end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)[1]
    consumer.assign([TopicPartition(topic, 0, 0)])
    deadline = time.time() + 300
    while time.time() < deadline:
        for message in consumer.consume(10000, timeout=0.5):
            if not message.error():
                yield message.offset(), message.value()
        if consumer.position([TopicPartition(topic, 0)])[0].offset >= end:
            return
    sys.exit(f"could not read {topic} to its end")


def main():
    servers, topic = sys.argv[1:3]
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "exactly-once-report", "enable.auto.commit": False,
                         "isolation.level": "read_committed", "auto.offset.reset": "earliest"})
    ends = note_ends(consumer, topic)
    last, spans, records, gaps, repeated = {}, {}, 0, 0, 0
    for offset, value in read(consumer, topic):
        row = ROW.search(value)
        if not row:
            sys.exit(f"not a record of a counter table: {value[:200]!r}")
        key, n = int(row[1]), int(row[2])
        records += 1
        repeated += n <= last.get(key, 0)
        gaps += n > last.get(key, 0) + 1
        last[key] = max(last.get(key, 0), n)
        transaction = int(TRANSACTION.search(value)[1])
        first, _ = spans.get(transaction, (offset, offset))
        spans[transaction] = (first, offset)
    torn = sum(bisect.bisect_right(ends, high) > bisect.bisect_right(ends, low) for low, high in spans.values())
    print(f"records={records} keys={len(last)} gaps={gaps} repeated={repeated} torn={torn} ends={len(ends)} "
          f"lowest={min(last.values(), default=0)} highest={max(last.values(), default=0)}")


main()
