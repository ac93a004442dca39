#!/usr/bin/env python3
"""Compare two recordings (records.jsonl) byte for byte, apart from values that no two runs can share.

usage: compare.py [--same-wal] [--ignore-partition] [--max N] EXPECTED ACTUAL
       compare.py --self-test

Key, value and header texts are compared as raw text; JSON is scanned only to find where the volatile values
stand, never parsed and written again. Volatile values must correspond one to one between the two files (same
txId here, same txId there), positions and commit times must also rise and fall together, and the three
resolutions of one instant must agree. With --same-wal both sides decoded the same WAL: positions, txIds and
commit times must be equal too and only clock readings (envelope ts_*) and random ids may differ.
If case.json lies beside EXPECTED, its "volatile" rules are honoured (see README.md).
Exit status: 0 equal, 1 different, 2 unusable input.
"""
import argparse, difflib, json, os, re, sys

# ---------------------------------------------------------------- finding the volatile places

STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
SPACE = re.compile(r"[ \t\r\n]*")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Scan:
    """Scalars of a JSON text with their paths and places, and the key list of every object."""

    def __init__(self, text):
        self.text, self.scalars, self.objects = text, {}, {}
        try:
            at = self.value(self.blank(0), ())
            self.ok = self.blank(at) == len(text)
        except (ValueError, IndexError, RecursionError):
            self.ok = False

    def blank(self, at):
        return SPACE.match(self.text, at).end()

    def value(self, at, path):
        char = self.text[at]
        if char == "{":
            return self.members(at, path)
        if char == "[":
            return self.elements(at, path)
        match = STRING.match(self.text, at) if char == '"' else NUMBER.match(self.text, at) or re.compile("true|false|null").match(self.text, at)
        if not match:
            raise ValueError(at)
        self.scalars[path] = (match.start(), match.end())
        return match.end()

    def members(self, at, path):
        keys = self.objects[path] = []
        at = self.blank(at + 1)
        while self.text[at] != "}":
            match = STRING.match(self.text, at)
            if not match:
                raise ValueError(at)
            keys.append(match[0][1:-1])
            at = self.blank(match.end())
            if self.text[at] != ":":
                raise ValueError(at)
            at = self.blank(self.value(self.blank(at + 1), path + (keys[-1],)))
            if self.text[at] == ",":
                at = self.blank(at + 1)
                if self.text[at] == "}":
                    raise ValueError(at)
            elif self.text[at] != "}":
                raise ValueError(at)
        return at + 1

    def elements(self, at, path):
        at, n = self.blank(at + 1), 0
        while self.text[at] != "]":
            at = self.blank(self.value(at, path + (n,)))
            n += 1
            if self.text[at] == ",":
                at = self.blank(at + 1)
            elif self.text[at] != "]":
                raise ValueError(at)
        return at + 1

    def raw(self, path):
        place = self.scalars.get(path)
        return None if place is None else self.text[place[0]:place[1]]


# Classes of volatile values. "bind": one-to-one between the files; "order": also monotone; else only the shape counts.
BIND = {"txid", "lsn", "commit_lsn", "message_lsn", "snapshot_lsn", "commit_time", "snapshot_time", "xmin", "uuid", "origin_lsn", "id"}
ORDER = {"lsn", "commit_lsn", "message_lsn", "commit_time"}
CLOCK = {"now", "now_ms", "uuid", "clock", "any"}        # may differ even with --same-wal


class Text:
    """One key, value or header: raw text, volatile spans [(start, end, class, identity)], complaints."""

    def __init__(self, raw):
        self.raw, self.spans, self.complaints = raw, [], []

    def mark(self, start, end, kind, identity=None):
        self.spans.append((start, end, kind, self.raw[start:end] if identity is None else identity))

    def skeleton(self, same_wal):
        out, at = [], 0
        for start, end, kind, _ in sorted(self.spans):
            if start < at or (same_wal and kind not in CLOCK):
                continue
            out.append(self.raw[at:start] + "<" + kind + ">")
            at = end
        return "".join(out) + self.raw[at:]


