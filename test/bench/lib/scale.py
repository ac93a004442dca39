"""Cost per event while one thing grows: tables, columns, bytes of a value, rows of a transaction, partitions of a topic.

The first three in instructions (instructions.py), the others in CPU time. SCALE_MOST=10000000 lets the rows of a
transaction grow to so many; by default a tenth of it.
"""
import os, sys

from . import instructions, plugins
from .beside import drain
from .sides import Ours
from .table import print_table
from .topics import Topics
from .workload import OURS, Workload

EVENTS = 2000                         # in the part that counts, at least
LARGEST = 250 * 1024 * 1024           # max.record.bytes


class Point:
    """Tables, and two parts of changes: the first has the plugin know all tables, the second is what counts."""
    peers = {}

    def __init__(self, what, size, tables, first, second, events, rows=1):
        self.name, self.what, self.size, self.tables, self.parts, self.events, self.rows = f"{what.split()[0]}_{size}", what, size, tables, (first, second), events, rows

    def plugin_config(self):
        return dict(OURS, **{"table.include.list": "public.scale_.*", "max.record.bytes": str(LARGEST)})

    def prepare(self, server):
        server.psql("-c", self.tables)
        server.create_slot(instructions.slot_of(self, "wal2debezium"), "wal2debezium")
        found = []
        for number, changes in enumerate(self.parts):
            server.psql("-c", changes)
            found.append(instructions.Position(server.psql("-c", "select pg_current_wal_insert_lsn()"), number * self.events))
        return found


def loop(count, statement):
    """The statement once for each of 1..count, as i; a commit now and then."""
    return f"do $$ begin for i in 1..{count} loop {statement} if i % 100 = 0 then commit; end if; end loop; end $$"


def tables(count):
    each = max(1, EVENTS // count)
    insert = f"execute format('insert into scale_t{count}_%s values (%s, ''text'')', {{table}}, {{id}});"
    return Point("tables", count, loop(count, f"execute format('create table scale_t{count}_%s(id int primary key, v text)', i);"),
                 loop(count, insert.format(table="i", id="0")), loop(count * each, insert.format(table=f"i % {count} + 1", id="i")), count * each)


def created(count):
    """Changes of that many tables, and another one is created after every tenth of them."""
    insert = f"execute format('insert into scale_d{count}_%s values (%s)', i % {count} + 1, {{id}});"
    create = f"if i % 10 = 0 then execute format('create table scale_e{count}_%s(id int)', i); end if;"
    return Point("known tables, one created after ten changes", count, loop(count, f"execute format('create table scale_d{count}_%s(id int primary key)', i);"),
                 loop(count, insert.format(id="0")), loop(EVENTS, insert.format(id="i") + create), EVENTS)


def columns(count):
    names = ", ".join(f"column_{number} int" for number in range(count))
    insert = f"insert into scale_c{count} select {', '.join(['g'] * count)} from generate_series(1, {{}}) g"
    events = max(20, EVENTS // count)
    return Point("columns", count, f"create table scale_c{count}({names})", insert.format(1), insert.format(events), events, count)


def sizes(size):
    name = f"scale_v{size}"
    create = f"create table {name}(id serial primary key, v text); alter table {name} alter v set storage external"
    events = max(1, min(EVENTS, 2_000_000 // size))
    return Point("bytes of a value", size, create, f"insert into {name}(v) values (repeat('x', {size}))",
                 f"insert into {name}(v) select repeat('x', {size}) from generate_series(1, {events})", events, size)


def count_instructions(server):
    """Rows of the table."""
    points = [columns(count) for count in (1, 10, 100, 1600)]
    points += [sizes(size) for size in (1, 1000, 100_000, 10_000_000, 200_000_000)] + [tables(count) for count in (1, 10, 100, 1000, 10000)] + [created(count) for count in (1, 100, 1000, 10000)]
    positions = {point: point.prepare(server) for point in points}
    server.psql("-c", "checkpoint")
    server.stop()
    for point in points:
        library, settings = plugins.options(point)["wal2debezium"]
        spent = instructions.count(server, point, library, settings, *positions[point])
        yield [point.what, f"{point.size:,}", f"{spent:,.0f} instructions", f"{spent / point.rows:,.1f}" if point.rows > 1 else ""]


def rows_of_a_transaction(server):
    workload = Workload("huge")
    most = int(os.environ.get("SCALE_MOST", 1_000_000))
    for rows in [10 ** power for power in range(8) if 10 ** power <= most]:
        again = max(1, 100_000 // rows)
        workload.create(server)
        server.create_slot("bench_scale", "wal2debezium")
        insert = f"insert into bench(customer_id, status, amount, note, active) select g, 'new', g / 100.0, 'order number ' || g, true from generate_series(1, {rows}) g;"
        server.psql("-c", f"do $$ begin for i in 1..{again} loop {insert} commit; end loop; end $$")
        end = server.psql("-c", "select pg_current_wal_insert_lsn()")
        _, settings = plugins.options(workload)["wal2debezium"]
        yield ["rows of a transaction", f"{rows:,}", f"{plugins.drain(server, 'bench_scale', settings, end, rows * again).cpu:.1f} us of the walsender", ""]
        server.drop_slots()


def partitions(server):
    workload = Workload("default")
    server.start_kafka()
    topics, side = Topics(server.kafka, server.folder + "/kafka"), Ours(server)
    counts = (1, 10, 100)
    workload.create(server)
    for count in counts:
        server.create_slot(f"bench_scale_{count}", "wal2debezium")
    workload.make_wal(server, 1)
    for count in counts:
        workload.partitions = count
        drained = drain(server, topics, side, workload, f"bench_scale_{count}", workload.records, False)
        yield ["partitions of a topic", f"{count}", f"{drained.connector:.1f} us of the relay", ""]
    side.close()
    topics.close()


def run(server):
    server.add_peers()
    rows = []
    for part in (rows_of_a_transaction, partitions, count_instructions):
        for row in part(server):
            rows.append(row)
            print(", ".join(row), file=sys.stderr, flush=True)
    print("\nCost per event while one thing grows\n")
    print_table([["what grows", "to", "cost per event", "per column or byte"], *rows])
