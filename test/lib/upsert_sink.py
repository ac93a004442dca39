#!/usr/bin/python3
"""A sink as JDBC's: applies flattened records to a table by key, and prints the table.

usage: upsert_sink.py SERVERS TOPIC KEY COLUMN...
The value is the row, a null value deletes it. Output as psql -At prints SELECT KEY, COLUMN... ORDER BY KEY.
"""
import json, sqlite3, sys

from topic_reader import messages


def main():
    servers, topic, key, *columns = sys.argv[1:]
    table = sqlite3.connect(":memory:")
    table.execute(f"CREATE TABLE t ({key} INTEGER PRIMARY KEY, {', '.join(columns)})")
    for message in messages(servers, topic):
        identity = json.loads(message.key())[key]
        row = json.loads(message.value()) if message.value() is not None else None
        if row is None:
            table.execute(f"DELETE FROM t WHERE {key} = ?", (identity,))
        else:
            if set(row) != {key, *columns}:
                sys.exit(f"not a row of the table: {row}")
            table.execute(f"INSERT OR REPLACE INTO t VALUES ({', '.join('?' * (len(columns) + 1))})",
                          [row[name] for name in [key, *columns]])
    for row in table.execute(f"SELECT * FROM t ORDER BY {key}"):
        print("|".join("" if item is None else str(item) for item in row))


if __name__ == "__main__":
    main()
