"""What arrived in Kafka, when by the broker's clock (LogAppendTime), and how large it is there."""
import glob, os, sys, time

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from golden.lib.kafka_topics import Kafka

CONSUMER = {"group.id": "bench", "enable.auto.commit": False, "log_level": 3, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20}


class Topics:
    def __init__(self, bootstrap, folder):
        self.bootstrap, self.folder, self.names = bootstrap, folder, []
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
        self.kafka = Kafka(bootstrap)

    def fresh(self, names):
        """Empty topics of one partition; what was there before, of these or of the last ones, is gone."""
        doomed = [name for name in {*names, *self.names} if name in self.kafka.topics(".*")]
        for name in doomed:
            self.kafka.delete(name.replace(".", "[.]"))
        made = self.admin.create_topics([NewTopic(name, 1, 1, config={"message.timestamp.type": "LogAppendTime"}) for name in names])
        for future in made.values():
            future.result()
        self.names = names
        self.kafka.fresh_consumer()

    def close(self):
        """Before the broker goes, or librdkafka complains of it."""
        if self.kafka.consumer:
            self.kafka.consumer.close()
        self.kafka = self.admin = None

    def ends(self):
        return {name: self.kafka.end(name, 0) for name in self.names}

    def count(self):
        return sum(self.ends().values())

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

    def span(self):
        """Time of the first batch, how many records were in before the clock went on, time of the last batch (seconds)."""
        heads, last = [], 0.0
        for name, end in self.ends().items():
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

    def payload(self):
        """Bytes of all keys and values."""
        total = 0
        for name, end in self.ends().items():
            consumer, seen = self.consumer(name, 0, **{"check.crcs": False, "queued.max.messages.kbytes": 32768}), 0
            while seen < end:
                for message in consumer.consume(10000, timeout=1):
                    if not message.error():
                        seen += 1
                        total += len(message.key() or b"") + len(message.value() or b"")
            consumer.close()
        return total

    def stored(self):
        """Bytes of the broker's segments."""
        return sum(os.path.getsize(path) for name in self.names for path in glob.glob(os.path.join(self.folder, "data", name + "-0", "*.log")))
