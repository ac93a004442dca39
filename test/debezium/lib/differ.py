"""Record by record, with the known differences taken out of the way before compare.py looks at raw text."""
import io, json, os, re

from golden import compare

from . import known
from golden.lib.records import write


def adjusted(name):
    """What field.name.adjustment.mode makes of a name: avro, avro_unicode."""
    units = lambda c: [int.from_bytes(pair, "big") for pair in zip(*[iter(c.encode("utf-16-be"))] * 2)]
    plain = lambda c: c.isascii() and c.isalnum()
    escaped = lambda c: "".join(f"_u00{unit:x}" if unit < 0x100 else f"_u{unit:x}" for unit in units(c))
    avro = "".join(c if plain(c) or c == "_" else "_" * len(units(c)) for c in name)
    unicode = "".join(c if plain(c) and (n or not c.isdigit()) else escaped(c) for n, c in enumerate(name))
    return {"_" + avro if avro[:1].isdigit() else avro, unicode}


class Node:
    """A JSON value: raw span and, for containers, children."""
    __slots__ = ("start", "end", "kind", "children")


class Tree:
    def __init__(self, text):
        self.text = text
        self.root, end = self.node(0)
        if end != len(text):
            raise ValueError(end)

    def node(self, at):
        node, text = Node(), self.text
        node.start, node.kind, node.children = at, "scalar", None
        if text[at] in "{[":
            node.kind, node.children, at = text[at], [], at + 1
            while text[at] not in "}]":
                name = len(node.children)
                if node.kind == "{":
                    match = compare.STRING.match(text, at)
                    name, at = json.loads(match[0]), match.end() + 1
                child, at = self.node(at)
                node.children.append((name, child))
                at += text[at] == ","
            node.end = at + 1
        else:
            match = compare.STRING.match(text, at) or re.compile(r"[^,\]}]+").match(text, at)
            node.end = match.end()
        return node, node.end

    def raw(self, node):
        return self.text[node.start:node.end]


