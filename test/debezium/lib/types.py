"""Types for random tables: how they are declared, values with their edges, and defaults of all kinds."""
import json

STRINGS = ["", " ", "a", "abc", "it's", 'say "hi"', "back\\slash", "tab\there", "new\nline", "ünïcödé", "ключ", "表示", "😀", "a😀b", "\u0001\u001f", "\u007f", "\u2028",
           "NULL", "null", "{}", "<&>/", "'", "''", "%s", "x" * 50, "é" * 20, "__debezium_unavailable_value", "e\u0301", "\ufeff", "\u00a0", "  padded  ", "a,b;c|d", "\r\n"]
LABELS = ["sad", "ok", "happy", "it's", "a,b", 'q"q', "größe", "with space", "", "NULL", "😀"]
INTERVALS = ["0", "1 year 2 mons 3 days 04:05:06.78", "-1 year 2 mons", "-00:00:01", "1 day -1 hour", "178000000 years", "-178000000 years", "00:00:00.000001",
             "1 mon", "-3 days", "100:00:00.5", "2147483647 days", "1 year -1 mon +1 day", "23:59:59.999999", "-1 mon 1 day -00:00:00.1"]
TIMESTAMPS = ["1970-01-01 00:00:00", "1969-12-31 23:59:59.999999", "2020-02-29 12:34:56.789", "2000-01-01 00:00:00.5", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999",
              "infinity", "-infinity", "10000-01-01 00:00:00.1", "0044-03-15 10:00:00 BC", "4713-01-01 00:00:00 BC", "1582-10-10 00:00:00.000001", "2038-01-19 03:14:08.123456",
              "0001-12-31 23:00:00 BC", "2262-04-11 23:47:16.854775", "1677-09-21 00:12:43.2", "2024-06-30 23:59:59.9999995", "99999-01-01 00:00:00", "290000-01-01 00:00:00.25",
              "1900-01-01 00:00:00.001", "2020-01-01 00:00:00.100", "2023-03-26 02:30:00.010"]
