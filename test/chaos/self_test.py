#!/usr/bin/python3
"""The checker, checked: what test_decoding writes is read right, and whatever is wrong with a record is noticed. TAP."""
import base64, json, os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.checker import Checker, parse
from lib.decoded import PLACEHOLDER, columns, expected, tuples
from lib.replay import Replay

number = failed = 0


def check(name, got, want):
    global number, failed
    number, failed = number + 1, failed + (got != want)
    print(f"{'ok' if got == want else 'not ok'} {number} - {name}")
    if got != want:
        print(f"# got  {got!r}\n# want {want!r}")


# Two transactions and a message between them, as test_decoding tells them.
DECODED = [
    (100, 7, "BEGIN 7"),
    (100, 7, "table public.account: INSERT: id[integer]:1 n[integer]:1 note[text]:'it''s'"),
    (110, 7, "table public.account: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 n[integer]:1 note[text]:'it''s'"),
    (120, 7, "message: transactional: 1 prefix: chaos, sz: 2 content:in"),
    (130, 7, "table public.account: DELETE: id[integer]:2"),
    (140, 7, "COMMIT 7"),
    (150, 0, "message: transactional: 0 prefix: chaos, sz: 3 content:out"),
    (160, 8, "BEGIN 8"),
    (160, 8, "table public.doc: INSERT: id[integer]:5 title[text]:null body[text]:'b'"),
    (170, 8, "table public.doc: UPDATE: id[integer]:5 title[text]:'t' body[text]:unchanged-toast-datum"),
    (180, 8, "table public.event, public.pair: TRUNCATE: (no-flags)"),
    (190, 8, "COMMIT 8"),
    (200, 9, "BEGIN 9"),
    (210, 9, "COMMIT 9"),
]


class Topics:
    """What a relay without faults would have written."""

    def __init__(self):
        self.partitions = {}

    def put(self, topic, key, value):
        records = self.partitions.setdefault((topic, 0), [])
        key = json.dumps(key) if key is not None else None
        records.append(parse(topic, 0, len(records), key, json.dumps(value) if value is not None else None))

    def change(self, table, key, op, xid, order, after=None):
        self.put(f"app.public.{table}", key, {"op": op, "after": after, "source": {"txId": xid}, "transaction": {"total_order": order}})
        if op == "d":
            self.put(f"app.public.{table}", key, None)

    def message(self, text, xid, order):
        self.put("app.message", {"prefix": "chaos"}, {"op": "m", "source": {"txId": xid}, "transaction": order and {"total_order": order},
                                                      "message": {"content": base64.b64encode(text.encode()).decode()}})

    def transaction(self, status, xid, count=None):
        self.put("app.transaction", {"id": f"{xid}:1"}, {"status": status, "id": f"{xid}:1", "event_count": count})


def arrived():
    topics = Topics()
    topics.transaction("BEGIN", 7)
    topics.change("account", {"id": 1}, "c", 7, 1, {"id": 1, "n": 1, "note": "it's"})
    topics.change("account", {"id": 1}, "d", 7, 2)
    topics.change("account", {"id": 2}, "c", 7, 3, {"id": 2, "n": 1, "note": "it's"})
    topics.message("in", 7, 4)
    topics.change("account", {"id": 2}, "d", 7, 5)
    topics.transaction("END", 7, 5)
    topics.message("out", None, None)
    topics.transaction("BEGIN", 8)
    topics.change("doc", {"id": 5}, "c", 8, 1, {"id": 5, "title": None, "body": "b"})
    topics.change("doc", {"id": 5}, "u", 8, 2, {"id": 5, "title": "t", "body": PLACEHOLDER})
    topics.change("event", None, "t", 8, 3)
    topics.change("pair", None, "t", 8, 4)
    topics.transaction("END", 8, 4)
    return topics.partitions


def wanted():
    return [record for _, records in expected(DECODED) for record in records]


def judge(partitions, samples=()):
    return Checker().round(wanted(), partitions, samples)[0].bad(False)


