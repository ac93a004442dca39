#!/usr/bin/python3
"""Rows of a schema against topics, each value: what a consumer knows by key must be what the database says.

usage: airline_check.py SERVERS PREFIX.SCHEMA [TABLE=READS...]  < lines of TABLE, tab, row_to_json
Types are known by what row_to_json and Debezium (decimal.handling.mode=string) make of them. Prints a line per table,
"TABLE: N rows, R read, C changes" and what differs; ends with status 1 if anything does, or if the rows read by the
snapshot are not as many as they should be, each once.
"""
import datetime, json, os, re, sys
from decimal import Decimal

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from topic_reader import messages

EPOCH = datetime.date(1970, 1, 1)
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
NUMBERS = ("total_amount", "amount")
JSON = ("model", "airport_name", "city", "contact_data")


def moment(text):
    date, _, fraction = text.replace("Z", "+00:00").partition(".")
    if not fraction:
        return datetime.datetime.fromisoformat(date)
    digits = re.match(r"\d+", fraction)[0]
    return datetime.datetime.fromisoformat(date + "." + digits[:6].ljust(6, "0") + fraction[len(digits):])


def from_database(name, value):
    if value is None:
        return None
    if name == "coordinates":
        return tuple(float(part) for part in value.strip("()").split(","))
    if name == "hired":
        return datetime.date.fromisoformat(value)
    if name in NUMBERS:
        return Decimal(str(value))
    return moment(value) if isinstance(value, str) and TIMES.match(value) else value


def from_record(name, value):
    if value is None:
        return None
    if name == "coordinates":
        return value["x"], value["y"]
    if name == "hired":
        return EPOCH + datetime.timedelta(days=value)
    if name in NUMBERS:
        return Decimal(value)
    if name in JSON:
        return json.loads(value)
    return moment(value) if isinstance(value, str) and TIMES.match(value) else value


def replay(servers, topic):
    """Rows by key as they are in the end, how often each was read, and how many changes there were."""
    rows, reads, changes = {}, {}, 0
    for message in messages(servers, topic):
        if message.value() is None:
            continue
        key, event = tuple(sorted(json.loads(message.key()).items())), json.loads(message.value())
        if event["op"] == "r":
            reads[key] = reads.get(key, 0) + 1
        else:
            changes += 1
        if event["op"] == "d":
            rows.pop(key, None)
        else:
            rows[key] = {name: from_record(name, value) for name, value in event["after"].items()}
    return rows, reads, changes


def compare(table, expected, topic, servers, reads_expected):
    rows, reads, changes = replay(servers, topic)
    names = [name for name, _ in next(iter(rows))] if rows else []
    wanted = {tuple(sorted((name, row[name]) for name in names)): {name: from_database(name, value) for name, value in row.items()} for row in expected}
    problems = [f"missing {dict(key)}" for key in wanted if key not in rows] + [f"surplus {dict(key)}" for key in rows if key not in wanted]
    problems += [f"{dict(key)}: {name} is {rows[key].get(name)!r}, not {value!r}" for key in wanted if key in rows for name, value in wanted[key].items()
                 if rows[key].get(name) != value]
    problems += [f"{dict(key)} read {count} times" for key, count in reads.items() if count > 1]
    if reads_expected is not None and len(reads) != reads_expected:
        problems.append(f"{len(reads)} rows read, {reads_expected} were expected")
    print(f"{table}: {len(wanted)} rows, {sum(reads.values())} read, {changes} changes")
    for problem in problems[:5]:
        print(f"  {problem}")
    return not problems


def main():
    servers, prefix, *counts = sys.argv[1:]
    reads = {table: int(count) for table, count in (pair.split("=") for pair in counts)}
    tables = {}
    for line in sys.stdin:
        table, _, row = line.rstrip("\n").partition("\t")
        tables.setdefault(table, []).append(json.loads(row))
    good = [compare(table, rows, f"{prefix}.{table}", servers, reads.get(table)) for table, rows in sorted(tables.items())]
    sys.exit(0 if good and all(good) else 1)


if __name__ == "__main__":
    main()
