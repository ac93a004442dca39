#!/usr/bin/env python3
"""Brings what `wal2kafka run connector.json --sink file:RECORDS` writes into an SQLite database, each record once.

usage: follow_file.py RECORDS DATABASE [--once]

With exactly.once.support=required the relay says in RECORDS.progress how many bytes are committed; what stands behind
them may be cut off again.  The reader's own place, an offset into RECORDS, is stored in the same transaction as the rows
that were read, so whatever is killed, and when, no record is left out and none is applied twice.  Nothing but the
standard library is needed; DuckDB or anything else that has transactions does as well as SQLite.
"""
import json
import os
import sqlite3
import sys
import time

BATCH = 1000


def committed(records):
    """Bytes of the file that stay; the relay replaces its progress as a whole, so this is never read by halves."""
    try:
        with open(records + ".progress", encoding="utf-8") as file:
            return json.load(file)["output"]["length"]
    except FileNotFoundError:
        return 0


def lines(records, start, end):
    """Whole lines between two offsets, each with the offset behind it."""
    with open(records, "rb") as file:
        file.seek(start)
        while start < end:
            line = file.readline()
            start += len(line)
            yield json.loads(line), start


def apply(db, record):
    """A row per key; changes counts how often it was applied. A null value is a tombstone, it follows its delete."""
    value = record["value"]
    if value is None or "op" not in value:
        return
    key = json.dumps(record["key"], sort_keys=True)
    if value["op"] == "d":
        db.execute("DELETE FROM row WHERE topic = ? AND key = ?", (record["topic"], key))
    else:
        db.execute("INSERT INTO row VALUES (?, ?, ?, 1) ON CONFLICT (topic, key) "
                   "DO UPDATE SET value = excluded.value, changes = changes + 1",
                   (record["topic"], key, json.dumps(value["after"])))


def main():
    records, database = sys.argv[1:3]
    db = sqlite3.connect(database, isolation_level=None)
    db.executescript("CREATE TABLE IF NOT EXISTS place (records TEXT PRIMARY KEY, at INTEGER);"
                     "CREATE TABLE IF NOT EXISTS row (topic TEXT, key TEXT, value TEXT, changes INTEGER,"
                     " PRIMARY KEY (topic, key))")
    row = db.execute("SELECT at FROM place WHERE records = ?", (os.path.abspath(records),)).fetchone()
    place = row[0] if row else 0
    while True:
        end = committed(records)
        if place > end:
            sys.exit(f"{records} is shorter than what was read of it: another file, or rotated")
        batch = []
        for record, behind in lines(records, place, end):
            batch.append((record, behind))
            if len(batch) == BATCH:
                break
        if batch:
            db.execute("BEGIN")
            for record, place in batch:
                apply(db, record)
            db.execute("INSERT OR REPLACE INTO place VALUES (?, ?)", (os.path.abspath(records), place))
            db.execute("COMMIT")
        elif "--once" in sys.argv:
            return
        else:
            time.sleep(0.2)


main()
