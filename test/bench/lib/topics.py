"""What arrived in Kafka, when by the broker's clock (LogAppendTime), and how large it is there."""
import glob, os, sys, time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from golden.lib.kafka_topics import Kafka

CONSUMER = {"group.id": "bench", "enable.auto.commit": False, "log_level": 3, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20}


MANY = 100                            # topics, or any with several partitions: emptied by looking only behind what is there


class Topics:
    def __init__(self, bootstrap, folder):
        self.bootstrap, self.folder, self.names, self.partitions, self.base, self.base_stored = bootstrap, folder, [], 1, {}, 0
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
        self.kafka = Kafka(bootstrap)

    def fresh(self, names, partitions=1):
        """Empty topics; what was there before, of these or of the last ones, is gone."""
        if names == self.names and self.many():
            self.base, self.base_stored = self.ends(), self.stored() + self.base_stored
            return
        doomed = [name for name in {*names, *self.names} if name in self.kafka.topics(".*")]
        for name in doomed:
            self.kafka.delete(name.replace(".", "[.]"))
        made = self.admin.create_topics([NewTopic(name, partitions, 1, config={"message.timestamp.type": "LogAppendTime"}) for name in names],
                                        request_timeout=120)
        for future in made.values():
            future.result()
        self.names, self.partitions, self.base, self.base_stored = names, partitions, {}, 0
        self.kafka.fresh_consumer()

    def many(self):
        return self.partitions > 1 or len(self.names) > MANY

    def close(self):
        """Before the broker goes, or librdkafka complains of it."""
        if self.kafka.consumer:
            self.kafka.consumer.close()
        self.kafka = self.admin = None

    def ends(self):
        """Topic and partition to the offset behind the last record."""
        places = [(name, number) for name in self.names for number in range(self.partitions)]
        if not self.many():
            return {place: self.kafka.end(*place) for place in places}
        consumer = Consumer(dict(CONSUMER, **{"bootstrap.servers": self.bootstrap}))
        found = self.ends_of(consumer, [TopicPartition(name, number, -1) for name, number in places])
        consumer.close()
        return {(place.topic, place.partition): max(place.offset, 0) for place in found}

    def ends_of(self, consumer, places, patience=120):
        """Of thousands of partitions just made, some have no leader for a while."""
        deadline = time.time() + patience
        while True:
            try:
                return consumer.offsets_for_times(places, timeout=60)
            except KafkaException as failure:
                if not failure.args[0].retriable() and failure.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.time() > deadline:
                    raise
                time.sleep(1)

    def count(self, marked=False):
        """Marks of transactions take an offset, too."""
        return sum(len(batch) for batch in self.read()) if marked else sum(self.ends().values()) - sum(self.base.values())

    def read(self, **settings):
        """All records, in batches."""
        places = [place for place, end in self.ends().items() if end > self.base.get(place, 0)]
        consumer = Consumer(dict(CONSUMER, **{"bootstrap.servers": self.bootstrap, "enable.partition.eof": True}, **settings))
        consumer.assign([TopicPartition(*place, self.base.get(place, 0)) for place in places])
        left = len(places)
        while left > 0:
            batch = consumer.consume(10000, timeout=1)
            left -= sum(1 for message in batch if message.error() and message.error().code() == KafkaError._PARTITION_EOF)
            yield [message for message in batch if not message.error()]
        consumer.close()

    def consumer(self, name, offset, **settings):
        found = Consumer(dict(CONSUMER, **{"bootstrap.servers": self.bootstrap}, **settings))
        found.assign([TopicPartition(name, 0, offset)])
        return found

    def message(self, consumer):
        deadline = time.time() + 20
        while time.time() < deadline:
            message = consumer.poll(1)
            if message is not None and not message.error():
                return message
        sys.exit("Kafka does not give back what it has taken")

    def span(self, marked=False):
        """Time of the first batch, how many records were in before the clock went on, time of the last batch (seconds)."""
        if marked or self.many():
            return self.span_of_all()
        heads, last = [], 0.0
        for (name, _), end in self.ends().items():
            if not end:
                continue
            consumer = self.consumer(name, end - 1)
            last = max(last, self.message(consumer).timestamp()[1] / 1e3)
            consumer.assign([TopicPartition(name, 0, 0)])
            head, message = [], None
            while len(head) < end and (message is None or message.timestamp()[1] / 1e3 == head[0]):
                message = self.message(consumer)
                head.append(message.timestamp()[1] / 1e3)
            consumer.close()
            heads += head
        first = min(heads)
        return first, heads.count(first), last

    def span_of_all(self):
        times = [message.timestamp()[1] / 1e3 for batch in self.read() for message in batch]
        first = min(times)
        return first, times.count(first), max(times)

    def payload(self):
        """Bytes of all keys and values."""
        return sum(len(message.key() or b"") + len(message.value() or b"")
                   for batch in self.read(**{"check.crcs": False, "queued.max.messages.kbytes": 32768}) for message in batch)

    def stored(self):
        """Bytes of the broker's segments."""
        segments = (path for name in self.names for path in glob.glob(os.path.join(self.folder, "data", name + "-[0-9]*", "*.log")))
        return sum(os.path.getsize(path) for path in segments) - self.base_stored