def mark_number(text, scan, path, kind, identity=None):
    raw = scan.raw(path)
    if raw and re.fullmatch(r"-?[0-9]+", raw):
        text.mark(*scan.scalars[path], kind, identity)
        return int(raw)
    return None


def mark_instant(text, scan, base, kind, where):
    """ts_ms, ts_us, ts_ns below base are one instant."""
    values = {unit: scan.raw(base + ("ts_" + unit,)) for unit in ("ms", "us", "ns")}
    numbers = {u: int(v) for u, v in values.items() if v and re.fullmatch(r"-?[0-9]+", v)}
    if "us" in numbers and "ms" in numbers and numbers["us"] // 1000 != numbers["ms"]:
        text.complaints.append(f"{where}: ts_ms {numbers['ms']} is not the instant of ts_us {numbers['us']}")
    if "ns" in numbers and "us" in numbers and numbers["ns"] // 1000 != numbers["us"]:
        text.complaints.append(f"{where}: ts_us {numbers['us']} is not the instant of ts_ns {numbers['ns']}")
    if kind == "commit_time" and numbers.get("ns", 0) % 1000:
        text.complaints.append(f"{where}: ts_ns {numbers['ns']} of a commit time must end in 000")
    identity = str(numbers["us"]) if "us" in numbers and kind in BIND else None
    for unit in numbers:
        text.mark(*scan.scalars[base + ("ts_" + unit,)], kind if identity or kind not in BIND else "any", identity)


def mark_transaction_id(text, scan, path, lsn_kind):
    raw = scan.raw(path)
    match = raw and re.fullmatch(r'"(\d+):(\d+)"', raw)
    if match:
        at = scan.scalars[path][0]
        text.mark(at + match.start(1), at + match.end(1), "txid")
        text.mark(at + match.start(2), at + match.end(2), lsn_kind)


def mark_sequence(text, scan, path, lsn_kind, lsn):
    raw = scan.raw(path)
    match = raw and re.fullmatch(r'"\[(?:null|\\"(\d+)\\"),(?:null|\\"(\d+)\\")\]"', raw)
    if not match:
        return
    at = scan.scalars[path][0]
    if match[1]:
        text.mark(at + match.start(1), at + match.end(1), "commit_lsn")
    if match[2]:
        text.mark(at + match.start(2), at + match.end(2), lsn_kind)
        if lsn is not None and int(match[2]) != lsn:
            text.complaints.append(f"source: second element of sequence {match[2]} is not lsn {lsn}")


def mark_source(text, scan, base, op):
    snapshot = scan.raw(base + ("snapshot",))
    streaming, incremental = snapshot in ('"false"', "null", None), snapshot == '"incremental"'
    lsn_kind = "message_lsn" if op == '"m"' else "lsn" if streaming or incremental else "snapshot_lsn"
    mark_instant(text, scan, base, "commit_time" if streaming else "clock" if incremental else "snapshot_time", "source")
    mark_number(text, scan, base + ("txId",), "txid")
    lsn = mark_number(text, scan, base + ("lsn",), lsn_kind)
    mark_number(text, scan, base + ("xmin",), "xmin")
    mark_number(text, scan, base + ("origin_lsn",), "origin_lsn")
    mark_sequence(text, scan, base + ("sequence",), "any" if incremental else lsn_kind, lsn)
    return lsn_kind


def value_shape(scan, base):
    keys = scan.objects.get(base, [])
    if "op" in keys and "source" in keys and base + ("source",) in scan.objects:
        return "event"
    if keys == ["status", "id", "event_count", "data_collections", "ts_ms"]:
        return "transaction"
    if keys == ["id", "type", "aggregate_type", "additional_data", "timestamp"]:
        return "notification"
    if keys == ["ts_ms"]:
        return "heartbeat"
    return None


def payload_base(scan):
    return ("payload",) if scan.objects.get(()) == ["schema", "payload"] else ()


