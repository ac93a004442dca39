"""Applies records to tables by key, as a sink does."""
from .decoded import KEYS, PLACEHOLDER, PREFIX


class Replay:
    def __init__(self):
        self.tables = {table: {} for table in KEYS}

    def apply(self, record):
        table = record.topic.removeprefix(f"{PREFIX}.public.")
        if table not in KEYS or record.value is None:
            return
        rows, op = self.tables[table], record.value["op"]
        if op == "t":
            rows.clear()
        elif op == "d":
            rows.pop(record.key, None)
        else:
            before = rows.get(record.key, {})
            rows[record.key] = {name: before.get(name) if item == PLACEHOLDER else item for name, item in record.value["after"].items()}

    def apply_all(self, partitions):
        for records in partitions.values():
            for record in records:
                self.apply(record)

    def differences(self, source):
        """source: {table: {key: row}}. A column added later stands with its default in rows that did not change since."""
        found = []
        for table, rows in source.items():
            ours = self.tables[table]
            for key in rows.keys() | ours.keys():
                if key not in ours or key not in rows:
                    found.append(f"{table} {key}: only in {'the source' if key in rows else 'the topics'}")
                elif not same_row(rows[key], ours[key]):
                    found.append(f"{table} {key}: {str(rows[key])[:200]} in the source, {str(ours[key])[:200]} in the topics")
        return found


def same_row(source, ours):
    for name, item in source.items():
        default = int(name.removeprefix("extra_")) if name.startswith("extra_") else None
        if ours.get(name, default) != item:
            return False
    return all(name in source or name.startswith("extra_") for name in ours)
