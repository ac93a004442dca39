"""Does the checker notice? Records that arrived are spoilt on purpose, and judged again."""
from .checker import Checker


def judge(wanted, observed, samples=()):
    return Checker().round(wanted, observed, samples)[0]


def changed(observed, partition, records):
    return {**observed, partition: records}


def without(records, at):
    return records[:at] + records[at + 1:]


def clean(wanted, observed):
    """Each wanted record once, in order: what is left when the round's repeated and older records are taken out."""
    known = {item.identity for item in wanted}
    checker, kept = Checker(), {}
    for partition, records in observed.items():
        kept[partition] = []
        for record in records:
            identity = checker.identity(record)
            if identity in known and identity not in checker.seen:
                checker.seen.add(identity)
                kept[partition].append(record)
    return kept


def pick(observed, fits):
    """(partition, index) in the middle of what fits."""
    found = [(partition, index) for partition, records in sorted(observed.items()) for index in range(len(records)) if fits(records, index)]
    return found[len(found) // 2] if found else None


def xid(record):
    return record.value["source"]["txId"] if record.value is not None and "source" in record.value else None


def row(records, index):
    return xid(records[index]) is not None and records[index].value["op"] in "cu"


def inside(records, index):
    """Not the first of its transaction in this partition."""
    return row(records, index) and index > 0 and xid(records[index - 1]) == xid(records[index])


def neighbours(records, index):
    return row(records, index) and index > 0 and row(records, index - 1) and records[index - 1].key != records[index].key


def tombstone(records, index):
    return records[index].value is None


def ending(records, index):
    return records[index].value is not None and records[index].value.get("status") == "END"


def spoilt(record):
    after = dict(record.value["after"])
    name = next(name for name in reversed(after) if name not in dict(record.key))
    after[name] = "spoilt"
    return record._replace(value={**record.value, "after": after})


def prove(report):
    """(what was tried, did the checker say what it should), one by one."""
    wanted, observed = report.wanted, clean(report.wanted, report.observed)
    whole = judge(wanted, observed)
    yield "nothing is noticed where nothing is wrong", not whole.bad(False)

    def attempt(name, fits, change, faults, samples=lambda partition, record: ()):
        place = pick(observed, fits)
        name += " is noticed"
        if place is None:
            return name, False
        partition, at = place
        records = observed[partition]
        verdict = judge(wanted, changed(observed, partition, change(records, at)), samples(partition, records[at]))
        return name, set(verdict.bad(False)) == faults
    yield attempt("a record dropped", row, without, {"lost", "torn"})
    yield attempt("a tombstone dropped", tombstone, without, {"lost", "torn"})
    yield attempt("the end of a transaction dropped", ending, without, {"lost", "torn"})
    yield attempt("a record doubled", row, lambda r, at: r[:at + 1] + r[at:], {"repeated"})
    yield attempt("a tombstone doubled", tombstone, lambda r, at: r[:at + 1] + r[at:], {"repeated"})
    yield attempt("a record changed", row, lambda r, at: r[:at] + [spoilt(r[at])] + r[at + 1:], {"wrong"})
    yield attempt("two records swapped", neighbours, lambda r, at: r[:at - 1] + [r[at], r[at - 1]] + r[at + 1:], {"disorder"})
    yield attempt("a transaction torn before a consumer's eyes", inside, lambda r, at: r, {"torn"},
                  lambda partition, record: [{partition: record.offset}])
    yield invented(wanted, observed)


def invented(wanted, observed):
    """As if a transaction that was rolled back had been sent."""
    partition, at = pick(observed, row)
    record = observed[partition][at]
    value = {**record.value, "source": {**record.value["source"], "txId": 4000000000}}
    records = observed[partition][:at] + [record._replace(value=value)] + observed[partition][at:]
    return "a record of a transaction that never committed is noticed", set(judge(wanted, changed(observed, partition, records)).bad(False)) == {"foreign"}
