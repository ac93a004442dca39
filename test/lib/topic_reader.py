"""A topic from its beginning to the end that it has when reading begins."""
import sys, time

from confluent_kafka import Consumer, KafkaError, TopicPartition


def messages(servers, topic, seconds=300):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "topic-reader", "enable.auto.commit": False, "enable.partition.eof": True})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=20)[1] for p in partitions}
    left = {p for p, end in ends.items() if end > 0}
    consumer.assign([TopicPartition(topic, p, 0) for p in left])
    deadline = time.time() + seconds
    while left and time.time() < deadline:
        for message in consumer.consume(1000, timeout=0.5):
            if message.error():
                # what stands last may be no record but the end of a transaction
                if message.error().code() == KafkaError._PARTITION_EOF and message.offset() >= ends[message.partition()]:
                    left.discard(message.partition())
                continue
            yield message
            if message.offset() + 1 >= ends[message.partition()]:
                left.discard(message.partition())
    if left:
        sys.exit(f"could not read partitions {sorted(left)} of {topic} to the end")
