"""
The differences from Debezium that are meant: where it loses or corrupts a value, ours is right (docs/parity.md).

A rule sees one place of one record: the path in the payload or schema, both raw texts, and the column's type. It accepts
only the exact wrong value that Debezium is known to write there, beside a value of ours that can be right.
"""
import json, re, struct

FLOAT = re.compile(r"-?\d+\.\d+(E-?\d+)?")


class Place:
    def __init__(self, path, debezium, ours, column):
        self.path, self.debezium, self.ours, self.column = path, debezium, ours, column

    @property
    def type(self):
        return self.column[0] if self.column else ""

    @property
    def in_row(self):
        return "before" in self.path[:2] or "after" in self.path[:2]


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
    return place.in_row and place.type == "name" and place.debezium in ("null", '""') and place.ours.startswith('"')


def odd_array(place):
    """One odd element makes the whole array null: enum and ltree with NULL, box."""
    if not (place.in_row and place.type.endswith("[]") and place.debezium == "null" and place.ours.startswith("[")):
        return False
    element, of_enum = place.type[:-2], place.column[2] == "e"
    has_null = None in json.loads(place.ours)
    return (of_enum or element.split(".")[-1] == "ltree") and has_null or element == "box"


def enum_default(place):
    """A quote in an enum's default stays doubled."""
    return place.debezium.startswith('"') and place.debezium.replace("''", "'") == place.ours and place.path[-1] in ("default", place.path[-1])


RULES = [float_text, name_column, odd_array, enum_default]

ENDINGS = [                           # errors on which Debezium's task stops for good, and we go on
    r'The column ".*"".*" is referenced as PRIMARY KEY, but a matching column is not defined',     # a quote in a key column's name
]


def debezium_ends(trace):
    return any(re.search(ending, trace) for ending in ENDINGS)
