"""A workload: tables, changes (run several times), the connector's settings, and how many records must come of it.

workloads/NAME.json: "tables" and "changes" are SQL files beside connector.json, "after" SQL between two runs of the
changes, "records" what one run of them makes, "topics" where these go, "connector" what differs from connector.json.
"""
import json, os

from .server import HERE

FOLDER = os.path.join(HERE, "workloads")


def names():
    return sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".json"))


class Workload:
    def __init__(self, name):
        self.name = name
        with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as handle:
            found = json.load(handle)
        self.title, self.tables, self.changes, self.after = found["title"], found["tables"], found["changes"], found.get("after")
        self.records, self.topics, self.own = found["records"], found["topics"], found["connector"]

    def wal(self):
        """Workloads of the same WAL share it."""
        return self.tables, self.changes

    def create(self, server):
        server.psql("-f", server.sql_file(self.tables))
        server.psql("-c", "drop publication if exists bench", "-c", "create publication bench for all tables")

    def make_wal(self, server, repeat):
        for _ in range(repeat):
            server.psql("-f", server.sql_file(self.changes), *(["-c", self.after] if self.after else []))
        server.psql("-c", "checkpoint")

    def connector(self, server, slot):
        with open(os.path.join(HERE, "connector.json"), encoding="utf-8") as handle:
            config = json.load(handle)["config"]
        return dict(config, **self.own, **{"database.port": server.port, "slot.name": slot})
