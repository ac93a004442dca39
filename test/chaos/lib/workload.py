"""Random transactions of every kind. What is chosen depends on the seed alone, what succeeds on locks and crashes."""
import random, threading, time

import psycopg2

TABLES = """
    CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL, note text);
    CREATE TABLE doc (id int PRIMARY KEY, title text, body text);
    ALTER TABLE doc ALTER body SET STORAGE EXTERNAL;
    CREATE TABLE pair (a int, b text, v bigint, good boolean, PRIMARY KEY (a, b));
    ALTER TABLE pair REPLICA IDENTITY FULL;
    CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
    CREATE SEQUENCE numbers;
"""
# So many transactions of a session flow freely in a round; while a broker restarts, it need not be many more.
FREELY = 300
WORDS = ("plain", "it's", 'a "quote"', "back\\slash", "Łódź", "line\nbreak", "", "a new-tuple: x[integer]:1", "日本", "tab\tend")
KINDS = (("plain", 40), ("big", 2), ("subtransactions", 10), ("savepoints", 10), ("ddl", 3), ("toast", 8), ("key_change", 10),
         ("message", 8), ("two_phase", 5), ("truncate", 2), ("rolled_back", 5))


class Worker(threading.Thread):
    def __init__(self, dsn, seed, big_rows):
        super().__init__(daemon=True)
        self.dsn, self.random, self.big_rows = dsn, random.Random(seed), big_rows
        self.stopping, self.done, self.refused = threading.Event(), 0, 0
        self.connection = self.trouble = self.prepared = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.one()
        except Exception as error:                # a mistake of ours must not look like a quiet workload
            self.trouble = repr(error)

    def one(self):
        kind = self.random.choices([name for name, _ in KINDS], [weight for _, weight in KINDS])[0]
        try:
            if self.connection is None:
                self.connection = psycopg2.connect(self.dsn, connect_timeout=5, options="-c lock_timeout=3s")
            if self.prepared:
                self.end_prepared()
            with self.connection.cursor() as cursor:
                self.sql = cursor.execute
                getattr(self, kind)()
            self.connection.commit()
            self.done += 1
        except (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.DatabaseError) as error:
            self.failed(error)
        time.sleep(self.random.uniform(0, 0.05) if self.done < FREELY else 0.3)

    def failed(self, error):
        """Locks, duplicate keys and crashes are part of the game; what else the server refuses is a mistake here."""
        self.refused += 1
        code = getattr(error, "pgcode", None)
        if code is not None and code[:2] not in ("08", "23", "25", "40", "55", "57", "58") and code not in ("42701", "42703", "42704"):
            self.trouble = f"{code}: {error}"
        try:
            self.connection.rollback()
        except (psycopg2.Error, AttributeError):
            self.connection = None
            time.sleep(0.1)

    def text(self):
        return f"{self.random.choice(WORDS)} {self.random.randrange(10 ** 6)}"

    def change(self):
        r = self.random
        choice = r.randrange(8)
        if choice < 3:
            self.sql("INSERT INTO account VALUES (%s, 1, %s) ON CONFLICT (id) DO UPDATE SET n = account.n + 1, note = excluded.note",
                     (r.randrange(300), self.text()))
        elif choice == 3:
            self.sql("DELETE FROM account WHERE id = %s", (r.randrange(300),))
        elif choice == 4:
            self.sql("INSERT INTO pair VALUES (%s, %s, %s, %s) ON CONFLICT (a, b) DO UPDATE SET v = excluded.v, good = NOT pair.good",
                     (r.randrange(30), r.choice(WORDS), r.randrange(10 ** 12), r.choice((True, False, None))))
        elif choice == 5:
            self.sql("DELETE FROM pair WHERE a = %s", (r.randrange(30),))
        elif choice == 6:
            self.sql("INSERT INTO event (v) VALUES (%s), (%s)", (self.text(), None))
        else:
            self.sql("UPDATE account SET note = %s WHERE id %% 40 = %s", (self.text(), r.randrange(40)))

    def plain(self):
        for _ in range(self.random.randint(1, 8)):
            self.change()

    def big(self):
        self.sql("INSERT INTO event (v) SELECT 'big ' || g FROM generate_series(1, %s) g", (self.random.randint(self.big_rows // 4, self.big_rows),))
        self.sql("UPDATE account SET n = n + 1")
        self.sql("DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT %s)", (self.big_rows // 2,))
        if self.random.random() < 0.5:
            self.emit(False)                          # ends where the record of the commit begins

    def subtransactions(self):
        for number in range(self.random.randint(2, 12)):
            self.sql(f"SAVEPOINT s{number}")
            self.change()
            if self.random.random() < 0.6:
                self.sql(f"RELEASE SAVEPOINT s{number}")

    def savepoints(self):
        self.change()
        for _ in range(self.random.randint(1, 4)):
            self.sql("SAVEPOINT outer_one")
            self.change()
            self.sql("SAVEPOINT inner_one")
            self.change()
            self.sql("ROLLBACK TO SAVEPOINT " + self.random.choice(("inner_one", "outer_one")))
            self.change()

    def ddl(self):
        table = self.random.choice(("account", "event"))
        self.sql("SET LOCAL lock_timeout = 500")
        self.change()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND NOT attisdropped AND attname LIKE 'extra%%'", (table,))
            extra = [name for (name,) in cursor.fetchall()]
            cursor.execute("SELECT nextval('numbers')")
            number = cursor.fetchone()[0]
        if len(extra) > 3 or (extra and self.random.random() < 0.3):
            self.sql(f"ALTER TABLE {table} DROP COLUMN {self.random.choice(extra)}")
        else:
            self.sql(f"ALTER TABLE {table} ADD COLUMN extra_{number} int DEFAULT {number}")
        self.plain()

    def toast(self):
        r = self.random
        number = r.randrange(60)
        body = f"{r.random()} " * r.randint(100, 700)
        choice = r.randrange(5)
        if choice < 2:
            self.sql("INSERT INTO doc VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE SET body = excluded.body", (number, self.text(), body))
        elif choice < 4:
            self.sql("UPDATE doc SET title = %s WHERE id = %s", (self.text(), number))
        else:
            self.sql("DELETE FROM doc WHERE id = %s", (number,))

    def key_change(self):
        r = self.random
        if r.random() < 0.7:
            self.sql("UPDATE account SET id = %s WHERE id = %s", (r.randrange(300), r.randrange(300)))
        else:
            self.sql("UPDATE pair SET a = a + 100, v = v + 1 WHERE a = %s", (r.randrange(30),))
            self.sql("DELETE FROM pair WHERE a >= 100")

    def emit(self, transactional):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT nextval('numbers')")
            number = cursor.fetchone()[0]
        self.sql("SELECT pg_logical_emit_message(%s, 'chaos', %s)", (transactional, f"message {number} {self.text()}"))

    def message(self):
        self.change()
        self.emit(self.random.random() < 0.5)
        if self.random.random() < 0.5:
            self.change()

    def two_phase(self):
        name = f"chaos {self.random.randrange(10 ** 9)}"
        self.plain()
        self.prepared = name
        self.sql("PREPARE TRANSACTION %s", (name,))
        self.connection.commit()
        time.sleep(self.random.uniform(0, 0.3))
        self.end_prepared()

    def end_prepared(self):
        """Also what a crash left prepared: it would hold its locks for ever."""
        name = self.prepared
        self.connection.autocommit = True
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(("COMMIT" if self.random.random() < 0.7 else "ROLLBACK") + " PREPARED %s", (name,))
            self.prepared = None
        except psycopg2.errors.UndefinedObject:
            self.prepared = None                  # it was not prepared, or is ended already
        finally:
            if not self.connection.closed:
                self.connection.autocommit = False

    def truncate(self):
        self.sql("SET LOCAL lock_timeout = 500")
        self.change()
        self.sql("TRUNCATE event")
        self.change()

    def rolled_back(self):
        self.plain()
        self.connection.rollback()


class Workload:
    def __init__(self, dsn, seed, workers=3, big_rows=1200):
        self.workers = [Worker(dsn, f"{seed}/worker{n}", big_rows) for n in range(workers)]

    def start(self):
        for worker in self.workers:
            worker.start()

    def stop(self):
        for worker in self.workers:
            worker.stopping.set()
        for worker in self.workers:
            worker.join(120)
            if worker.is_alive():
                raise RuntimeError("a session of the workload does not end")
            if worker.trouble:
                raise RuntimeError(f"the workload met an error it should not: {worker.trouble}")
            if worker.connection is not None:
                worker.connection.close()
        return sum(worker.done for worker in self.workers)