def reading():
    check("quotes and nulls", columns("id[integer]:-1 note[text]:'a ''b'' new-tuple: c[text]:' v[bigint]:null good[boolean]:true"),
          {"id": -1, "note": "a 'b' new-tuple: c[text]:", "v": None, "good": True})
    old, new = tuples("old-key: a[integer]:1 b[text]:' new-tuple: x' new-tuple: a[integer]:2 b[text]:''")
    check("old and new of a change", (old, new), ({"a": 1, "b": " new-tuple: x"}, {"a": 2, "b": ""}))
    try:
        columns("id[integer]:'open")
        check("a line that cannot be read is an error", False, True)
    except ValueError:
        check("a line that cannot be read is an error", True, True)
    check("identities", [record.identity for record in wanted()],
          [("b", 7), ("x", 7, 1), ("x", 7, 2), ("t", 7, 2), ("x", 7, 3), ("x", 7, 4), ("x", 7, 5), ("t", 7, 5), ("e", 7), ("m", "out"),
           ("b", 8), ("x", 8, 1), ("x", 8, 2), ("x", 8, 3), ("x", 8, 4), ("e", 8)])


def judging():
    check("all in order", judge(arrived()), {})
    for partition, records in arrived().items():
        for at in range(len(records)):
            fault = judge({**arrived(), partition: records[:at] + records[at + 1:]})
            kind = "a record" if records[at].value is not None else "a tombstone"
            check(f"{kind} of {partition[0]} dropped ({at})", fault, when_dropped(records[at]))
            check(f"{kind} of {partition[0]} doubled ({at})", judge({**arrived(), partition: records[:at + 1] + records[at:]}), {"repeated": 1})
    partitions = {**arrived()}
    records = partitions["app.public.doc", 0]
    check("swapped", judge({**partitions, ("app.public.doc", 0): records[::-1]}), {"disorder": 1})
    torn = {key: [record for record in found if "'txId': 8" not in str(record) and "'8:1'" not in str(record)] for key, found in partitions.items()}
    check("a whole transaction dropped is lost, not torn", judge(torn), {"lost": 6})
    check("a view that ends inside a transaction", judge(partitions, [{("app.public.doc", 0): 1}]), {"torn": 1})
    for n, verdict in ((1, {"torn": 1}), (2, {}), (3, {"torn": 1})):
        check(f"of one that progress says was split after {n} records",
              Checker().round(wanted(), partitions, [{("app.public.doc", 0): 1}], {8: {n}})[0].bad(False), verdict)
    check("views that end between transactions", judge(partitions, [{("app.public.doc", 0): 0, ("app.transaction", 0): 2}, {("app.public.doc", 0): 2}]), {})
    elsewhere = {**partitions, ("app.public.doc", 0): [record._replace(topic="app.public.event") for record in records]}
    check("in another topic", judge(elsewhere), {"wrong": 2})


def when_dropped(record):
    value = record.value
    if value and value.get("op") == "d":          # without its delete, a tombstone belongs to nothing
        return {"lost": 2, "foreign": 1, "torn": 1}
    if value and value.get("op") == "m" and value["transaction"] is None:
        return {"lost": 1}
    return {"lost": 1, "torn": 1}


def rounds():
    checker = Checker()
    checker.round(wanted(), arrived())
    verdict, first = checker.round([], arrived())
    check("what comes again in a later round is repeated", verdict.bad(False), {"repeated": 16})
    check("and allowed at least once", verdict.bad(True), {})
    check("and not applied again", [record for records in first.values() for record in records], [])


def replaying():
    replay = Replay()
    replay.apply_all(arrived())
    same = {"account": {}, "doc": {(("id", 5),): {"id": 5, "title": "t", "body": "b"}}, "pair": {}, "event": {}}
    check("replayed rows equal the source, an unchanged value kept", replay.differences(same), [])
    same["doc"][(("id", 5),)]["extra_3"] = 3
    check("a column added later has its default", replay.differences(same), [])
    same["doc"][(("id", 5),)]["title"] = "other"
    same["account"][(("id", 1),)] = {"id": 1}
    check("other rows differ", len(replay.differences(same)), 2)


reading()
judging()
rounds()
replaying()
print(f"1..{number}")
sys.exit(1 if failed else 0)
