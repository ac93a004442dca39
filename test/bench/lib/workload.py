"""A workload: tables, changes (run several times), the connector's settings, and how many records must come of it.

workloads/NAME.json: "tables" and "changes" are SQL files beside connector.json, "after" SQL between two runs of the
changes, "rows" the variable of that name in them, "count" and "records" what one run of them makes with so many rows,
"topics" where records go (a list, or name with {}, count, partitions), "connector" what differs from connector.json,
"publication" what is in it (all tables unless set), "peers" further options of other plugins, "once": the changes are
run once only.
"""
import json, os

from .server import HERE

FOLDER = os.path.join(HERE, "workloads")
OURS = {"topic.prefix": "app", "key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false"}


def names():
    return sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".json"))


def topic_names(topics):
    return topics if isinstance(topics, list) else [topics["name"].format(number + 1) for number in range(topics["count"])]


class Workload:
    def __init__(self, name):
        self.name = name
        with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as handle:
            found = json.load(handle)
        self.title, self.tables, self.changes, self.after = found["title"], found["tables"], found["changes"], found.get("after")
        self.rows, self.count, self.records, self.own = found["rows"], found["count"], found["records"], found["connector"]
        self.topics = topic_names(found["topics"])
        self.partitions = 1 if isinstance(found["topics"], list) else found["topics"]["partitions"]
        self.publication, self.peers, self.once = found.get("publication", "all tables"), found.get("peers", {}), found.get("once", False)

    def wal(self):
        """Workloads of the same WAL share it."""
        return self.tables, self.changes

    def times(self, repeat):
        """How often the changes are run."""
        return 1 if self.once else repeat

    def create(self, server):
        server.psql("-f", server.sql_file(self.tables))
        server.psql("-c", "drop publication if exists bench", "-c", f"create publication bench for {self.publication}")

    def make_wal(self, server, repeat, rows=None):
        for _ in range(self.times(repeat)):
            server.psql("-v", f"rows={rows or self.rows}", "-f", server.sql_file(self.changes), *(["-c", self.after] if self.after else []))
        server.psql("-c", "checkpoint")

    def connector(self, server, slot):
        with open(os.path.join(HERE, "connector.json"), encoding="utf-8") as handle:
            config = json.load(handle)["config"]
        return dict(config, **self.own, **{"database.port": server.port, "slot.name": slot})

    def plugin_config(self):
        """For the plugin alone."""
        return dict({**OURS, "table.include.list": "public.bench"}, **self.own)
