"""The recorded cases, and the list that says which ways each of them must pass."""
import json, os, re

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = "3.7.0.Final"
WAYS = ("sql", "stdout", "kafka")
DEFAULTS = {                          # connector settings of every case unless case.json says otherwise
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "tasks.max": "1",
    "topic.prefix": "app",
    "plugin.name": "pgoutput",
    "publication.name": "golden_pub",
    "snapshot.mode": "no_data",
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "key.converter.schemas.enable": "false",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    # speed only, no influence on what is written:
    "poll.interval.ms": "10",
    "status.update.interval.ms": "200",
    "retriable.restart.connector.wait.ms": "300",
    "slot.retry.delay.ms": "300",
    "errors.max.retries": "0",
}


# Never matches: records take the way through the transforms and must come out as they are.
IDLE_TRANSFORM = {
    "transforms": "idle",
    "transforms.idle.type": "org.apache.kafka.connect.transforms.RegexRouter",
    "transforms.idle.regex": "(?!)",
    "transforms.idle.replacement": "never",
}


class Failed(Exception):
    """A case did not do what it must; the text says what happened."""


class Case:
    """One folder. Older releases share the SQL of the case of the same name."""

    def __init__(self, name, idle_transform=False):
        self.idle_transform = idle_transform
        self.name = name
        release, _, short = name.rpartition("/")
        self.folder = os.path.join(HOME, release or RELEASE, short)
        self.sql_folder = os.path.join(HOME, RELEASE, short)
        with open(os.path.join(self.folder, "case.json"), encoding="utf-8") as handle:
            self.settings = json.load(handle)
        self.records = os.path.join(self.folder, "records.jsonl")
        self.json = os.path.join(self.folder, "case.json")
        self.ours = os.path.join(HOME, "ours", name.replace("/", "-") + ".jsonl")

    def sql(self, name):
        path = os.path.join(self.sql_folder, name)
        return path if os.path.exists(path) else None

    def signals(self):
        """Records for a signal topic, sent after changes.sql."""
        path = os.path.join(self.sql_folder, "signals.jsonl")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as handle:
            return [json.loads(line) for line in handle]

    def ours_counts(self):
        """Records of each topic, as a regular expression, in our own recording if there is one."""
        counts = {}
        if os.path.exists(self.ours):
            with open(self.ours, encoding="utf-8") as handle:
                for line in handle:
                    topic = re.escape(json.loads(line)["topic"])
                    counts[topic] = counts.get(topic, 0) + 1
        return counts

    def config(self, **more):
        config = dict(DEFAULTS)
        config.update(more)
        config.update(self.settings.get("connector", {}))
        refused = "org.apache.kafka.connect.converters.ByteArrayConverter" in config.values()  # unless a transform helps
        if self.idle_transform and "transforms" not in config and not refused:
            config.update(IDLE_TRANSFORM)
        return config

    def touches_cluster(self):
        """Replication origins belong to the whole cluster: such cases do not run beside each other."""
        with open(self.sql("changes.sql"), encoding="utf-8") as handle:
            return "replication_origin" in handle.read()


class Listed:
    """A line of the list: the ways, or why there are none, and the error the case must end with."""

    def __init__(self, words):
        self.ways = [w for w in words if w in WAYS]
        rest = [w for w in words if w not in WAYS]
        self.refused = self.fails = self.later = None
        self.differs = rest == ["differs"]
        if self.differs:
            return
        if rest and rest[0] == "refused":
            self.refused = rest[1]
        elif rest and rest[0] == "later":
            self.later = " ".join(rest[1:])
        elif rest and rest[0] == "fails":
            self.fails = " ".join(rest[1:])
        elif rest:
            raise SystemExit("test/golden/cases: unrecognized words: " + " ".join(rest))


def read_list():
    listed = {}
    with open(os.path.join(HOME, "cases"), encoding="utf-8") as handle:
        for line in handle:
            words = line.split("#")[0].split()
            if words:
                listed[words[0]] = Listed(words[1:])
    return listed


def folders():
    """Every case that is recorded, by the name the list uses."""
    names = []
    for release in sorted(os.listdir(HOME)):
        if not release.endswith(".Final"):
            continue
        for short in sorted(os.listdir(os.path.join(HOME, release))):
            names.append(short if release == RELEASE else f"{release}/{short}")
    return names
