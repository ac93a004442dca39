#!/usr/bin/python3
"""What a topic of a counter table holds: per key, column n must go 1, 2, 3, ... in order and without gaps.

usage: topic_report.py SERVERS TOPIC [--cut]
Repeated records (at least once) are counted; a record that jumps over one is a gap, but with --cut the first of a key may
have any number. Reads what is committed. Prints name=number pairs.
"""
import re, sys, time

from confluent_kafka import Consumer, KafkaError, TopicPartition

ROW = re.compile(rb'"after":\{"id":(\d+),"n":(\d+)')


def read(servers, topic):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "topic-report", "enable.auto.commit": False,
                         "auto.offset.reset": "earliest", "queued.max.messages.kbytes": 65536, "enable.partition.eof": True})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    left = set(partitions)
    consumer.assign([TopicPartition(topic, p, 0) for p in left])
    deadline = time.time() + 300
    while left:
        if time.time() > deadline:
            sys.exit(f"could not read partitions {sorted(left)} of {topic} to the end")
        for message in consumer.consume(10000, timeout=0.5):
            if not message.error():
                yield message.value()
            elif message.error().code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition())
    consumer.close()


def main():
    servers, topic = sys.argv[1:3]
    cut = "--cut" in sys.argv[3:]
    last, records, gaps, repeated = {}, 0, 0, 0
    for value in read(servers, topic):
        records += 1
        row = ROW.search(value)
        if not row:
            sys.exit(f"not a record of a counter table: {value[:200]!r}")
        key, n = int(row[1]), int(row[2])
        before = last.get(key, n - 1 if cut else 0)
        if n <= before:
            repeated += 1
        elif n > before + 1:
            gaps += 1
        last[key] = max(before, n)
    print(f"records={records} keys={len(last)} gaps={gaps} repeated={repeated} "
          f"lowest={min(last.values(), default=0)} highest={max(last.values(), default=0)}")


main()
