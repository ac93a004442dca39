"""What Kafka must hold, told by test_decoding: an independent plugin on a slot at the same position."""
import re
from collections import namedtuple

# One record that must arrive. identity says which: ("x", xid, order) a change or transactional message, ("t", xid,
# order) the tombstone of a delete, ("b" | "e", xid) the ends of a transaction, ("m", text) a message of its own.
Expected = namedtuple("Expected", "identity topic key op row")

PREFIX = "app"
PLACEHOLDER = "__debezium_unavailable_value"
KEYS = {"account": ("id",), "doc": ("id",), "pair": ("a", "b"), "event": ("id",)}

CHANGE = re.compile(r"table public\.(\w+): (INSERT|UPDATE|DELETE): ?(.*)", re.S)
TRUNCATE = re.compile(r"table (.*): TRUNCATE: ")
MESSAGE = re.compile(r"message: transactional: (\d) prefix: (\S+), sz: \d+ content:(.*)", re.S)
COLUMN = re.compile(r"""(\w+)\[([^\]]+)\]:((?:'(?:[^']|'')*')|[^' ]+)(?: |$)""", re.S)
MARKED = re.compile(r"(old-key|new-tuple): ")


def lsn(text):
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def value(type_name, text):
    if text == "null":
        return None
    if text == "unchanged-toast-datum":
        return PLACEHOLDER
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if type_name == "boolean":
        return text == "true"
    return int(text)


def columns(text):
    row, at = {}, 0
    while at < len(text):
        found = COLUMN.match(text, at)
        if not found:
            raise ValueError(f"cannot read what test_decoding wrote: {text[at:at + 200]!r}")
        row[found[1]] = value(found[2], found[3])
        at = found.end()
    return row


def tuples(text):
    """(old, new) of a change; old is None where the key did not change."""
    if not text.startswith("old-key: "):
        return None, columns(text)
    old, _, new = text.partition(" new-tuple: ")
    while old.count("'") % 2:                     # the words stood inside a value
        more, _, new = new.partition(" new-tuple: ")
        old += " new-tuple: " + more
    return columns(old[len("old-key: "):]), columns(new)


def key_of(table, row):
    return tuple((name, row[name]) for name in KEYS[table])


class Transaction:
    def __init__(self, xid):
        self.xid, self.records, self.order = xid, [], 0

    def event(self, topic, key, op, row):
        self.order += 1
        self.records.append(Expected(("x", self.xid, self.order), f"{PREFIX}.{topic}", key, op, row))

    def delete(self, table, key):
        self.event(f"public.{table}", key, "d", None)
        self.records.append(Expected(("t", self.xid, self.order), f"{PREFIX}.public.{table}", key, None, None))

    def change(self, table, action, text):
        topic = f"public.{table}"
        if action == "DELETE":
            return self.delete(table, key_of(table, columns(text)))
        old, new = tuples(text)
        key = key_of(table, new)
        if old is None or key_of(table, old) == key:
            return self.event(topic, key, "c" if action == "INSERT" else "u", new)
        self.delete(table, key_of(table, old))
        return self.event(topic, key, "c", new)

    def truncate(self, tables):
        for name in tables.split(", "):
            self.event(name, None, "t", None)

    def all(self):
        if not self.order:
            return []
        begin = Expected(("b", self.xid), f"{PREFIX}.transaction", None, "BEGIN", None)
        end = Expected(("e", self.xid), f"{PREFIX}.transaction", None, "END", self.order)
        return [begin, *self.records, end]


def message_record(identity, prefix, content):
    return Expected(identity, f"{PREFIX}.message", (("prefix", prefix),), "m", content)


def expected(rows):
    """rows: (lsn, xid, text) as pg_logical_slot_get_changes gives them. Yields (commit LSN, records of it)."""
    now = None
    for lsn, xid, text in rows:
        if text.startswith("BEGIN"):
            now = Transaction(xid)
        elif text.startswith("COMMIT"):
            yield lsn, now.all()
            now = None
        elif text.startswith("message: "):
            transactional, prefix, content = MESSAGE.match(text).groups()
            if transactional == "0":
                yield lsn, [message_record(("m", content), prefix, content)]
            else:
                now.order += 1
                now.records.append(message_record(("x", now.xid, now.order), prefix, content))
        elif (found := TRUNCATE.match(text)) is not None:
            now.truncate(found[1])
        else:
            found = CHANGE.match(text)
            if not found:
                raise ValueError(f"cannot read what test_decoding wrote: {text[:200]!r}")
            now.change(*found.groups())
