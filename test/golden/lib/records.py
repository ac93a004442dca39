"""records.jsonl: what the recorder writes, made from lines of format=json or from Kafka messages."""
import base64, json, re

from .cases import Failed

DECODER = json.JSONDecoder()
SPACE = re.compile(r"[ \t\r\n]*")


def text_or_base64(data):
    if data is None:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(data).decode()}


def jsonl(record):
    """One line; control and invisible characters are escaped so that every editor shows them."""
    line = json.dumps(record, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda m: "\\u%04x" % ord(m[0]), line)


def members(line):
    """Members of a JSON object as (name, raw text): values are found, never parsed and printed again."""
    def blank(at):
        return SPACE.match(line, at).end()
    if not line.startswith("{"):
        raise Failed("not a JSON object: " + line[:200])
    at, found = blank(1), []
    try:
        while line[at] != "}":
            name, at = DECODER.raw_decode(line, at)
            at = blank(at)
            if line[at] != ":":
                raise ValueError
            start = blank(at + 1)
            _, end = DECODER.raw_decode(line, start)
            found.append((name, line[start:end]))
            at = blank(end)
            if line[at] == ",":
                at = blank(at + 1)
        if blank(at + 1) != len(line):
            raise ValueError
    except (ValueError, IndexError):
        raise Failed(f"not one JSON object (character {at}): {line[:300]}") from None
    return found


def part(fields, name, line):
    """Key or value: raw JSON bytes, or bytes in base64, or null."""
    if name + "_base64" in fields:
        return text_or_base64(base64.b64decode(json.loads(fields[name + "_base64"])))
    if name not in fields:
        raise Failed(f"no {name} in: {line[:300]}")
    return None if fields[name] == "null" else fields[name]


def header_value(value):
    if isinstance(value, dict):
        return text_or_base64(base64.b64decode(value["base64"]))
    return value


def headers(raw):
    if raw.startswith("["):
        pairs = json.loads(raw)
    else:
        pairs = [(name, json.loads(text)) for name, text in members(raw)]
    return [[name, header_value(value)] for name, value in pairs]


def from_line(line):
    pairs = members(line)
    fields = dict(pairs)
    unexpected = set(fields) - {"topic", "partition", "timestamp", "key", "key_base64", "value", "value_base64", "headers"}
    if len(pairs) != len(fields) or unexpected:
        raise Failed(f"members of a record are repeated or unexpected {sorted(unexpected)}: {line[:300]}")
    return {"topic": json.loads(fields["topic"]), "partition": int(fields.get("partition", 0)),
            "key": part(fields, "key", line), "value": part(fields, "value", line),
            "headers": headers(fields.get("headers", "{}"))}


def from_message(message):
    return {"topic": message.topic(), "partition": message.partition(), "key": text_or_base64(message.key()),
            "value": text_or_base64(message.value()),
            "headers": [[name, text_or_base64(value)] for name, value in message.headers() or []]}


def keep(case, records):
    """What the recording keeps: topics that are driven by time are cut (keep_first)."""
    limits, counts, kept = case.settings.get("keep_first", {}), {}, []
    for record in records:
        limit = next((n for pattern, n in limits.items() if re.fullmatch(pattern, record["topic"])), None)
        counts[record["topic"]] = counts.get(record["topic"], 0) + 1
        if limit is None or counts[record["topic"]] <= limit:
            kept.append(record)
    return kept


def write(path, records):
    """In the order topic, partition, place in the stream (sorted is stable)."""
    with open(path, "w", encoding="utf-8", newline="\n") as handle:
        for record in sorted(records, key=lambda r: (r["topic"], r["partition"])):
            handle.write(jsonl(record) + "\n")