def mark_value(text):
    scan = Scan(text.raw)
    if not scan.ok:
        return None
    base = payload_base(scan)
    shape = value_shape(scan, base)
    if shape == "event":
        lsn_kind = mark_source(text, scan, base + ("source",), scan.raw(base + ("op",)))
        mark_transaction_id(text, scan, base + ("transaction", "id"), lsn_kind)
        mark_instant(text, scan, base, "now", "envelope")
    elif shape == "transaction":
        status = scan.raw(base + ("status",))
        mark_transaction_id(text, scan, base + ("id",), "commit_lsn" if status == '"END"' else "lsn")
        mark_number(text, scan, base + ("ts_ms",), "commit_time_ms")
        for match in re.finditer(r"LogicalDecodingMessageId@([0-9a-f]+)", text.raw):    # a Java object's identity
            text.mark(match.start(1), match.end(1), "any")
        return shape, status
    elif shape == "notification":
        mark_number(text, scan, base + ("timestamp",), "now_ms")
        if re.fullmatch('"' + UUID + '"', scan.raw(base + ("id",)) or ""):
            text.mark(*scan.scalars[base + ("id",)], "uuid")
    elif shape == "heartbeat":
        mark_number(text, scan, base + ("ts_ms",), "now_ms")
    return shape, None


def mark_key(text, shape):
    scan = Scan(text.raw)
    if not scan.ok or not shape:
        return
    path = payload_base(scan) + ("id",)
    if shape[0] == "transaction":
        mark_transaction_id(text, scan, path, "commit_lsn" if shape[1] == '"END"' else "lsn")
    elif shape[0] == "notification" and re.fullmatch('"' + UUID + '"', scan.raw(path) or ""):
        text.mark(*scan.scalars[path], "uuid")


class Record:
    def __init__(self, line, where, rules):
        self.where = where
        self.topic, self.partition = line["topic"], line.get("partition", 0)
        self.parts = {}
        shape = None
        for name in ("value", "key"):
            content = line[name]
            text = self.parts[name] = Text("null (no bytes)" if content is None else "b64:" + content["b64"] if isinstance(content, dict) else content)
            if isinstance(content, str):
                if name == "value":
                    shape = mark_value(text)
                else:
                    mark_key(text, shape)
        for n, (name, content) in enumerate(line.get("headers", [])):
            text = self.parts[f"header {n} {name}"] = Text("null (no bytes)" if content is None else "b64:" + content["b64"] if isinstance(content, dict) else content)
            wrapped = r'\{"schema":\{"type":"string","optional":false\},"payload":"%s"\}' % UUID
            if name == "__debezium.context.runId" and re.fullmatch(f'{UUID}|"{UUID}"|{wrapped}', text.raw):
                match = re.search(UUID, text.raw)
                text.mark(match.start(), match.end(), "uuid")
        for rule in rules:
            if re.fullmatch(rule.get("topic", ".*"), self.topic):
                self.apply(rule)

    def apply(self, rule):
        for name, text in self.parts.items():
            wanted = name.split(" ", 2)[-1] == rule["header"] and name.startswith("header ") if "header" in rule else rule.get("part", "value") == name
            if wanted:
                for match in re.finditer(rule["re"], text.raw):
                    text.spans = [span for span in text.spans if span[1] <= match.start(1) or span[0] >= match.end(1)]
                    text.mark(match.start(1), match.end(1), rule.get("class", "any"))

    def skeleton(self, same_wal, ignore_partition):
        return (None if ignore_partition else self.partition,) + tuple((n, t.skeleton(same_wal)) for n, t in self.parts.items())


# ---------------------------------------------------------------- comparing

