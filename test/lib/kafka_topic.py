#!/usr/bin/python3
"""One topic of a test: make it, send to it, read it.

usage: kafka_topic.py SERVERS create TOPIC [SETTING=VALUE...]
       kafka_topic.py SERVERS delete TOPIC
       kafka_topic.py SERVERS send TOPIC KEY VALUE          to partition 0
       kafka_topic.py SERVERS values TOPIC                  committed values in order, a line each; none if there is no topic
"""
import sys, time

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


def create(servers, topic, *settings):
    admin = AdminClient({"bootstrap.servers": servers})
    new = NewTopic(topic, 1, 1, config=dict(setting.split("=", 1) for setting in settings))
    admin.create_topics([new])[topic].result(30)
    deadline = time.time() + 30
    while topic not in admin.list_topics(timeout=20).topics:
        if time.time() > deadline:
            sys.exit(f"topic {topic} does not appear")
        time.sleep(0.1)


def delete(servers, topic):
    AdminClient({"bootstrap.servers": servers}).delete_topics([topic])[topic].result(30)


def send(servers, topic, key, value):
    producer, reports = Producer({"bootstrap.servers": servers}), []
    producer.produce(topic, value, key, 0, on_delivery=lambda error, _: reports.append(error))
    producer.flush(30)
    if reports != [None]:
        sys.exit(f"could not send to {topic}: {reports}")


def values(servers, topic):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "kafka-topic", "enable.auto.commit": False,
                         "auto.offset.reset": "earliest", "isolation.level": "read_committed", "enable.partition.eof": True})
    left = set(consumer.list_topics(topic, timeout=20).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, partition, 0) for partition in left])
    deadline = time.time() + 60
    while left:
        if time.time() > deadline:
            sys.exit(f"could not read {topic} to the end")
        for message in consumer.consume(1000, timeout=0.5):
            if not message.error():
                print((message.value() or b"").decode())
            elif message.error().code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition())


{"create": create, "delete": delete, "send": send, "values": values}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