DATES = ["1970-01-01", "1969-12-31", "2020-02-29", "0001-01-01", "9999-12-31", "infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "4713-01-01 BC", "1582-10-10", "10000-01-01", "0001-12-31 BC"]
TIMES = ["00:00:00", "23:59:59.999999", "24:00:00", "12:34:56.7", "00:00:00.000001", "11:22:33.123456", "13:45:00", "01:02:03.004"]
OFFSETS = ["+00", "+02", "-05", "+05:30", "-12", "+14", "+15:59:59", "-03:30", "+00:00:01"]
FLOATS = ["0", "-0", "1", "-1", "0.1", "1e20", "1e-20", "NaN", "Infinity", "-Infinity", "3.14", "123456789", "1e7", "9999999", "0.001", "0.0009999", "1e10", "2e23", "100", "1.5e-5", "16777217", "1e15", "1e22"]
NUMERICS = ["0", "1", "-1", "0.5", "-0.5", "1.50", "100", "1e10", "-99.99", "12.345", "0.001", "127", "128", "-128", "-129", "255", "256", "32768", "99999", "1.005", "0.00", "-0.01"]
RANGES = {"int4range": ["empty", "[1,5)", "(,)", "[,10]", "(1,2]"], "int8range": ["[9223372036854775,)", "empty", "(-5,5)"], "numrange": ["[1.5,2.5]", "(,1.10)", "empty"],
          "daterange": ["[2020-01-01,2020-02-01)", "[2020-01-01,infinity)", "(,)", "empty"], "tsrange": ['["2019-03-31 15:13:20.1","infinity")', "empty", "(,2020-01-01)"],
          "tstzrange": ['["2017-06-05 11:29:12.549426+00",)', "empty", "[2020-01-01 00:00:00+05,2021-01-01 00:00:00-03]"]}


def lit(text):
    """A quoted SQL literal; the zero byte is all that cannot stand in it."""
    return "'" + text.replace("'", "''") + "'"


class Type:
    """sql: the declaration; values(rng): an SQL expression; defaults: SQL expressions; plain: the values fit a NOT NULL column anywhere."""

    def __init__(self, sql, values, defaults=(), plain=None, keyable=True, element=True):
        self.sql, self.values, self.defaults, self.plain = sql, values, list(defaults), plain or values
        self.keyable, self.element = keyable, element


def quoted(texts, cast=""):
    return lambda rng: lit(rng.choice(texts)) + cast


def one_of(texts):
    return lambda rng: rng.choice(texts)


def integers(low, high):
    edges = [low, high, 0, 1, -1, low + 1, high - 1]
    return lambda rng: str(min(high, max(low, rng.choice(edges) if rng.random() < 0.4 else rng.randint(-1000, 100000) if rng.random() < 0.6 else rng.randint(low, high))))


def words(most):
    def value(rng):
        text = rng.choice(STRINGS) if rng.random() < 0.7 else "".join(rng.choice("abcdefghij ÄÖé表😀\"'\\\t") for _ in range(rng.randint(0, 30)))
        return lit(text[:most]) if most else lit(text)
    return value


def numeric(precision=None, scale=0):
    def value(rng):
        if precision is None:
            return rng.choice(NUMERICS + ["123456789012345678901234567890.123456789", "1e-30", "1e40", "-0.000000001", "1000", "10.10"]) if rng.random() < 0.8 else \
                f"{rng.randint(-10**25, 10**25)}e-{rng.randint(0, 30)}"
        whole = 10 ** precision - 1
        digits = rng.choice([whole, -whole, 0, 1, -1, rng.randint(-whole, whole), rng.randint(-min(whole, 300), min(whole, 300))])
        return f"{digits}e{-scale}"
    return value


def with_special(values, special):
    return lambda rng: special(rng) if rng.random() < 0.12 else values(rng)


def bits(low, high):
    return lambda rng: "B'" + "".join(rng.choice("01" if rng.random() < 0.8 else "00") for _ in range(rng.randint(low, high))) + "'"


def hexes(rng):
    size = rng.choice([0, 1, 2, 3, 10, 16, 100])
    return "'\\x" + bytes(rng.randrange(256) for _ in range(size)).hex() + "'::bytea"


def documents(rng):
    found = [None, True, 0, 1.5, 1e20, "text", "ünï😀", [], {}, [1, [2, {"a": None}]], {"a": 1, "b": {"c": "it's"}, "k\u0001": "\n"}, {"z": 1, "a": 2, "aa": 3}, "\\ / \""]
    return lit(json.dumps(rng.choice(found), ensure_ascii=rng.random() < 0.5))


def hstores(rng):
    pairs = []
    for _ in range(rng.randint(0, 6)):
        key, value = rng.choice(["a", "b", "key1", "key 2", "zeta", "foo", "ключ", 'q"q', "", "😀", "aaa", "B" * 20, "k\\k"]), rng.choice([None, "", "v", 'x"y', "NULL", "ü\n", "\\"])
        quote = lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        pairs.append(quote(key) + "=>" + ("NULL" if value is None else quote(value)))
    return lit(", ".join(pairs)) + "::hstore"


def points(rng):
    return f"({rng.choice(['0', '1.5', '-2', '1e10', '0.1', '-0'])},{rng.choice(['0', '2.5', '-3', '1e-5'])})"


def shapes(rng, low, high, opening="", closing=""):
    return lit(opening + ",".join(points(rng) for _ in range(rng.randint(low, high))) + closing)


def stamps(texts, suffix=("",)):
    return lambda rng: lit(rng.choice(texts) + rng.choice(suffix) if rng.random() < 0.75 else
                           f"{rng.randint(1971, 2037)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}.{rng.randint(0, 999999):06}" + rng.choice(suffix))


PLAIN_STAMPS = ["2020-02-29 12:34:56.789", "1970-01-01 00:00:00", "1999-12-31 23:59:59.999999", "1950-06-15 01:02:03.000004"]
NOW = ["now()", "current_timestamp", "localtimestamp", "clock_timestamp()", "(now() at time zone 'utc')", "now() + interval '1 day'"]


def simple_types(random):
    """The scalar types, with typmods drawn anew for each call."""
    p, s, n, t = random.randint(1, 38), random.randint(0, 12), random.choice([1, 2, 3, 5, 10, 40, 200]), random.randint(0, 6)
    s = min(s, p)
    text_defaults = ["'x'", "''", "'it''s'", "null", "current_user", "('a' || 'b')", "upper('q')", "'ünï😀'", "'back\\slash'", "E'tab\\t'", "md5('x')", "case when true then 'yes' else 'no' end", "'1'", "('v')::text"]
    int_defaults = ["0", "1", "-1", "5", "null", "(1 + 1)", "'7'", "-(3)", "length('abc')", "'-12'::int", "(2)::int"]
    number_defaults = ["0", "1.5", "-1.5", "'2.50'", "null", "100", "(1)::numeric", "1e3", "'0.1'::numeric", "random()", "abs(-1)"]
    special = lambda name: quoted(["NaN", "Infinity", "-Infinity"], "::" + name)
    found = [
        Type("bool", one_of(["true", "false"]), ["true", "false", "null", "(1 > 2)", "'t'", "(not true)", "'no'::bool"]),
        Type("int2", integers(-32768, 32767), int_defaults), Type("int4", integers(-2147483648, 2147483647), int_defaults + ["2147483647"]),
        Type("int8", integers(-9223372036854775807, 9223372036854775807), int_defaults + ["9223372036854775807", "5000000000"]),
        Type("oid", integers(0, 4294967295), ["0", "1"]),
        Type("float4", quoted([f for f in FLOATS if f not in ("1e-20",)], "::float4"), number_defaults + ["'NaN'", "'Infinity'::float4", "1e20"]),
        Type("float8", quoted(FLOATS + ["1.7976931348623157e308", "5e-324", "-2.5e-300"], "::float8"), number_defaults + ["'NaN'", "'-Infinity'::float8", "1e20"]),
        Type("numeric", with_special(numeric(), special("numeric")), number_defaults + ["'NaN'::numeric", "1.10"], plain=numeric()),
        Type(f"numeric({p},{s})", with_special(numeric(p, s), quoted(["NaN"], "::numeric")), number_defaults, plain=numeric(p, s)),
        Type(f"numeric({p})", numeric(p, 0), ["0", "1", "'3'", "1.0"]),
        Type("numeric(4,2)", numeric(4, 2), ["1", "1.5", "1.25", "1.255", "'1.50'", "(1)::numeric(4,2)"]), Type("numeric(3,-2)", one_of(["0", "12300", "-99900", "100"]), ["100"]), Type("numeric(2,4)", one_of(["0.0012", "0", "-0.0099"]), ["0.001"]),
        Type("money", quoted(["0", "1", "-1.23", "1234567.89", "92233720368547758.07", "-92233720368547758.08", "0.005"], "::money"), ["1", "'2.50'"]),
        Type(f"char({n})", words(n), text_defaults[:3] + ["null"]), Type(f"varchar({n})", words(n), text_defaults), Type("varchar", words(0), text_defaults), Type("text", words(0), text_defaults),
        Type('"char"', quoted(["a", "", " ", "\\303"], ""), ["'x'"]), Type("citext", words(0), ["'Ab'"]), Type("name", words(20), ["'n'", "current_user"], keyable=False),
        Type("bytea", hexes, ["'\\x00'", "'abc'", "''"]),
        Type("bit(1)", bits(1, 1), ["B'1'", "'0'", "'1'::bit(1)"]), Type(f"bit({n})", bits(n, n), ["B'" + "10" * (n // 2) + "1" * (n % 2) + "'", f"5::bit({n})"]),
        Type("varbit", bits(0, 40), ["B'101'", "''"]), Type(f"varbit({n})", bits(0, n), ["B'1'", "B''"]),
        Type("json", documents, ["'{}'", "'[1, 2]'", "'{\"a\": \"it''s\"}'", "null", "json_build_object()", "'\"x\"'::json"], keyable=False),
        Type("jsonb", documents, ["'{}'", "'[1,2]'", "'{\"b\": 1, \"a\":2}'", "jsonb_build_array()", "'null'"]),
        Type("xml", quoted(["<a/>", "<a b=\"1\">é&amp;</a>", "text", ""], "::xml"), ["'<a/>'"], keyable=False),
        Type("uuid", lambda rng: lit("%08x-%04x-4%03x-8%03x-%012x" % tuple(rng.getrandbits(n) for n in (32, 16, 12, 12, 48))), ["gen_random_uuid()", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "null"]),
        Type("inet", quoted(["192.168.1.1", "10.0.0.0/8", "::1", "2001:db8::/32", "::ffff:1.2.3.4"]), ["'127.0.0.1'", "inet_client_addr()"]), Type("cidr", quoted(["192.168.0.0/16", "::/0", "10.1.2.3/32"]), ["'10/8'"]),
        Type("macaddr", quoted(["08:00:2b:01:02:03", "AA-BB-CC-DD-EE-FF"]), ["'08:00:2b:01:02:03'"]), Type("macaddr8", quoted(["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03"])),
        Type("tsvector", quoted(["a fat cat", "'it''s':1A,3 b:2", "", "ünï:5B"], "::tsvector"), ["''"]),
        Type("hstore", hstores, ["''", "'a=>1'"]), Type("ltree", quoted(["a", "Top.Science.Astro", "", "x_1.y"], "::ltree"), ["'a.b'"]), Type("isbn", quoted(["978-0-393-04002-9", "0-393-04002-X"], "::isbn")),
        Type("date", quoted(DATES), ["current_date", "'2020-01-01'", "'infinity'", "null", "now()", "'1900-02-03'::date", "'0044-03-15 BC'"]),
        Type("time", quoted(TIMES), ["localtime", "'12:00'", "'24:00:00'", "current_time", "'01:02:03.456789'"]), Type(f"time({t})", quoted(TIMES), ["'12:00:01.5'", "localtime(2)", "'23:59:59.123'"]),
        Type("timestamp", stamps(TIMESTAMPS), NOW + ["'2020-01-01'", "'infinity'", "'2020-01-01 00:00:00.123456'"], plain=stamps(PLAIN_STAMPS)),
        Type(f"timestamp({t})", stamps(TIMESTAMPS), NOW + ["'2020-01-01 12:00:00.987654'", "'-infinity'"], plain=stamps(PLAIN_STAMPS)),
        Type("timestamptz", stamps(TIMESTAMPS, ("", "+00", "-05")), NOW + ["'2020-01-01'", "'infinity'", "'2020-01-01 00:00:00.12+02'"]), Type(f"timestamptz({t})", stamps(TIMESTAMPS, ("", "+03:30")), NOW + ["'2020-01-01 12:00:00.987654+00'"]),
        Type("timetz", lambda rng: lit(rng.choice(TIMES) + rng.choice(OFFSETS)), ["'12:00+02'"], plain=quoted(["12:34:56.7+02", "00:00:00+00"])), Type(f"timetz({t})", lambda rng: lit(rng.choice(TIMES) + rng.choice(OFFSETS)), plain=quoted(["12:34:56.7-03"])),
        Type("interval", quoted(INTERVALS), ["'1 day'", "'0'", "'1 year 2 mons -3 days 04:05:06.5'", "null", "interval '90 min'"]), Type(random.choice(["interval(3)", "interval year to month", "interval day to second(2)", "interval hour"]), quoted(INTERVALS), ["'1 day'"]),
        Type("point", lambda rng: lit(points(rng)), ["'(1,2)'"], keyable=False), Type("box", lambda rng: shapes(rng, 2, 2), keyable=False), Type("lseg", lambda rng: shapes(rng, 2, 2), keyable=False),
        Type("path", lambda rng: shapes(rng, 2, 4, *rng.choice(["[]", "()"])), keyable=False), Type("polygon", lambda rng: shapes(rng, 1, 5, "(", ")"), keyable=False),
        Type("circle", quoted(["<(1,2),3>", "<(0,0),0>", "<(-1.5,1e5),2.5>"]), keyable=False), Type("line", quoted(["{1,2,3}", "{0,1,0}", "{-1.5,2,1e10}"]), keyable=False),
        Type("mood", quoted(LABELS, "::mood"), [lit(label) for label in LABELS[:8]] + ["'ok'::mood"]), Type("plain_mood", quoted(["new", "old"], "::plain_mood"), ["'new'", "'old'::plain_mood", "null"]),
        # without mapping
        Type("composite", quoted(["(1,a,2.5)", "(,,)"], "::composite"), keyable=False), Type("pg_lsn", quoted(["0/0", "16/B374D848"])), Type("tsquery", quoted(["a & b", "!c"], "::tsquery")), Type("xid", quoted(["0", "4294967295"], "::xid"), keyable=False),
        Type("xid8", quoted(["0", "18446744073709551615"], "::xid8")), Type("cid", quoted(["1"], "::cid"), keyable=False), Type("tid", quoted(["(0,1)"], "::tid")), Type("regclass", quoted(["pg_class", "pg_type"], "::regclass"), keyable=False), Type("regtype", quoted(["int4", "text"], "::regtype"), keyable=False),
        Type("jsonpath", quoted(["$.a", "$.a[*] ? (@ > 1)"], "::jsonpath"), keyable=False), Type("txid_snapshot", quoted(["10:20:10,14"]), keyable=False), Type("int4multirange", quoted(["{}", "{[1,3),[5,9)}"], "::int4multirange")), Type("float_range", quoted(["[1.5,2]", "empty"], "::float_range")),
    ]
    found += [Type(name, quoted(texts, "::" + name), [lit(texts[0])]) for name, texts in RANGES.items()]
    return found


def domains(random):
    return [Type("d_text", words(0), ["'d'", "''"]), Type("d_int", integers(-1000, 1000), ["4"]), Type("d_mood", quoted(["new", "old"], "::d_mood"), ["'new'"]), Type("d_num", numeric(8, 3), ["1.5"]), Type("d_varchar", words(7), ["'v'"]), Type("d_nested", words(7), ["'n'"]), Type("d_required", integers(0, 100), ["1"]),
            Type("d_stamp", stamps(PLAIN_STAMPS)), Type("d_default", words(5)), Type("d_array", one_of(["'{1,2}'", "'{}'"]), keyable=False), Type("d_bytea", hexes), Type("d_interval", quoted(INTERVALS)), Type("d_bits", bits(5, 5)),
            Type("d_uuid", quoted(["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"])), Type("d_json", documents, keyable=False)]



WIDER = {                             # domains over all kinds of types: name of the simple type
    "dx_bool": "bool", "dx_int2": "int2", "dx_int8": "int8", "dx_oid": "oid", "dx_float4": "float4", "dx_float8": "float8", "dx_numeric": "numeric", "dx_money": "money", "dx_char": '"char"', "dx_citext": "citext",
    "dx_bit": "bit(1)", "dx_varbit": "varbit", "dx_xml": "xml", "dx_inet": "inet", "dx_cidr": "cidr", "dx_macaddr": "macaddr", "dx_tsvector": "tsvector", "dx_hstore": "hstore", "dx_ltree": "ltree", "dx_date": "date",
    "dx_time": "time", "dx_timestamp": "timestamp", "dx_timestamptz": "timestamptz", "dx_timetz": "timetz", "dx_point": "point", "dx_circle": "circle", "dx_int4range": "int4range", "dx_tstzrange": "tstzrange",
    "dx_pg_lsn": "pg_lsn", "dx_composite": "composite", "dx_jsonb": "jsonb", "dx_isbn": "isbn",
}
DEEPER = {"dy_numeric": "dx_numeric", "dy_timestamptz": "dx_timestamptz", "dy_time": "dx_time", "dy_hstore": "dx_hstore", "dy_bool": "dx_bool", "dy_macaddr": "dx_macaddr", "dy_jsonb": "dx_jsonb"}
OVER_ARRAYS = {"da_text": "text", "da_numeric": "numeric", "da_date": "date", "da_uuid": "uuid", "da_timestamptz": "timestamptz"}


def wider_domains(random):
    simple = {kind.sql: kind for kind in simple_types(random)}
    found = [over(name, simple[base]) for name, base in WIDER.items()]
    found += [over(name, simple[WIDER[base]]) for name, base in DEEPER.items()]
    return found + [over(name, array_of(simple[base])) for name, base in OVER_ARRAYS.items()]


def over(name, base):
    """A domain without a modifier over a type."""
    return Type(name, base.values, base.defaults, base.plain, base.keyable)


BEFORE = f"""
create extension hstore; create extension citext; create extension ltree; create extension isn;
create type mood as enum ({", ".join(lit(label) for label in LABELS)});
create type plain_mood as enum ('new', 'old');
create type composite as (a int, b text, c numeric);
create type float_range as range (subtype = float8);
create domain d_text as text; create domain d_int as int check (value > -2000); create domain d_num as numeric(8,3); create domain d_varchar as varchar(7);
create domain d_nested as d_varchar; create domain d_required as int not null; create domain d_stamp as timestamp(3); create domain d_default as text default 'dd';
create domain d_mood as plain_mood; create domain d_array as int[]; create domain d_bytea as bytea; create domain d_interval as interval; create domain d_bits as bit(5); create domain d_uuid as uuid; create domain d_json as jsonb;
{" ".join(f"create domain {name} as {base};" for name, base in {**WIDER, **DEEPER}.items())}
{" ".join(f"create domain {name} as {base}[];" for name, base in OVER_ARRAYS.items())}
"""
POSTGIS = "create extension postgis;\n"


def postgis(random):
    shapes_2d = ["POINT(1 2)", "SRID=4326;POINT(1.5 -2)", "LINESTRING(0 0,1 1,2 1)", "POLYGON((0 0,1 0,1 1,0 0))", "GEOMETRYCOLLECTION EMPTY", "SRID=3187;POINTZ(1 2 3)", "POINT EMPTY"]
    return [Type("geometry", quoted(shapes_2d, "::geometry"), keyable=False), Type("geography", quoted(["POINT(1 2)", "SRID=4326;LINESTRING(0 0,1 1)"], "::geography"), keyable=False),
            Type("geometry(Point,4326)", quoted(["SRID=4326;POINT(1.5 -2)"], "::geometry"), keyable=False)]


VECTOR = "create extension vector;\n"


def vectors(random):
    """pgvector's."""
    numbers = ["0", "1", "-1.5", "0.1", "1e-7", "123456.7", "-0", "3.4e38", "1e-40", "65504", "0.333333", "5.96e-8"]
    dense = lambda most: lambda rng: lit("[" + ",".join(rng.choice([n for n in numbers if float(n) <= most]) for _ in range(3)) + "]")

    def sparse(rng):
        size = rng.choice([1, 5, 20, 100])
        found = sorted(rng.sample(range(1, size + 1), rng.randint(0, min(size, 15))))
        return lit("{" + ",".join(f"{n}:{rng.choice([n for n in numbers if float(n)])}" for n in found) + "}/" + str(size))
    return [Type("vector", dense(1e39), ["'[1,2]'"], keyable=False), Type("vector(3)", dense(1e39), keyable=False), Type("halfvec", dense(65504), ["'[0.5]'"], keyable=False), Type("halfvec(3)", dense(65504), keyable=False),
            Type("sparsevec", sparse, ["'{1:1}/2'"], keyable=False)]


def array_of(element):
    def value(rng):
        count = rng.choice([0, 1, 1, 2, 3, 5])
        parts = ["null" if rng.random() < 0.2 else element.values(rng) for _ in range(count)]
        return f"array[{', '.join(parts)}]::{element.sql}[]"

    def plain(rng):
        return f"array[{', '.join(element.plain(rng) for _ in range(rng.randint(0, 3)))}]::{element.sql}[]"
    return Type(element.sql + "[]", value, ["'{}'", f"array[]::{element.sql}[]"], plain=plain, keyable=element.keyable and not element.sql.startswith(("date", "timestamp")))