class Correspondence:
    """One-to-one relation between the volatile values of the two files."""

    def __init__(self):
        self.there, self.back = {}, {}

    def bind(self, kind, expected, actual, where):
        if kind not in BIND:
            return None
        seen, seen_back = self.there.get((kind, expected)), self.back.get((kind, actual))
        if seen is None and seen_back is None:
            self.there[kind, expected] = (actual, where)
            self.back[kind, actual] = (expected, where)
            return None
        if seen and seen[0] == actual:
            return None
        if seen:
            return f"{kind} {expected} stood for {seen[0]} in {seen[1]}, here for {actual}"
        return f"{kind} {actual} stood for expected {seen_back[0]} in {seen_back[1]}, here for {expected}"

    def disorder(self):
        for kind in sorted(ORDER):
            pairs = sorted((int(e), int(a[0]), a[1]) for (k, e), a in self.there.items() if k == kind)
            for (e1, a1, w1), (e2, a2, w2) in zip(pairs, pairs[1:]):
                if a1 > a2:
                    return f"{kind}: expected {e1} ({w1}) before {e2} ({w2}), but actual {a1} comes after {a2}"
        return None


def window(text, at, width=70):
    start = max(0, at - width)
    return ("…" if start else "") + text[start:at + width] + ("…" if at + width < len(text) else ""), at - start + (1 if start else 0)


def text_difference(name, expected, actual):
    at = next((i for i, (a, b) in enumerate(zip(expected, actual)) if a != b), min(len(expected), len(actual)))
    e, caret = window(expected, at)
    a, _ = window(actual, at)
    return f"{name} differs at character {at}\n  expected: {e!r}\n  actual:   {a!r}\n            {' ' * (len(repr(e[:caret])) - 1)}^"


def compare_pair(e, a, options, links):
    if not options.ignore_partition and e.partition != a.partition:
        return f"partition: expected {e.partition}, actual {a.partition}"
    if list(e.parts) != list(a.parts):
        names = lambda r: ", ".join(n for n in r.parts if n.startswith("header")) or "none"
        return f"headers: expected {names(e)}; actual {names(a)}"
    for name, expected in e.parts.items():
        actual = a.parts[name]
        es, as_ = expected.skeleton(options.same_wal), actual.skeleton(options.same_wal)
        if es != as_:
            return text_difference(name, es, as_)
        if actual.complaints and not (options.same_wal and actual.complaints == expected.complaints):
            return f"{name}: {actual.complaints[0]}"
        for x, y in zip(sorted(expected.spans), sorted(actual.spans)):
            if options.same_wal and x[2] not in CLOCK:
                continue
            problem = links.bind(x[2], x[3], y[3], f"{e.topic} {e.where}")
            if problem:
                return f"{name}: {problem}"
    return None


def read(path, rules):
    topics = {}
    with open(path, encoding="utf-8", newline="\n") as handle:
        for number, line in enumerate(handle.read().split("\n"), 1):
            if line:
                record = Record(json.loads(line), f"line {number}", rules)
                topics.setdefault((record.topic, record.partition), []).append(record)
    return topics


def pairs_of(expected, actual, options):
    """Aligned pairs (expected or None, actual or None); alignment ignores identities, so one slip costs one record."""
    left = [r.skeleton(options.same_wal, options.ignore_partition) for r in expected]
    right = [r.skeleton(options.same_wal, options.ignore_partition) for r in actual]
    if left == right:
        return list(zip(expected, actual))
    result = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for k in range(max(i2 - i1, j2 - j1)):
            result.append((expected[i1 + k] if i1 + k < i2 else None, actual[j1 + k] if j1 + k < j2 else None))
    return result


def merge_partitions(topics):
    merged = {}
    for (topic, _), records in topics.items():
        merged.setdefault((topic, None), []).extend(records)
    return merged


