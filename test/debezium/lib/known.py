"""
The differences from Debezium that are meant: where it loses or corrupts a value, ours is right (docs/parity.md).

A rule sees one place of one record: the path in the payload or schema, both raw texts, and the column's type. It accepts
only the exact wrong value that Debezium is known to write there, beside a value of ours that can be right.
"""
import json, re, struct

FLOAT = re.compile(r"-?\d+\.\d+(E-?\d+)?")


class Place:
    """whole: raw text of ours at every step of the path, the record first; key: it is in a record's key."""

    def __init__(self, path, debezium, ours, column, whole, key=False):
        self.path, self.debezium, self.ours, self.column, self.whole, self.key = path, debezium, ours, column, whole, key

    @property
    def type(self):
        return self.column[0] if self.column else ""

    @property
    def in_row(self):
        return "before" in self.path[:2] or "after" in self.path[:2]

    def item(self):
        """The array item that the place is in, as JSON."""
        number = next((n for n, step in enumerate(self.path) if isinstance(step, int)), None)
        return None if number is None else json.loads(self.whole[number + 1])


def float_text(place):
    """JDK 18 and older print some floats with more digits than needed; the same number is meant."""
    if not (FLOAT.fullmatch(place.debezium) and FLOAT.fullmatch(place.ours)) or len(place.ours) > len(place.debezium):
        return False
    a, b = float(place.debezium), float(place.ours)
    if a == b:
        return True
    try:
        return struct.pack("f", a) == struct.pack("f", b)
    except OverflowError:
        return False


def name_column(place):
    """A column of type name streams as null or, if NOT NULL, as the empty string."""
    return (place.in_row or place.key) and place.type == "name" and place.debezium in ("null", '""') and place.ours.startswith('"')


OPTIONAL_ITEMS = {"smallint", "integer", "bigint", "oid", "real", "double precision", "boolean", "text", "character varying", "character", "citext", "inet", "cidr", "macaddr",
                  "macaddr8", "numeric", "date", "uuid", "json", "jsonb", "bytea", "hstore", "geometry", "geography"}


def odd_array(place):
    """One odd element makes the whole array null: NULL where items are required, NaN in numeric; shapes always do."""
    if not ((place.in_row or place.key) and place.type.endswith("[]") and place.debezium == "null" and place.ours.startswith("[")):
        return False
    element, items = place.type[:-2].split(".")[-1], json.loads(place.ours)
    if element == "numeric":
        return any(item in ("NaN", "Infinity", "-Infinity", "NAN", "POSITIVE_INFINITY", "NEGATIVE_INFINITY") for item in items)
    return element in ("box", "lseg", "path", "polygon", "circle", "line", "sparsevec") or element not in OPTIONAL_ITEMS and None in items


def early_item(place):
    """Items of date[], timestamp[], timestamptz[]: Julian before 15 October 1582, the era lost, infinity wrapped around."""
    if not (place.in_row or place.key) or place.type not in ("date[]", "timestamp without time zone[]", "timestamp with time zone[]"):
        return False
    item = place.item()
    if isinstance(item, dict):
        return item["specialValue"] is not None or item["year"] < 1583
    if isinstance(item, str):
        return item.startswith(("-", "infinity", "+5877611")) or item < "1582-10-15"
    if not isinstance(item, int):
        return False
    days = -141427
    return item < days if place.type == "date[]" and abs(item) < 2**31 and item not in (2146033979, -2147472691) else \
        item in (2146033979, -2147472691) or item < days * 86400 * 1000 and abs(item) < 10**15 or item < days * 86400 * 10**6


def enum_default(place):
    """A quote in an enum's default stays doubled."""
    return place.debezium.startswith('"') and "''" in place.debezium and place.debezium.replace("''", "'") == place.ours


def infinite_default(place):
    """DEFAULT 'infinity' of a timestamp in microseconds wraps around."""
    return place.debezium == "-9223372036853775810" and place.ours == "9223372036854775807"


def wrapped_timestamp(place):
    """Microseconds that do not fit into 64 bits wrap around; ours cannot be converted."""
    return place.in_row and place.ours == "null" and re.fullmatch(r"-92233[67]\d{14}", place.debezium) is not None


def start_clock(place):
    """Before the first transaction a message has the time at which the session began, by its own clock."""
    if place.path[-2:-1] != ("source",) or place.path[-1] not in ("ts_ms", "ts_us", "ts_ns"):
        return False
    record = json.loads(place.whole[0])
    record = record.get("payload", record)
    began, now = record["source"]["ts_ms"], record["ts_ms"]
    return record["op"] == "m" and record["source"]["txId"] is None and now - 10000 < began <= now


RULES = [start_clock, float_text, name_column, odd_array, early_item, enum_default, infinite_default, wrapped_timestamp]

ENDINGS = [                           # errors on which Debezium's task stops for good, and we go on
    r'Invalid value: null used for required field: ".*", schema type: ARRAY',                       # an array with an odd element in a NOT NULL column
    r"Failed to read value of array ",                                                              # NaN in a key's numeric[]
    r"Failed to properly convert data value for '(.|\n)*' of type _",                                # the same under event.converting.failure.handling.mode=fail
    r"Cannot create field because of field name duplication",                                       # of a table that has no changes; else ours stops, too
    r"Unable to update filtered publication",                                                       # it makes a syntax error with publish.via.partition.root
    r"No table filters found for filtered publication",                                             # nothing to capture yet
    r"Publication autocreation is disabled, please create one",                                      # the random publication was refused
    r'The column ".*"".*" is referenced as PRIMARY KEY, but a matching column is not defined',     # a quote in a key column's name
]


def debezium_ends(trace):
    return any(re.search(ending, trace) for ending in ENDINGS)


REFUSALS = [                          # what we refuse by name where Debezium writes something of no use
    "cannot be written by StringConverter", 'cannot use option "value.converter"',
]


def we_refuse(error):
    return any(refusal in error for refusal in REFUSALS)
