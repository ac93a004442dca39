"""Compares what arrived with what must have arrived, record by record and transaction by transaction. Pure.

A record is recognised by the transaction it belongs to and its place there, so it cannot stand for another:
lost       expected and not there
repeated   there once more
foreign    there and not expected (of a transaction that was rolled back, say)
wrong      there with another topic, key, operation or content
disorder   its first copy came before one that precedes it, in the same partition
torn       transactions of which a part is missing, or of which a consumer could see a part (see Sample)
"""
import base64, json
from collections import Counter, namedtuple

# value is None for a tombstone, else the parsed JSON; key is a tuple of (name, value) pairs or None
Record = namedtuple("Record", "topic partition offset key value")
# Where a read_committed consumer's view of the partitions ended at one moment: {(topic, partition): offset}
Sample = dict

FAULTS = ("lost", "repeated", "foreign", "wrong", "disorder", "torn")
TRANSACTIONS = "app.transaction"


def parse(topic, partition, offset, key, value):
    pairs = tuple(json.loads(key).items()) if key is not None else None
    return Record(topic, partition, offset, pairs, needed(json.loads(value)) if value is not None else None)


def needed(value):
    """The rest of a value is only large."""
    if "source" in value:
        value["source"] = {"txId": value["source"]["txId"]}
        value.pop("before", None)
    return value


class Verdict:
    def __init__(self):
        self.counts = Counter({name: 0 for name in FAULTS})
        self.records = self.transactions = 0
        self.examples = []

    def add(self, fault, what):
        self.counts[fault] += 1
        if self.counts[fault] <= 5:
            self.examples.append(f"{fault}: {what}")

    def bad(self, repeats_allowed):
        """The faults found, by name; repeated records are none where they are allowed."""
        return {name: n for name, n in self.counts.items() if n and not (repeats_allowed and name == "repeated")}


def content(record):
    """(op, row or text) of a record."""
    value = record.value
    if value is None:
        return None, None
    if "status" in value:
        return value["status"], value["event_count"]
    if value["op"] == "m":
        return "m", base64.b64decode(value["message"]["content"]).decode()
    return value["op"], value["after"]


class Checker:
    """Lives as long as the topics: records of earlier rounds may come again."""

    def __init__(self):
        self.seen = set()
        self.deletes = {}

    def identity(self, record):
        value, place = record.value, (record.topic, record.partition, record.key)
        if value is None:
            return ("t", *self.deletes.get(place, (None, None)))
        if record.topic == TRANSACTIONS:
            return ("b" if value["status"] == "BEGIN" else "e", int(value["id"].partition(":")[0]))
        if value["transaction"] is None:
            return ("m", content(record)[1])
        found = ("x", value["source"]["txId"], value["transaction"]["total_order"])
        if value["op"] == "d":
            self.deletes[place] = found[1:]
        return found

    def round(self, expected, observed, samples=(), split=None):
        """expected: records in the order of commits. observed: {(topic, partition): [Record] in the order of offsets}.

        Returns the verdict and, by partition, the records without repeated ones. split: {xid: {n}}, what may be seen of
        a transaction that was committed in parts: its first n records, and nothing between.
        """
        verdict = Verdict()
        wanted = {item.identity: (index, item) for index, item in enumerate(expected)}
        places = {}
        first = {}
        for partition, records in observed.items():
            first[partition] = self.partition(records, wanted, places, verdict)
        for identity, (_, item) in wanted.items():
            if identity not in self.seen:
                verdict.add("lost", f"{item.identity} {item.topic} {item.key} {item.op}")
        self.whole(wanted, verdict)
        self.visible(places, samples, self.cuts(expected, split or {}), verdict)
        verdict.records = len(expected)
        verdict.transactions = sum(1 for item in expected if item.identity[0] in "bm")
        return verdict, first

    def partition(self, records, wanted, places, verdict):
        last, first = -1, []
        for record in records:
            identity = self.identity(record)
            places.setdefault(identity[1], {}).setdefault((record.topic, record.partition), []).append((record.offset, identity))
            if identity in self.seen:
                verdict.add("repeated", f"{identity} at {record.topic}-{record.partition}@{record.offset}")
                continue
            self.seen.add(identity)
            if identity not in wanted:
                verdict.add("foreign", f"{identity} {record}")
                continue
            index, item = wanted[identity]
            if index < last:
                verdict.add("disorder", f"{identity} at {record.topic}-{record.partition}@{record.offset}")
            last = max(last, index)
            if (record.topic, *content(record)) != (item.topic, item.op, item.row) or (record.key != item.key and record.topic != TRANSACTIONS):
                verdict.add("wrong", f"{item} arrived as {record}")
            first.append(record)
        return first

    def whole(self, wanted, verdict):
        """Each transaction is there whole or not at all."""
        there, missing = set(), set()
        for identity in wanted:
            (there if identity in self.seen else missing).add(identity[1])
        for xid in there & missing:
            verdict.add("torn", f"transaction {xid} is there in part")

    def cuts(self, expected, split):
        """{xid: [identities that one part after another completes]}"""
        records = {xid: [] for xid in split}
        for item in expected:
            if item.identity[1] in records:
                records[item.identity[1]].append(item.identity)
        return {xid: [set(records[xid][:n]) for n in sizes] for xid, sizes in split.items()}

    def visible(self, places, samples, cuts, verdict):
        """At no sampled moment did the view of a partition end inside a transaction, but where it was split on purpose."""
        ends = {}
        for sample in samples:
            for partition, offset in sample.items():
                ends.setdefault(partition, set()).add(offset)
        for xid, partitions in places.items():
            for partition, offsets in partitions.items():
                first, last = offsets[0][0], offsets[-1][0]
                inside = [end for end in ends.get(partition, ()) if first < end <= last and not self.marked(offsets, end, cuts.get(xid, ()))]
                if inside:
                    verdict.add("torn", f"transaction {xid}: a consumer saw {partition} end at {inside[0]}, its records are at {first}..{last}")

    def marked(self, offsets, end, cuts):
        """Is what stands before the end, and nothing after it, in the parts up to one of the cuts?"""
        return any(all((identity in cut) == (offset < end) for offset, identity in offsets) for cut in cuts)