def comparison(expected_path, actual_path, options, case=None):
    """How many records are equal, and what differs; case: the case.json, if it does not lie beside EXPECTED."""
    rules = []
    case = case or os.path.join(os.path.dirname(os.path.abspath(expected_path)), "case.json")
    if os.path.exists(case):
        with open(case, encoding="utf-8") as handle:
            rules = json.load(handle).get("volatile", [])
    expected, actual = read(expected_path, rules), read(actual_path, rules)
    if options.ignore_partition:
        expected, actual = merge_partitions(expected), merge_partitions(actual)
    links, equal, differences = Correspondence(), 0, []
    for place in sorted(set(expected) | set(actual), key=str):
        for e, a in pairs_of(expected.get(place, []), actual.get(place, []), options):
            where = f"{place[0]}" + (f"[{place[1]}]" if place[1] else "")
            if a is None:
                problem = "missing record: " + e.parts["key"].raw[:100] + " -> " + e.parts["value"].raw[:160]
            elif e is None:
                problem = "unexpected record: " + a.parts["key"].raw[:100] + " -> " + a.parts["value"].raw[:160]
            else:
                problem = compare_pair(e, a, options, links)
            if problem:
                lines = f"expected {e.where}" if e else "expected nothing"
                differences.append(f"{where}, {lines}, {'actual ' + a.where if a else 'actual nothing'}: {problem}")
            else:
                equal += 1
    disorder = None if options.same_wal else links.disorder()
    if disorder:
        differences.append("order of positions: " + disorder)
    return equal, differences


def compare(expected_path, actual_path, options, out=sys.stdout):
    equal, differences = comparison(expected_path, actual_path, options)
    return report(equal, differences, options, out)


def report(equal, differences, options, out):
    for difference in differences[:options.max]:
        print(difference, file=out)
    if len(differences) > options.max:
        print(f"… and {len(differences) - options.max} more differences (--max)", file=out)
    print(f"{equal} records equal, {len(differences)} differ", file=out)
    return 1 if differences else 0


# ---------------------------------------------------------------- self-test

