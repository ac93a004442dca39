#!/usr/bin/python3
"""A topic of change events replayed by key, as a consumer would that keeps a column where an event does not show it.

usage: replay_topic.py SERVERS TOPIC KEY COLUMN...
Rows as psql -At prints SELECT KEY, COLUMN... ORDER BY KEY (of an integer key), texts of more than 40 characters as their
MD5; then a line "# records=… reads=… repeated=… seen=…": events, rows of the snapshot, those read more than
once, and keys that some event showed.
"""
import hashlib, json, os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from topic_reader import messages

UNAVAILABLE = "__debezium_unavailable_value"


def shown(item):
    if item is None:
        return ""
    if isinstance(item, bool):
        return "t" if item else "f"
    text = str(item)
    return hashlib.md5(text.encode()).hexdigest() if len(text) > 40 else text


def main():
    servers, topic, key, *columns = sys.argv[1:]
    rows, reads, records, seen = {}, {}, 0, set()
    for message in messages(servers, topic):
        key_bytes, value = message.key(), message.value()
        if value is None:
            continue
        records += 1
        identity, event = json.loads(key_bytes)[key], json.loads(value)
        seen.add(identity)
        if event["op"] == "d":
            rows.pop(identity, None)
            continue
        if event["op"] == "r":
            reads[identity] = reads.get(identity, 0) + 1
        before = rows.get(identity, {})
        rows[identity] = {name: before.get(name, "MISSING") if item == UNAVAILABLE else item
                          for name, item in event["after"].items()}
    for identity in sorted(rows):
        print("|".join(shown(rows[identity][name]) for name in [key, *columns]))
    print(f"# records={records} reads={sum(reads.values())} repeated={sum(n - 1 for n in reads.values())} seen={len(seen)}")


if __name__ == "__main__":
    main()
