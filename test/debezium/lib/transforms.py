"""Random chains of transforms over random tables, outboxes and messages. The same seed gives the same round."""
import json

from . import types
from .generate import Column, Generator, MODES, Table, quote
from .types import Type, lit, one_of, quoted

CONNECT, DEBEZIUM = "org.apache.kafka.connect.transforms.", "io.debezium.transforms."
OUTBOX_NAMES = ("id", "aggregatetype", "aggregateid", "type", "payload")
ODD_NAMES = ["größe", "with space", "Camel", "1st", "semi;colon", "with-dash", "表", "op", "a.b", "__deleted", "ts_ms"]
NAMES = ["name", "amount", "ts", "flag", "note", "at", "doc", "list", "raw", "place", "x_y", "day"]
# objects of several schemas in one array only where the order in which Java merges them, which is by chance, does not matter
PAYLOADS = ['{"id": 42, "name": "é \\"q\\"", "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2, "last": 2.5}], "none": null, "empty": [], "big": 12345678901, "f": 1.50, "ok": true}', "{}", "[]", "null", "1", '"x"', "[1, 2]",
            '[{"a": 1}, {"b": "x"}]', '{"a": {"b": {"c": [null, {"d": []}]}}, "e": [[1], [2, 3]]}', '{"mixed": [1, "a"]}', '{"n": [1, 12345678901]}', '{"n": 1e400}', '{"n": 123456789012345678901}', '{"f": 1e5, "g": -0.0, "h": 0.1}',
            '{"s": "😀 \\u00e9 \\n \\\\"}', '{"with space": 1, "größe": {"1st": 2}}', '{"": 1}', '{"a": [], "b": {}, "c": [{}], "d": [null]}', '{"a": [{"x": null}, {"x": 1}], "b": [true, false]}', '{"a": 2147483648, "b": -2147483648, "c": 9223372036854775807}',
            '{"l": [1.5, 2]}', '{"l": [{"a": 1}, null]}', '{"l": [[], [1]]}', '{"l": [{"a": 1}, {"a": "x"}]}']
TEXTS = PAYLOADS + ["", " ", ' {"a": 1}', '{"a": 1', "plain text", '{"a": 1, "a": "twice"}', '{"z":1,"a":2} ', '{"u": "\\ud83d\\ude00"}', "[", "{'a': 1}", '{"a": 1} x', "{\"a\": 01}", '{"a": NaN}']
SENTINEL = {"id": "golden.sentinel", "aggregatetype": "sentinel", "aggregateid": "golden.sentinel", "type": "t", "payload": "golden.sentinel"}
FORMATS = ["yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd", "dd.MM.yy", "EEE, d MMM yyyy HH:mm:ss Z", "G yyyy DDD", "hh:mm:ss a X", "yyyyMMdd'T'HHmmss", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "MMMM d, y", "k K H m s S"]
ZONES = ["America/New_York", "Europe/Berlin", "UTC", "+02:00", "Asia/Kolkata", "-03:30", "Z", "Australia/Lord_Howe"]


def plain(name):
    """A name that can stand in a list of fields."""
    return not set(name) & set(",;:()[]{}*$\\\"") and name == name.strip()


def floats(rng):
    return rng.choice(["'0'", "'1.5'", "'-2.25'", "'NaN'", "'1e20'", "'0.001'", "'Infinity'", "'100'"]) + "::float8"