def sample(shift=0, step=1):
    """Two transactions on one table and their metadata; shift and step renumber everything volatile."""
    def lsn(n):
        return 1000 + shift + n * step * 8

    def event(op, row, tx, position, commit, order):
        us = 1700000000000000 + shift * 1000 + tx * step * 777
        now = 1700000000500000123 + shift * 7919 + order * 1001
        head = "null" if commit is None else '\\"%d\\"' % lsn(commit)
        return ('{"before":null,"after":%s,"source":{"version":"3.7.0.Final","ts_ms":%d,"snapshot":"false","db":"d","sequence":"[%s,\\"%d\\"]",'
                '"ts_us":%d,"ts_ns":%d000,"schema":"public","table":"t","txId":%d,"lsn":%d,"xmin":null},"transaction":{"id":"%d:%d","total_order":1,'
                '"data_collection_order":1},"op":"%s","ts_ms":%d,"ts_us":%d,"ts_ns":%d}') % (
            row, us // 1000, head, lsn(position), us, us, 700 + shift + tx, lsn(position), 700 + shift + tx, lsn(position), op,
            now // 1000000, now // 1000, now)
    run = "01a1fb10-fc77-79c2-85e7-%012x" % (shift + 5)
    headers = [["__debezium.context.taskId", "0"], ["__debezium.context.runId", run]]
    records = []
    for key, op, row, tx, position, commit in ((1, "c", '{"id":1,"lsn":5,"t":"é/\\u0001","f":1.0}', 1, 1, None), (2, "c", '{"id":2,"lsn":6,"t":null,"f":1.0E7}', 1, 2, None),
                                               (1, "d", "null", 2, 4, 4), (3, "c", '{"id":3,"lsn":7,"t":"","f":0.0}', 3, 6, 5)):
        records.append({"topic": "app.public.t", "partition": 0, "key": '{"id":%d}' % key, "value": event(op, row, tx, position, commit, len(records)), "headers": [list(h) for h in headers]})
        if op == "d":
            records.append({"topic": "app.public.t", "partition": 0, "key": '{"id":%d}' % key, "value": None, "headers": [list(h) for h in headers]})
    records.append({"topic": "app.transaction", "partition": 0, "key": '{"id":"%d:%d"}' % (701 + shift, lsn(4)),
                    "value": '{"status":"END","id":"%d:%d","event_count":2,"data_collections":[],"ts_ms":%d}' % (701 + shift, lsn(4), 1700000000000 + shift), "headers": []})
    return records


def self_test():
    import io, tempfile

    def swap(path, old, new, count=1):
        def change(records):
            target, name = records[path[0]], path[1]
            if isinstance(name, tuple):
                target["headers"][name[0]][name[1]] = new
                return
            assert old in target[name], (path, old)
            target[name] = target[name].replace(old, new, count)
        return change

    def number(record, name, change):
        def mutate(records):
            text = records[record]["value"]
            records[record]["value"] = re.sub(name, lambda m: m[1] + str(change(int(m[2]))) + m[3], text, count=1)
        return mutate
    mutations = {
        "white space": swap((0, "value"), ',"op"', ', "op"'),
        "key order": swap((0, "value"), '"id":1,"lsn":5', '"lsn":5,"id":1'),
        "escape form": swap((0, "value"), "é", "\\u00e9"),
        "escaped slash": swap((0, "value"), "/", "\\/"),
        "escape case": swap((0, "value"), "\\u0001", "\\U0001"),
        "number form": swap((0, "value"), '"f":1.0', '"f":1.00'),
        "column named lsn": swap((0, "value"), '"lsn":5', '"lsn":6'),
        "null against empty": swap((1, "value"), '"t":null', '"t":""'),
        "column dropped": swap((1, "value"), ',"t":null', ""),
        "broken JSON": swap((0, "value"), '"op":"c"', '"op":"c",'),
        "operation": swap((0, "value"), '"op":"c"', '"op":"r"'),
        "key text": swap((0, "key"), '{"id":1}', '{"id": 1}'),
        "null key": lambda r: r[0].update(key=None),
        "null value": lambda r: r[0].update(value=None),
        "tombstone as text": lambda r: r[3].update(value="null"),
        "tombstone missing": lambda r: r.pop(3),
        "record missing": lambda r: r.pop(1),
        "record twice": lambda r: r.insert(1, dict(r[0])),
        "records swapped": lambda r: r.insert(0, r.pop(1)),
        "other topic": lambda r: r[1].update(topic="app.public.u"),
        "partition": lambda r: r[1].update(partition=1),
        "header missing": lambda r: r[0]["headers"].pop(),
        "header order": lambda r: r[0]["headers"].reverse(),
        "header value": swap((0, (0, 1)), None, "1"),
        "header null": swap((0, (0, 1)), None, None),
        "header name": swap((0, (0, 0)), None, "__debezium.context.taskid"),
        "another run id": swap((1, (1, 1)), None, "01a1fb10-fc77-79c2-85e7-aaaaaaaaaaaa"),
        "run id malformed": swap((1, (1, 1)), None, "x"),
        "txId of another transaction": number(1, r'("txId":)(\d+)(,)', lambda n: n + 1),
        "txId null": lambda r: r[0].update(value=re.sub(r'"txId":\d+', '"txId":null', r[0]["value"])),
        "lsn differs from sequence": number(1, r'("xmin":null},"transaction":{"id":"\d+:)(\d+)(")', lambda n: n + 1),
        "sequence first null": lambda r: r[4].update(value=re.sub(r'\[\\"\d+\\"', "[null", r[4]["value"])),
        "sequence first of another commit": lambda r: r[4].update(value=re.sub(r'\[\\"\d+\\"', re.search(r'\[\\"\d+\\"', r[2]["value"])[0].replace("\\", "\\\\"), r[4]["value"])),
        "lsn order": lambda r: _swap_positions(r),
        "source ts_ms": number(0, r'("ts_ms":)(\d+)(,"snapshot")', lambda n: n + 1),
        "source ts_us": number(0, r'("ts_us":)(\d+)(,)', lambda n: n + 1),
        "commit time with nanoseconds": number(0, r'("ts_ns":)(\d+)(,"schema")', lambda n: n + 1),
        "commit time differs in one transaction": lambda r: r[1].update(value=_other_commit_time(r[1]["value"])),
        "envelope ts_us": number(0, r'("ts_us":)(\d+)(,"ts_ns":\d+})', lambda n: n + 1),
        "envelope ts_ms as text": lambda r: r[0].update(value=re.sub(r'"op":"c","ts_ms":(\d+)', r'"op":"c","ts_ms":"\1"', r[0]["value"])),
        "END of another commit": number(5, r'("id":"\d+:)(\d+)(")', lambda n: n + 8),
        "END key other than value": lambda r: r[5].update(key=re.sub(r":(\d+)\"", ':77"', r[5]["key"])),
    }
    options = argparse.Namespace(same_wal=False, ignore_partition=False, max=3)
    failures, directory = 0, tempfile.mkdtemp()

    def verdict(left, right, same_wal=False):
        paths = []
        for name, records in (("a", left), ("b", right)):
            paths.append(os.path.join(directory, name))
            with open(paths[-1], "w", encoding="utf-8") as handle:
                handle.write("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records))
        out = io.StringIO()
        return compare(*paths, argparse.Namespace(**dict(vars(options), same_wal=same_wal)), out), out.getvalue()

    def expect(name, wanted, got):
        nonlocal failures
        if got[0] != wanted:
            failures += 1
            print(f"FAIL {name}: expected {'equal' if wanted == 0 else 'a difference'}\n{got[1]}")
    expect("identical", 0, verdict(sample(), sample()))
    expect("another recording", 0, verdict(sample(), sample(90000, 3)))
    expect("another recording is not the same WAL", 1, verdict(sample(), sample(90000, 3), True))
    clock = sample()
    for record in clock[:1]:
        record["value"] = re.sub(r'"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+}', '"ts_ms":5,"ts_us":5000,"ts_ns":5000001}', record["value"])
    expect("same WAL, other clock", 0, verdict(sample(), clock, True))
    for name, mutate in mutations.items():
        changed = json.loads(json.dumps(sample(90000, 3)))
        mutate(changed)
        expect(name, 1, verdict(sample(), changed))
    for name in ("txId of another transaction", "source ts_us", "white space", "envelope ts_us", "header value", "record missing"):
        changed = json.loads(json.dumps(sample()))
        mutations[name](changed)
        expect(name + ", same WAL", 1, verdict(sample(), changed, True))
    for name in os.listdir(directory):
        os.unlink(os.path.join(directory, name))
    os.rmdir(directory)
    print(f"self-test: {len(mutations)} mutations, {failures} failures")
    return 1 if failures else 0


def _swap_positions(records):
    """Exchange the positions of the two records of the first transaction everywhere."""
    first, second = (re.search(r'"lsn":(\d+),"xmin"', records[i]["value"])[1] for i in (0, 1))
    for i, (old, new) in ((0, (first, second)), (1, (second, first))):
        records[i]["value"] = re.sub(r"\b%s\b" % old, new, records[i]["value"])


def _other_commit_time(value):
    us = int(re.search(r'"ts_us":(\d+),"ts_ns":\d+,"schema"', value)[1])
    value = value.replace(f'"ts_ms":{us // 1000},"snapshot"', f'"ts_ms":{us // 1000 + 1},"snapshot"')
    return value.replace(f'"ts_us":{us},"ts_ns":{us}000', f'"ts_us":{us + 1000},"ts_ns":{us + 1000}000')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("expected", nargs="?")
    parser.add_argument("actual", nargs="?")
    parser.add_argument("--same-wal", action="store_true")
    parser.add_argument("--ignore-partition", action="store_true")
    parser.add_argument("--max", type=int, default=3, help="differences to print (default 3)")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        sys.exit(self_test())
    if not options.expected or not options.actual:
        parser.error("EXPECTED and ACTUAL are needed")
    try:
        sys.exit(compare(options.expected, options.actual, options))
    except (OSError, ValueError, KeyError) as error:
        print(f"compare: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