class Differ:
    def __init__(self, columns, window=None):
        self.columns, self.accepted, self.window = columns, {}, window

    def column(self, table, path, key):
        """The catalogue's idea of the column that a path in a row, or in a key, is about."""
        steps = [step for step in path if isinstance(step, str)]
        if key:
            return self.columns.get(table, {}).get(self.original(table, steps[steps[0] == "payload"])) if steps[1:] or steps[:1] != ["payload"] else None
        for place in ("before", "after"):
            if place in steps[:2] and len(steps) > steps.index(place) + 1:
                return self.columns.get(table, {}).get(self.original(table, steps[steps.index(place) + 1]))
        return None

    def original(self, table, field):
        """The column of a field whose name was adjusted; None if several could be meant."""
        names = self.columns.get(table, {})
        if field in names:
            return field
        found = [name for name in names if field in adjusted(name)]
        return found[0] if len(found) == 1 else None

    def places(self, left, a, right, b, path, whole):
        """Pairs of nodes, as deep as possible, whose raw text differs."""
        if left.raw(a) == right.raw(b):
            return
        whole = whole + [right.raw(b)]
        same_shape = path[-1:] != ("data_collections",) and a.kind == b.kind and a.children is not None and [n for n, _ in a.children] == [n for n, _ in b.children]
        if not same_shape:
            yield path, a, b, whole
            return
        for (name, x), (_, y) in zip(a.children, b.children):
            yield from self.places(left, x, right, y, path + (name,), whole)

    def null_items(self, place):
        """A record with a NULL in an array whose items are required has a schema in which no items are."""
        return place.path[0] == "schema" and place.path[-2:] == ("items", "optional") and (place.debezium, place.ours) == ("false", "true")

    def shuffled(self, path, debezium, ours):
        """A transaction's messages are counted under a Java object's hash: it says where in the list they stand."""
        if path[-1:] != ("data_collections",) or "LogicalDecodingMessageId@" not in debezium:
            return False
        entries = lambda text: sorted(re.sub("@[0-9a-f]+", "@", json.dumps(entry)) for entry in json.loads(text) or [])
        return entries(debezium) == entries(ours)

    def reconcile(self, debezium, ours, table, key=False):
        """Debezium's text with every known wrong value replaced by ours."""
        try:
            left, right = Tree(debezium), Tree(ours)
        except (ValueError, IndexError, AttributeError, TypeError):
            return debezium
        edits, places, null_items = [], [], False
        for path, a, b, whole in self.places(left, left.root, right, right.root, (), []):
            place = known.Place(path, left.raw(a), right.raw(b), self.column(table, path, key) if path else None, whole, key)
            places.append((a, place))
            null_items |= known.odd_array(place) and None in json.loads(place.ours)
        for a, place in places:
            rule = next((rule for rule in known.RULES if rule(place)), None)
            if not rule and self.shuffled(place.path, place.debezium, place.ours):
                rule = self.shuffled
            name = rule.__name__ if rule else "null_items" if null_items and self.null_items(place) else None
            if name:
                self.accepted[name] = self.accepted.get(name, 0) + 1
                edits.append((a.start, a.end, place.ours))
        for start, end, text in sorted(edits, reverse=True):
            debezium = debezium[:start] + text + debezium[end:]
        return debezium

    def header(self, debezium, ours):
        """A header's text with floats as ours has them, if nothing else differs."""
        if not (isinstance(debezium, str) and isinstance(ours, str)) or debezium == ours:
            return debezium
        number = re.compile(r"-?\d+\.\d+(?:E-?\d+)?")
        pairs = list(zip(number.findall(debezium), number.findall(ours)))
        same = number.split(debezium) == number.split(ours) and all(a == b or known.float_text(known.Place((), a, b, None, [])) for a, b in pairs)
        self.accepted["float_text"] = self.accepted.get("float_text", 0) + same
        return ours if same else debezium

    def is_clock(self, number):
        """Of the round, in ms, us or ns."""
        return any(self.window[0] <= int(number) / scale <= self.window[1] for scale in (1e3, 1e6, 1e9))

    def clock(self, debezium, ours):
        """Debezium's text with our clock's readings: transforms put the envelope's anywhere."""
        if not (isinstance(debezium, str) and isinstance(ours, str)) or debezium == ours:
            return debezium
        number = re.compile(r"(?<!\d)\d{13,19}(?!\d)")
        pairs, at = list(zip(number.finditer(debezium), number.finditer(ours))), 0
        if number.split(debezium) != number.split(ours):
            return debezium
        result = ""
        for a, b in pairs:
            result += debezium[at:a.start()] + (b[0] if len(a[0]) == len(b[0]) and self.is_clock(a[0]) and self.is_clock(b[0]) else a[0])
            at = a.end()
        return result + debezium[at:]

    def without_clock(self, record, mate):
        return dict(record, key=self.clock(record["key"], mate["key"]), value=self.clock(record["value"], mate["value"]),
                    headers=[[name, self.clock(value, other)] for (name, value), (_, other) in zip(record["headers"], mate["headers"])] if len(record["headers"]) == len(mate["headers"]) else record["headers"])

    def table_of(self, value):
        match = isinstance(value, str) and re.search(r'"schema":("(?:[^"\\]|\\.)*"),"table":("(?:[^"\\]|\\.)*"),"txId"', value)
        return f"{json.loads(match[1])}.{json.loads(match[2])}" if match else None

    def align(self, debezium, ours):
        """Debezium's records, reconciled with the record of ours at the same place of the same topic."""
        places, result = {}, []
        for record in ours:
            places.setdefault((record["topic"], record["partition"]), []).append(record)
        counts = {}
        for record in debezium:
            topic = record["topic"], record["partition"]
            number = counts[topic] = counts.get(topic, -1) + 1
            mate = places.get(topic, [])[number:number + 1]
            if mate:
                record = self.without_clock(record, mate[0]) if self.window else dict(record)
                table = self.table_of(record["value"]) or self.table_of(mate[0]["value"])
                for part in ("key", "value"):
                    if isinstance(record[part], str) and isinstance(mate[0][part], str) and record[part] != mate[0][part]:
                        record[part] = self.reconcile(record[part], mate[0][part], table, part == "key")
                if len(record["headers"]) == len(mate[0]["headers"]):
                    record["headers"] = [[name, value if name.endswith(".runId") else self.header(value, other)]
                                         for (name, value), (_, other) in zip(record["headers"], mate[0]["headers"])]
            result.append(record)
        return result

    def compare(self, debezium, ours, folder, most):
        """(number of equal records, report or None)"""
        class Options:
            same_wal, ignore_partition, max = True, False, most
        left, right, out = os.path.join(folder, "debezium.reconciled.jsonl"), os.path.join(folder, "ours.jsonl"), io.StringIO()
        write(left, self.align(debezium, ours))
        write(right, ours)
        status = compare.compare(left, right, Options, out)
        equal = int(re.search(r"(\d+) records equal", out.getvalue())[1])
        return equal, out.getvalue() if status else None
