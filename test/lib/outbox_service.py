#!/usr/bin/python3
"""The two ends of a service with a transactional outbox whose payloads are protobuf.

usage: outbox_service.py orders COUNT            SQL of COUNT orders, each in a transaction of its own
       outbox_service.py consume SERVERS TOPIC   what has arrived, as name=number pairs

Order n belongs to customer n % 50, who is the key; its number stands in the payload. Every seventh payload is large
(TOAST), every eleventh transaction is rolled back, and the row is deleted in the transaction that made it.
"""
import json, sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from topic_reader import messages

CUSTOMERS = 50


def order_class():
    """message Order { int64 number = 1; string customer = 2; bytes attachment = 3; repeated double prices = 4; }"""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", package="shop", syntax="proto3")
    order = file.message_type.add(name="Order")
    order.field.add(name="number", number=1, type=field.TYPE_INT64, label=field.LABEL_OPTIONAL)
    order.field.add(name="customer", number=2, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    order.field.add(name="attachment", number=3, type=field.TYPE_BYTES, label=field.LABEL_OPTIONAL)
    order.field.add(name="prices", number=4, type=field.TYPE_DOUBLE, label=field.LABEL_REPEATED)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("shop.Order"))


def attachment(number):
    return bytes((number * 7 + i * i) % 256 for i in range(20000)) if number % 7 == 0 else b""


def print_orders(count):
    make = order_class()
    for number in range(1, count + 1):
        customer = number % CUSTOMERS
        order = make(number=number, customer=f"customer {customer}", attachment=attachment(number),
                     prices=[number / 4, number * 2.5])
        payload = order.SerializeToString().hex()
        print("BEGIN;"
              "INSERT INTO outbox (aggregatetype, aggregateid, type, payload) VALUES "
              rf"('order', '{customer}', 'OrderPlaced', '\x{payload}') RETURNING id AS event \gset" "\n"
              "DELETE FROM outbox WHERE id = :'event';"
              + ("ROLLBACK;" if number % 11 == 0 else "COMMIT;"))


def consume(servers, topic):
    make, seen, last, wrong, late = order_class(), set(), {}, 0, 0
    for message in messages(servers, topic):
        order = make()
        order.ParseFromString(message.value())
        number, customer = order.number, str(order.number % CUSTOMERS)
        headers = dict(message.headers())
        right = (json.loads(message.key()) == customer and order.customer == f"customer {number % CUSTOMERS}"
                 and order.attachment == attachment(number) and list(order.prices) == [number / 4, number * 2.5]
                 and len(headers["id"]) == 36)
        wrong += not right
        late += number not in seen and number < last.get(customer, 0)
        last[customer] = max(number, last.get(customer, 0))
        seen.add(number)
    print(f"orders={len(seen)} highest={max(seen)} wrong={wrong} late={late} "
          f"rolledback={sum(1 for number in seen if number % 11 == 0)}")


if sys.argv[1] == "orders":
    print_orders(int(sys.argv[2]))
else:
    consume(*sys.argv[2:])
