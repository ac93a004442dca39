"""Kafka as the runner sees it: topics by pattern, deleted and read whole. Needs python3-confluent-kafka."""
import re, threading, time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from .cases import Failed


class Kafka:
    def __init__(self, servers):
        self.servers = servers
        self.admin = AdminClient({"bootstrap.servers": servers, "log_level": 3})
        self.consumer = None

    def fresh_consumer(self):
        """A consumer that has not seen an earlier topic of the same name."""
        if self.consumer:
            # close() of librdkafka 2.0 can wait for ever; nothing here depends on its end
            threading.Thread(target=self.consumer.close, daemon=True).start()
        self.consumer = Consumer({"bootstrap.servers": self.servers, "group.id": "golden", "enable.auto.commit": False, "log_level": 3,
                                  "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20, "check.crcs": False})

    def send(self, records):
        """Records of a recorded file to partition 0 of their topics."""
        producer = Producer({"bootstrap.servers": self.servers, "log_level": 3})
        for record in records:
            producer.produce(record["topic"], record["value"], record["key"], 0)
        if producer.flush(30):
            raise Failed("could not send signals to Kafka")

    def topics(self, pattern):
        names = self.admin.list_topics(timeout=10).topics
        return {n: sorted(t.partitions) for n, t in names.items() if re.fullmatch(pattern, n)}

    def delete(self, pattern):
        doomed = self.topics(pattern)
        for future in self.admin.delete_topics(list(doomed)).values() if doomed else ():
            try:
                future.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
        deadline = time.time() + 20
        while self.topics(pattern):
            if time.time() > deadline:
                raise Failed(f"topics {sorted(self.topics(pattern))} would not go away")
            time.sleep(0.05)

    def ends(self, pattern):
        found = {}
        for topic, partitions in self.topics(pattern).items():
            for partition in partitions:
                found[topic, partition] = self.end(topic, partition)
        return found

    def end(self, topic, partition):
        """A topic made this moment may have no leader yet."""
        for attempt in range(50):
            try:
                return self.consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
            except KafkaException as error:
                if attempt == 49 or error.args[0].code() not in (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART):
                    raise
                time.sleep(0.1)

    def read(self, pattern):
        ends = {place: high for place, high in self.ends(pattern).items() if high > 0}
        wanted, got, deadline = set(ends), [], time.time() + 60
        self.consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in ends])
        while wanted and time.time() < deadline:
            for message in self.consumer.consume(500, timeout=0.5):
                if message.error():
                    continue
                place = message.topic(), message.partition()
                if message.offset() < ends[place]:
                    got.append(message)
                if message.offset() + 1 >= ends[place]:
                    wanted.discard(place)
        self.consumer.unassign()
        if wanted:
            raise Failed(f"could not read {sorted(wanted)} to the end")
        return sorted(got, key=lambda m: (m.topic(), m.partition(), m.offset()))
