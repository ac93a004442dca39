#!/usr/bin/python3
"""A sink as JDBC's: applies flattened records to a table by key, and prints the table.

usage: upsert_sink.py SERVERS TOPIC KEY COLUMN...
The value is the row, a null value deletes it. Output as psql -At prints SELECT KEY, COLUMN... ORDER BY KEY.
"""
import json, sqlite3, sys, time

from confluent_kafka import Consumer, TopicPartition


def messages(servers, topic):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "upsert-sink", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=20)[1] for p in partitions}
    left = {p for p, end in ends.items() if end > 0}
    consumer.assign([TopicPartition(topic, p, 0) for p in left])
    deadline = time.time() + 120
    while left and time.time() < deadline:
        for message in consumer.consume(1000, timeout=0.5):
            if message.error():
                continue
            yield message.key(), message.value()
            if message.offset() + 1 >= ends[message.partition()]:
                left.discard(message.partition())
    if left:
        sys.exit(f"could not read {topic} to the end")


def main():
    servers, topic, key, *columns = sys.argv[1:]
    table = sqlite3.connect(":memory:")
    table.execute(f"CREATE TABLE t ({key} INTEGER PRIMARY KEY, {', '.join(columns)})")
    for key_bytes, value in messages(servers, topic):
        identity = json.loads(key_bytes)[key]
        row = json.loads(value) if value is not None else None
        if row is None:
            table.execute(f"DELETE FROM t WHERE {key} = ?", (identity,))
        else:
            if set(row) != {key, *columns}:
                sys.exit(f"not a row of the table: {row}")
            table.execute(f"INSERT OR REPLACE INTO t VALUES ({', '.join('?' * (len(columns) + 1))})",
                          [row[name] for name in [key, *columns]])
    for row in table.execute(f"SELECT * FROM t ORDER BY {key}"):
        print("|".join("" if item is None else str(item) for item in row))


if __name__ == "__main__":
    main()
