"""The case through SQL: pg_logical_slot_get_binary_changes with format=json."""
import json

from .cases import Failed
from .records import from_line, keep
from .server import literal

NAME = "golden"                       # the database's name in every recording


class SqlWay:
    """Each worker has a database of its own; its name is put right in the text afterwards."""
    name = "sql"

    def __init__(self, server, worker):
        self.server = server
        self.database = self.slot = f"golden_sql_{worker}"

    def options(self, case):
        config = case.config(**{"database.hostname": self.server.host, "database.port": str(self.server.port),
                                "database.user": self.server.user, "database.password": "x",
                                "database.dbname": self.database, "slot.name": self.slot})
        return "'format', 'json', 'config', " + literal(json.dumps(config, ensure_ascii=False))

    def decode(self, case, call, limit="null"):
        rows = self.server.query(self.database, f"select encode(data, 'hex') from pg_logical_slot_{call}_binary_changes("
                                                f"'{self.slot}', null, {limit}, {self.options(case)});")
        text = "".join(bytes.fromhex(row[0]).decode("utf-8").rstrip("\n") + "\n" for row in rows)
        return text.replace(self.database, NAME).split("\n")[:-1]

    def before(self, case):
        self.server.drop(self.database, self.slot)
        self.server.create(self.database)
        if case.sql("before.sql"):
            self.server.script(self.database, case.sql("before.sql"))
        self.server.query(self.database, f"select pg_create_logical_replication_slot('{self.slot}', 'wal2debezium');")

    def lines_until_error(self, case):
        """The records before the error, and the error; a peek ends after a commit once it has `limit` rows."""
        lines, limit = [], 1
        while True:
            try:
                found = self.decode(case, "peek", limit)
            except Failed as error:
                return lines, str(error)
            if len(found) < limit:
                return found, None
            lines, limit = found, len(found) + 1

    def run(self, case, listed):
        try:
            self.before(case)
            self.server.script(self.database, case.sql("changes.sql"))
            self.server.odd_settings(self.database, True)
            if listed.fails:
                lines, error = self.lines_until_error(case)
            else:
                lines, error = self.decode(case, "get"), None
        finally:
            self.server.drop(self.database, self.slot)
        return keep(case, [from_line(line) for line in lines]), error
