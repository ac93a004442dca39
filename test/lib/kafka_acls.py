#!/usr/bin/python3
"""Gives a user rights at a broker, and takes them away again.

usage: kafka_acls.py HOST:PORT allow|withdraw USER topic|transactional_id|group|cluster NAME[*] OPERATION...
NAME* means all names that begin so. Speaks to the broker itself (CreateAcls and DeleteAcls of version 1), since the
packaged Python client knows no ACLs. Ends when the broker has taken the change.
"""
import socket, struct, sys

CREATE, DELETE, VERSION = 30, 31, 1
RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactional_id": 5}
OPERATIONS = {"all": 2, "read": 3, "write": 4, "create": 5, "delete": 6, "describe": 8}
LITERAL, PREFIXED, ALLOW = 3, 4, 3


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def rule(user, resource, name, operation):
    pattern = PREFIXED if name.endswith("*") else LITERAL
    return (struct.pack(">b", RESOURCES[resource]) + text(name.rstrip("*")) + struct.pack(">b", pattern) + text(f"User:{user}")
            + text("*") + struct.pack(">bb", OPERATIONS[operation], ALLOW))


def ask(address, kind, body):
    host, port = address.rsplit(":", 1)
    request = struct.pack(">hhi", kind, VERSION, 1) + text("kafka_acls") + body
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        reader = connection.makefile("rb")
        return reader.read(struct.unpack(">i", reader.read(4))[0])


def main():
    address, action, user, resource, name, *operations = sys.argv[1:]
    kind = {"allow": CREATE, "withdraw": DELETE}[action]
    rules = [rule(user, resource, name, operation) for operation in operations]
    # correlation id, throttle time, number of results, then for each its code
    answer = ask(address, kind, struct.pack(">i", len(rules)) + b"".join(rules))
    count, code = struct.unpack(">8xih", answer[:14])
    if count != len(rules) or code != 0:
        sys.exit(f"the broker answers with {count} results, the first of code {code}")


main()
