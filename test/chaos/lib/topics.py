"""Kafka's side: the topics, what a read_committed consumer gets of them, and how far it could see at any moment."""
import json, threading, time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from .checker import parse
from .decoded import PREFIX, lsn

# Truncates have no key: only where there is one partition do they keep their place among the rows.
PARTITIONS = {"public.account": 3, "public.doc": 2, "public.pair": 2, "public.event": 1, "message": 2, "transaction": 1}
PROGRESS = "wal2kafka-progress"


def quiet(error):
    """Brokers come and go; whoever waits has a time limit of its own."""


class Topics:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.offsets = {(f"{PREFIX}.{topic}", n): 0 for topic, count in PARTITIONS.items() for n in range(count)}

    def create(self):
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2, "error_cb": quiet})
        made = admin.create_topics([NewTopic(f"{PREFIX}.{topic}", count, 1) for topic, count in PARTITIONS.items()])
        for future in made.values():
            future.result(60)

    def consumer(self, **settings):
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": "chaos", "enable.auto.commit": False, "log_level": 2, "error_cb": quiet,
                         "isolation.level": "read_committed", "auto.offset.reset": "error", "fetch.wait.max.ms": 50, **settings})

    def ends(self, consumer, deadline):
        found = {}
        for topic, partition in self.offsets:
            while True:
                try:
                    found[topic, partition] = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=5, cached=False)[1]
                    break
                except KafkaException:
                    if time.time() > deadline:
                        raise
        return found

    def read_new(self, seconds=60):
        """{(topic, partition): [Record]} since the last call; all that is committed now."""
        deadline = time.time() + seconds
        consumer = self.consumer(**{"enable.partition.eof": True})
        try:
            ends = self.ends(consumer, deadline)
            records = {partition: [] for partition in self.offsets}
            left = {partition for partition, end in ends.items() if end > self.offsets[partition]}
            consumer.assign([TopicPartition(*partition, self.offsets[partition]) for partition in left])
            while left:
                if time.time() > deadline:
                    raise RuntimeError(f"could not read {sorted(left)} to the end")
                self.take(consumer.consume(5000, timeout=0.2), records, ends, left)
            for partition, found in records.items():
                self.offsets[partition] = max(ends[partition], self.offsets[partition], found[-1].offset + 1 if found else 0)
            return records
        finally:
            consumer.close()

    def parts(self, seconds=30):
        """{(commit LSN, n)}: of that transaction progress says that its first n records were committed as a part."""
        consumer, found, deadline = self.consumer(**{"enable.partition.eof": True}), set(), time.time() + seconds
        consumer.assign([TopicPartition(PROGRESS, 0, 0)])
        while time.time() < deadline:
            for message in consumer.consume(1000, timeout=0.2):
                if message.error() is not None:
                    if message.error().code() == KafkaError._PARTITION_EOF:
                        consumer.close()
                        return found
                elif message.value() and (part := json.loads(message.value()).get("partial", {})).get("n"):
                    found.add((lsn(part["commit_lsn"]), part["n"]))
        raise RuntimeError(f"could not read {PROGRESS} to the end")

    def take(self, messages, records, ends, left):
        for message in messages:
            partition = (message.topic(), message.partition())
            if message.error() is None:
                records[partition].append(parse(*partition, message.offset(), message.key(), message.value()))
            elif message.error().code() == KafkaError._PARTITION_EOF and message.offset() >= ends[partition]:
                left.discard(partition)


class Watch(threading.Thread):
    """Samples where the view of a read_committed consumer ends."""

    def __init__(self, topics, pause=0.1):
        super().__init__(daemon=True)
        self.topics, self.pause, self.samples, self.stopping = topics, pause, [], threading.Event()

    def run(self):
        consumer = self.topics.consumer()
        while not self.stopping.wait(self.pause):
            try:
                self.samples.append(self.sample(consumer))
            except KafkaException:
                continue
        consumer.close()

    def sample(self, consumer):
        return {(topic, number): consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=1, cached=False)[1]
                for topic, number in self.topics.offsets}

    def stop(self):
        self.stopping.set()
        self.join(30)
        return self.samples