class Transforms(Generator):
    def __init__(self, seed, extensions):
        super().__init__(seed, ())
        self.with_postgis = self.with_vectors = False
        self.prefix = self.config["topic.prefix"]
        self.steps, self.predicates, self.outboxes, self.split = [], {}, [], None
        self.spread = False

    # ---- tables: types without known differences, and names that several tables share

    def safe_types(self):
        names = ("bool", "int2", "int4", "int8", "numeric", "char", "varchar", "text", "bytea", "json", "jsonb", "uuid", "date", "time", "timestamp", "timestamptz", "timetz", "interval", "hstore", "point", "plain_mood", "bit", "varbit", "citext", "xml", "money", "inet")
        found = [kind for kind in types.simple_types(self.rng) if kind.sql.split("(")[0].split(" ")[0] in names and not kind.sql.startswith('"')] + [Type("float8", floats, ["1.5", "null"])]
        for kind in found:
            # what cannot be converted ends Debezium's task where it is required; with errors.tolerance=all we leave it out
            if kind.sql.startswith(("numeric", "timetz")):
                kind.values = kind.plain
            elif kind.sql.startswith("timestamptz"):
                kind.plain = types.stamps(types.PLAIN_STAMPS, ("", "+00", "-05"))
            elif kind.sql.startswith("time") and not kind.sql.startswith("timestamp"):
                kind.plain = quoted(["12:34:56.7", "00:00:00.000001", "23:59:59.999999"])
            elif kind.sql == "date":
                kind.plain = quoted(["2020-02-29", "1970-01-01", "1950-06-15"])
            kind.defaults = [text for text in kind.defaults if not any(word in text.lower() for word in ("inf", "nan")) and "current_user" not in text]
        return found

    def kind_for(self, name):
        wanted = {"amount": ("int", "numeric", "float8", "money"), "ts": ("timestamp", "timestamptz"), "at": ("time", "timestamp", "timetz", "timestamptz", "date"), "day": ("date", "timestamp"), "name": ("text", "varchar"), "flag": ("bool", "bit(1)"),
                  "doc": ("json", "jsonb"), "raw": ("bytea",), "place": ("point", "hstore")}.get(name)
        found = self.safe_types()
        if name == "list":
            return types.array_of(self.rng.choice([kind for kind in found if kind.sql in ("int4", "text", "uuid", "bool", "int8")]))
        return self.rng.choice([kind for kind in found if kind.sql.startswith(wanted)] if wanted else found)

    def table(self, schema, name):
        names = self.rng.sample(NAMES, self.rng.randint(2, 8)) + self.rng.sample(ODD_NAMES, self.rng.choice([0, 0, 1, 2]))
        columns = []
        for column in names:
            kind = self.kind_for(column)
            default = self.rng.choice(kind.defaults) if kind.defaults and self.chance(0.3) else None
            columns.append(Column(column, kind, self.chance(0.25) and not kind.sql.endswith("[]"), default))
        if self.routed:
            columns.append(Column("route", Type("varchar(100)", quoted([self.prefix + ".routed", self.prefix + ".a", self.prefix + ".b"])), self.chance(0.8)))
        return Table(schema, name, columns)

    def column(self, name):
        kind = self.kind_for(name)
        return Column(name, kind, False, self.rng.choice(kind.defaults) if kind.defaults and self.chance(0.5) else None)

    def outbox(self, name):
        rng = self.rng
        names = OUTBOX_NAMES if self.chance(0.75) else ("eid", "kind", "k", "what", "body")
        body = rng.choice(["jsonb", "jsonb", "json", "text", "text", "varchar", "bytea"])
        payload = {"bytea": types.hexes, "text": quoted(TEXTS), "varchar": quoted(TEXTS)}.get(body, quoted(PAYLOADS))
        kinds = [rng.choice(["uuid", "int8", "text"]), rng.choice(["text", "varchar(200)"]), rng.choice(["varchar(255)", "int8", "uuid", "text", "int4"]), "varchar(255)", body]
        unique = lambda index: lambda r: self.unique_value(kinds[index])
        routes = quoted([self.prefix + "." + text for text in ("Order", "Order", "Customer", "shop.item", "A-b_c")])
        values = [unique(0), routes, unique(2), quoted(["created", "größe", "", "x y"]), payload]
        columns = [Column(n, Type(kind, value), i in (0, 1) or self.chance(0.3)) for i, (n, kind, value) in enumerate(zip(names, kinds, values))]
        columns += [Column("tenant", Type(rng.choice(["text", "int8", "bool", "uuid", "timestamptz", "numeric"]), None), self.chance(0.3), None), Column("prio", Type("int4", one_of(["0"])), self.chance(0.5)),
                    Column("created", Type(rng.choice(["timestamp", "timestamp(3)", "timestamptz", "int8", "timestamp(6)"]), quoted(["2020-01-01 10:11:12.123456", "1999-12-31 23:59:59", "2021-12-19 03:14:08.5"])), self.chance(0.3)),
                    Column("ver", Type(rng.choice(["int4", "int4", "int2"]), one_of(["1", "2", "7"])), self.chance(0.5), rng.choice([None, "3"]))]
        safe = {kind.sql: kind for kind in self.safe_types()}
        columns[5].kind.values = columns[5].kind.plain = safe[columns[5].kind.sql].plain
        if columns[7].kind.sql == "int8":
            columns[7].kind.values = columns[7].kind.plain = one_of(["1577873472123", "0", "1"])
        table = Table("public", name, columns)
        table.outbox = names
        self.outboxes.append(table)
        return table

    def unique_value(self, sql):
        self.unique += 1
        return f"'{self.unique:08x}-0000-4000-8000-000000000000'" if sql == "uuid" else str(self.unique) if sql.startswith("int") else lit(f"agg-{self.unique % 5}'ü") if sql != "text" else lit(f"{self.unique}")

    def create(self, table):
        if not hasattr(table, "outbox"):
            if self.spread:                      # records without a key go anywhere
                key = Column("k", Type("int8", None), True)
                key.kind.values = key.kind.plain = lambda rng: self.key_value("int8")
                table.columns.insert(0, key)
                return f"create table {table.sql} ({', '.join(c.declaration() for c in table.columns)}, primary key (k));\n" + (f"alter table {table.sql} replica identity full;" if self.chance(0.5) else "")
            return super().create(table)
        return f"create table {table.sql} ({', '.join(c.declaration() for c in table.columns)}, primary key ({quote(table.outbox[0])}));"

    def change(self, tables):
        roll = self.rng.random()
        if roll < 0.08:
            content = lit(self.rng.choice(TEXTS)) if self.chance(0.8) else "'\\x00ff01'::bytea"
            return f"select pg_logical_emit_message({self.rng.choice(['true', 'false'])}, {lit(self.rng.choice(['p', 'out', 'hidden.x']))}, {content});"
        if roll < 0.3 and self.outboxes:
            table = self.rng.choice(self.outboxes)
            return self.insert(table) + (f"\ndelete from {table.sql};" if self.chance(0.3) else "")
        if roll < 0.32 and self.outboxes:
            return self.update(self.outboxes[0])
        return super().change([table for table in tables if not hasattr(table, "outbox")] or tables)

    def alter(self, table):
        return "select 1;" if hasattr(table, "outbox") else super().alter(table)

    def reshape(self, tables):
        table = self.rng.choice(tables)
        return table, self.alter(table)

    # ---- settings

    def settings(self, tables):
        config = self.config
        names = ["decimal.handling.mode", "time.precision.mode", "binary.handling.mode", "hstore.handling.mode", "interval.handling.mode", "schema.name.adjustment.mode", "tombstones.on.delete", "provide.transaction.metadata", "skipped.operations",
                 "unavailable.value.placeholder", "extended.headers.enabled", "key.converter.schemas.enable", "value.converter.decimal.format", "key.converter.decimal.format", "value.converter.replace.null.with.default", "header.converter", "header.converter.schemas.enable"]
        for name in names:
            if self.chance(0.3):
                config[name] = self.rng.choice(MODES[name])
        config["value.converter.schemas.enable"] = self.rng.choice(["true", "false"])
        if self.chance(0.8):                   # a refused record is left out, and all behind it is compared
            config.update({"errors.tolerance": "all", "errors.log.enable": "true"})
        if self.spread:
            config["topic.creation.default.partitions"] = "4"
        self.tables = tables
        self.fields = sorted({c.name for t in tables if not hasattr(t, "outbox") for c in t.columns if plain(c.name)})
        self.chain()
        self.converters()
        config["transforms"] = ",".join(alias for alias, _ in self.steps)
        for alias, options in self.steps:
            config.update({f"transforms.{alias}.{name}": value for name, value in options.items()})
        if self.predicates:
            config["predicates"] = ",".join(self.predicates)
        for alias, (kind, name, value) in self.predicates.items():
            config[f"predicates.{alias}.type"] = CONNECT + "predicates." + kind
            if name:
                config[f"predicates.{alias}.{name}"] = value

    def converters(self):
        rng, config = self.rng, self.config
        if self.chance(0.06):
            config["key.converter"] = "org.apache.kafka.connect.storage.StringConverter"
            self.drop("key.converter.")
        roll = rng.random()
        if roll < 0.15:
            self.drop("value.converter.")
            config["value.converter"] = "io.debezium.converters.BinaryDataConverter"
            config["value.converter.delegate.converter.type"] = "org.apache.kafka.connect.json.JsonConverter"
            config["value.converter.delegate.converter.type.schemas.enable"] = rng.choice(["true", "false"])
        elif roll < 0.27 and not any(alias.startswith("decode") for alias, _ in self.steps):
            text = "name" in self.fields and self.chance(0.5)
            self.drop("value.converter.")
            config["value.converter"] = "org.apache.kafka.connect." + ("storage.StringConverter" if text else "converters.ByteArrayConverter")
            config["binary.handling.mode"] = "bytes"
            self.add("last", CONNECT + "ExtractField$Value", {"field": "name" if text else rng.choice(self.fields)}, guard=True)    # text of bytes and the like is refused here
            self.predicates["message"] = "TopicNameMatches", "pattern", ".*message.*"
            self.steps += [("inner", {"type": CONNECT + "ExtractField$Value", "field": "message", "predicate": "message"}),
                           ("content", {"type": CONNECT + "ExtractField$Value", "field": "prefix" if text else "content", "predicate": "message"})]

    def drop(self, start):
        for name in [name for name in self.config if name.startswith(start)]:
            del self.config[name]

    # ---- the chain; the mark in the stream (Round.sentinel) must come through it

    def add(self, alias, kind, options, guard=False):
        alias = f"{alias}{len(self.steps)}"
        if "predicate" not in options and (guard or self.chance(0.7)):
            self.predicates["data"] = "TopicNameMatches", "pattern", "(?!.*(message|transaction)).*"
            options["predicate"] = "data"
        self.steps.append((alias, dict({"type": kind}, **options)))

    def some(self, most=3):
        return self.rng.sample(self.fields, min(len(self.fields), self.rng.randint(1, most)))

    def side(self):
        return self.rng.choice(["$Value", "$Value", "$Value", "$Key"])

    def chain(self):
        rng, wanted = self.rng, self.rng.choice([1, 2, 2, 3, 3])
        self.row = False
        if self.outboxes:
            self.outbox_step()
        if self.routed or self.chance(0.45) and not self.spread:
            if self.chance(0.2):
                rng.choice([self.changed, self.timezone])()
            self.flatten()
        while len(self.steps) < wanted:
            choices = [self.regex, self.insert_field, self.insert_header, self.replace, self.set_schema, self.filter, self.hoist, self.value_to_key, self.header_from, self.timezone, self.mask, self.cast, self.timestamp, self.extract]
            if not self.row:
                choices += [self.logical, self.changed, self.decode] + [self.partition] * (30 if self.spread else 0)
            rng.choice(choices)()

    def flatten(self):
        rng, options = self.rng, {}
        options["delete.tombstone.handling.mode"] = rng.choice(["drop", "tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone"])
        names = ["op", "source.ts_ms", "lsn", "table:tbl", "source.snapshot", "txId", "transaction.id", "before.name", "after.amount:new", "name", "ts_ms", "db", "source.sequence", "schema", "source", "before", "nothing", "total_order", "xmin", "ts_ns", "transaction.data_collection_order"]
        for what in ("add.fields", "add.headers"):
            if self.chance(0.5):
                options[what] = ",".join(rng.sample(names, rng.randint(1, 5)))
                if self.chance(0.3):
                    options[what + ".prefix"] = rng.choice(["", "my.", "x_"])
        if self.routed:
            options["route.by.field"] = "route"
        if self.chance(0.2):
            options["replace.null.with.default"] = "false"
        if any("ExtractChanged" in step["type"] for _, step in self.steps) and self.chance(0.7):
            options.update({"drop.fields.header.name": "same", "drop.fields.from.key": rng.choice(["true", "false"]), "drop.fields.keep.schema.compatible": rng.choice(["true", "false"])})
        self.add("flat", DEBEZIUM + "ExtractNewRecordState", options)
        self.row = True

    def outbox_step(self):
        rng, table = self.rng, self.outboxes[0]
        options = {f"table.field.event.{name}": column for name, column, usual in zip(("id", None, "key", "type", "payload"), table.outbox, OUTBOX_NAMES) if name and column != usual}
        if table.outbox[1] != "aggregatetype":
            options["route.by.field"] = table.outbox[1]
        regex, replacement = rng.choice([(None, "outbox.${routedByValue}"), (r"(.*)\.(?<kind>[A-Z].*)", "$1.out.${kind}"), (r".*\.(.*)", "v1.$1"), ("(?<routedByValue>.*)", "outbox.${routedByValue}.x")])
        if regex:
            options["route.topic.regex"] = regex
        options["route.topic.replacement"] = replacement if replacement.startswith("$1") else f"{self.prefix}.{replacement}"
        places = [place for place in ("tenant:header", "tenant:envelope:who", "prio:partition", f"{table.outbox[3]}:header:eventType", f"{table.outbox[3]}:envelope", "created:envelope", "created:header:at", "ver:header", "absent:header", f"{table.outbox[2]}:envelope:key")
                  if self.chance(0.12)]
        if places:
            options["table.fields.additional.placement"] = ",".join(places)
        for name, choices, probability in (("table.field.event.timestamp", ["created"], 0.3), ("table.field.event.schema.version", ["ver"], 0.25), ("route.tombstone.on.empty.payload", ["true"], 0.3), ("table.expand.json.payload", ["true"], 0.45),
                                           ("table.json.payload.null.behavior", ["optional_bytes", "ignore"], 0.4), ("table.json.payload.empty.array.behavior", ["optional_string", "ignore"], 0.4),
                                           ("table.op.invalid.behavior", ["error", "fatal", "warn"], 0.4), ("table.field.additional.missing", ["ignore", "error"], 0.5)):
            if self.chance(probability):
                options[name] = rng.choice(choices)
        self.stamped = "table.field.event.timestamp" in options
        if self.chance(0.85):
            self.predicates["outbox"] = "TopicNameMatches", "pattern", rf"{self.prefix}\.public\.{table.name}"
            options["predicate"] = "outbox"
        self.steps.append(("outbox", dict({"type": DEBEZIUM + "outbox.EventRouter"}, **options)))

    def regex(self):
        regex, replacement = self.rng.choice([("(.*)", "$1.x"), (r"([^.]+)\.([^.]+)\.(.*)", "$1.$3.$2"), (r"(?<p>[^.]*)\.public\.(?<t>.*)", "${p}.${t}"), (r"(.*?)\.?(orders|t1|Users)", "$1.merged"), ("nothing", "x")])
        self.add("regex", CONNECT + "RegexRouter", {"regex": regex, "replacement": replacement})

    def logical(self):
        rng, kind = self.rng, self.rng.choice(["ByLogicalTableRouter", "ToLogicalTopicRouter"])
        options = {"topic.regex": rng.choice([r"(.*)\.public\.(orders|t1|Users|x_y|select)", r"(.*)\.(.*)", "(.*)"]), "topic.replacement": rng.choice(["$1.all", "$1"])}
        if self.chance(0.3):
            options["key.enforce.uniqueness"] = "false"
        if self.chance(0.4):
            options["key.field.name"] = rng.choice(["shard", "k", "größe"])
        if self.chance(0.4):
            options.update({"key.field.regex": r"([^.]*)\.(.*)", "key.field.replacement": rng.choice(["$2", "$2 of $1", "x"])})
        if self.chance(0.3):
            options["schema.name.adjustment.mode"] = rng.choice(["avro", "avro_unicode", "none"])
        self.add("logical", DEBEZIUM + kind, options)

    def partition(self):
        # a structure's hash depends on where Java keeps its schema
        structured = ("numeric", "point", "hstore") + (("time", "date") if self.config.get("time.precision.mode") == "structured" else ())
        odd = {c.name for t in self.tables for c in t.columns if c.kind.sql.startswith(structured) or c.kind.sql.endswith("[]") or "bit" in c.kind.sql}
        rng, fields = self.rng, [name for name in self.fields if name not in odd] or ["k"]
        places = [rng.choice(["change.", "after.", "before."]) + rng.choice(fields) for _ in range(rng.randint(1, 2))] + rng.choice([[], ["source.table"], ["op"]])
        options = {"partition.payload.fields": ",".join(places), "partition.topic.num": rng.choice(["4", "3", "1"] if self.spread else ["1"])}
        if self.chance(0.5):
            options["partition.hash.function"] = rng.choice(["murmur", "java"])
        self.add("partition", DEBEZIUM + "partitions.PartitionRouting", options)

    def insert_field(self):
        options = {}
        for name in ("topic.field", "partition.field", "timestamp.field"):
            if self.chance(0.4):
                options[name] = self.rng.choice(["", "!", "?"]).join(["_" + name[:4], ""])
        if self.chance(0.5) or not options:
            options.update({"static.field": self.rng.choice(["_s", "_s!", "_s?", "name"]), "static.value": self.rng.choice(["ü", "1", ""])})
        self.add("insert", CONNECT + "InsertField" + self.side(), self.nulls(options), guard="!" in "".join(options.values()))

    def nulls(self, options):
        if self.chance(0.3):
            options["replace.null.with.default"] = self.rng.choice(["true", "false"])
        return options

    def top(self, most=3):
        """Fields of what the values are at this place."""
        return self.some(most) if self.row or self.chance(0.1) else self.rng.sample(["op", "ts_ms", "before", "after", "source", "transaction"], self.rng.randint(1, most))

    def key_fields(self):
        return self.rng.choice([["k"], ["id"], ["k", "name"], ["Ключ k"]])

    def replace(self):
        side = self.side()
        fields = self.key_fields() if side == "$Key" else self.top()
        options = self.rng.choice([{"exclude": ",".join(fields)}, {"include": ",".join(fields)}, {"renames": ",".join(f"{name}:{name}_new" for name in fields)}, {"renames": f"{fields[0]}:renamed", "exclude": fields[-1]}])
        self.add("replace", CONNECT + "ReplaceField" + side, self.nulls(options), guard=True)

    def mask(self):
        options = {"fields": ",".join(self.top())}
        if self.chance(0.4):
            options["replacement"] = self.rng.choice(["***", "7", "-1", "1.5"])
        self.add("mask", CONNECT + "MaskField$Value", self.nulls(options), guard=True)

    def cast(self):
        kinds = ["int8", "int16", "int32", "int64", "float32", "float64", "boolean", "string", "string"]
        spec = ",".join(f"{name}:{self.rng.choice(kinds)}" for name in self.top()) if self.chance(0.9) else self.rng.choice(kinds)
        self.add("cast", CONNECT + "Cast" + ("$Value" if ":" in spec else self.side()), self.nulls({"spec": spec}), guard=True)

    def timestamp(self):
        field = self.rng.choice([name for name in ("ts", "at", "day") if name in self.fields] or self.fields) if self.row else self.rng.choice(["ts_ms", "ts_us"])
        kind = self.rng.choice(["string", "unix", "Date", "Time", "Timestamp"] if self.row else ["Timestamp", "unix"])
        options = {"field": field, "target.type": kind}
        if kind == "string" or self.chance(0.3):
            options["format"] = self.rng.choice(FORMATS)
        if self.chance(0.3):
            options["unix.precision"] = self.rng.choice(["seconds", "milliseconds", "microseconds", "nanoseconds"] if self.row else ["milliseconds"])
        self.add("stamp", CONNECT + "TimestampConverter$Value", self.nulls(options), guard=True)

    def hoist(self):
        self.add("hoist", CONNECT + "HoistField" + self.side(), {"field": self.rng.choice(["line", "größe", "k"])})
        self.row = False

    def extract(self):
        side = self.side()
        field = self.rng.choice(self.key_fields()) if side == "$Key" else self.rng.choice(self.top())
        options = {"field": field}
        if self.chance(0.3) and side == "$Value" and not self.row:
            options = {"field": self.rng.choice(["source.table", "after.name", "after.`with space`", "source.lsn", "before"]), "field.syntax.version": "V2"}
        self.add("extract", CONNECT + "ExtractField" + side, self.nulls(options), guard=True)
        self.row = True

    def value_to_key(self):
        fields = self.top(2)
        self.add("key", CONNECT + "ValueToKey", self.nulls({"fields": ",".join(name for name in fields if name != "ts_ms") or "op"}), guard=True)

    def header_from(self):
        side = self.side()
        fields = self.key_fields() if side == "$Key" else self.top()
        self.add("from", CONNECT + "HeaderFrom" + side, self.nulls({"fields": ",".join(fields), "headers": ",".join(f"h_{i}" for i in range(len(fields))), "operation": self.rng.choice(["move", "copy"])}), guard=True)
        if self.chance(0.4):
            self.back([f"h_{i}" for i in range(len(fields))])

    def back(self, headers):
        options = {"headers": ",".join(headers), "fields": ",".join((self.rng.choice(["", "after."]) if not self.row else "") + "back_" + name for name in headers),
                   "operation": self.rng.choice(["move", "copy"]) if self.row else "copy"}     # with add.headers behind it, moving piles up headers: docs/parity.md
        self.add("back", DEBEZIUM + "HeaderToValue", options, guard=True)

    def insert_header(self):
        options = {"header": self.rng.choice(["h", "größe"]), "value.literal": self.rng.choice(["text", "1", "true", "1.5", "null", "2020-01-01", "2020-01-01T10:11:12.123Z", "12345678901", "ü b", "", "100000"])}
        self.add("header", CONNECT + "InsertHeader", options)
        roll = self.rng.random()
        if roll < 0.25:
            self.add("drop", CONNECT + "DropHeaders", {"headers": self.rng.choice(["h", "__debezium.context.runId,h", "absent"])})
        elif roll < 0.5:
            self.back([options["header"]])

    def set_schema(self):
        options = self.rng.choice([{"schema.name": "own.Name"}, {"schema.version": "7"}, {"schema.name": "größe", "schema.version": "1"}])
        self.add("schema", CONNECT + "SetSchemaMetadata" + self.side(), self.nulls(options))

    def filter(self):
        kind, name, value = self.rng.choice([("RecordIsTombstone", None, None), ("TopicNameMatches", "pattern", r".*\.(t1|orders|select|x_y)"), ("HasHeaderKey", "name", "h"), ("TopicNameMatches", "pattern", ".*transaction")])
        alias = f"p{len(self.steps)}"
        self.predicates[alias] = kind, name, value
        self.add("filter", CONNECT + "Filter", {"predicate": alias})

    def changed(self):
        options = {name: value for name, value in (("header.changed.name", "changed"), ("header.unchanged.name", "same")) if self.chance(0.8)}
        self.add("changed", DEBEZIUM + "ExtractChangedRecordState", options)
        if "header.changed.name" in options and self.chance(0.3):
            self.back(["changed"])

    def timezone(self):
        options = {"converted.timezone": self.rng.choice(ZONES)}
        roll, table = self.rng.random(), self.rng.choice(self.tables)
        names = [text for text in (f"source:{table.name}", f"source:{table.name}:ts", f"topic:{self.prefix}.public.{table.name}", f"topic:{self.prefix}.public.{table.name}:at") if table.name.isascii()] or ["ts:at"]
        names += ["ts", "source.ts_ms"] if self.chance(0.1) else []          # refused at start
        if roll < 0.6:
            options["include.list" if roll < 0.35 else "exclude.list"] = ",".join(self.rng.sample(names, min(len(names), self.rng.randint(1, 2))))
        self.add("zone", DEBEZIUM + "TimezoneConverter", options)

    def decode(self):
        self.predicates["out"] = "TopicNameMatches", "pattern", r".*\.message.*"
        options = {"predicate": "out"}
        if self.chance(0.4):
            options["fields.null.include"] = self.rng.choice(["true", "false"])
        self.config.pop("binary.handling.mode", None)
        self.add("decode", "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent", options)
        if self.chance(0.5):
            self.steps.append(("events", {"type": DEBEZIUM + "outbox.EventRouter", "predicate": "out", "route.topic.replacement": self.prefix + ".events.${routedByValue}", "table.expand.json.payload": self.rng.choice(["true", "false"])}))

    # ---- the round

    def round(self):
        rng = self.rng
        self.routed, self.spread = self.chance(0.15), self.chance(0.1)
        names = rng.sample(["orders", "Users", "t1", "select", "x_y", "order items", "größe"], rng.randint(2, 4))
        tables = [self.table("public", name) for name in names]
        if self.chance(0.4) and not self.spread:
            tables.append(self.outbox("outbox"))
        before = types.BEFORE + "\n".join(self.create(table) for table in tables) + "\n"
        self.settings(tables)
        changes = []
        for table in tables:
            changes += [self.insert(table) for _ in range(rng.randint(1, 6 if hasattr(table, "outbox") else 3))]
        changes += [self.transaction(tables) for _ in range(rng.randint(10, 35))]
        for _ in range(rng.choice([0, 0, 1, 2])):
            changes += ["select pg_sleep(1); -- settle"]
            table, ddl = self.reshape(tables)
            changes += [ddl] + [self.insert(table) for _ in range(2)] + [self.transaction(tables) for _ in range(rng.randint(2, 6))]
        return before, "\n".join(changes) + "\n", self.config


def generate_transforms(seed, extensions=()):
    return Transforms(seed, extensions).round()


def mark(number):
    """What a message must hold to come through every chain, decoded and routed too."""
    return json.dumps(dict(SENTINEL, number=str(number)))
