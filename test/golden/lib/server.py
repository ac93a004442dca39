"""A PostgreSQL server as the runner sees it: through psql, so that nothing but the client is needed."""
import os, subprocess, threading

from .cases import Failed

CREATE = "create database \"%s\" template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'"

# Settings of the decoding session that no record may depend on.
ODD = {"datestyle": "German, DMY", "intervalstyle": "iso_8601", "bytea_output": "escape", "extra_float_digits": "-15",
       "timezone": "Asia/Kathmandu", "quote_all_identifiers": "on", "search_path": "", "xmloption": "document",
       "xmlbinary": "hex", "standard_conforming_strings": "off", "escape_string_warning": "off", "transform_null_equals": "on",
       "array_nulls": "off", "default_transaction_isolation": "serializable", "row_security": "off",
       "lc_monetary": "de_DE.utf8", "lc_numeric": "de_DE.utf8", "lc_time": "de_DE.utf8"}
ODD_SETTING = """do $$ begin execute format('alter database %%I set %s = %%L', current_database(), %s);
exception when invalid_parameter_value or cant_change_runtime_param then null; end $$;"""   # not every locale is installed


class Server:
    creating = threading.Lock()                               # template0 can be copied by one at a time

    def __init__(self, host, port, user, odd=False):
        self.host, self.port, self.user, self.odd = host, port, user, odd

    def psql(self, database, *arguments, text=None):
        env = dict(os.environ, PGHOST=self.host, PGPORT=str(self.port), PGUSER=self.user, PGDATABASE=database,
                   PGCLIENTENCODING="UTF8", PGOPTIONS="-c client_min_messages=warning")
        command = ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", *arguments]
        done = subprocess.run(command, env=env, input=text, capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            raise Failed(done.stderr.strip() or f"psql ended with status {done.returncode}")
        return done.stdout

    def query(self, database, sql):
        return [line.split("\t") for line in self.psql(database, "-f", "-", text=sql).splitlines()]

    def script(self, database, path, first="select"):
        """The file at path, after one statement in the same session."""
        try:
            self.psql(database, "-o", os.devnull, "-c", first, "-f", path)
        except Failed as error:
            raise Failed(f"{os.path.basename(path)}: {error}") from None

    def create(self, database):
        with Server.creating:
            self.query("postgres", CREATE % database)

    def odd_settings(self, database, on):
        """For sessions that begin now, if that is wanted at all; scripts would mean something else under them."""
        if self.odd and on:
            self.query(database, "".join(ODD_SETTING % (name, literal(value)) for name, value in ODD.items()))
        elif self.odd:
            self.query(database, f'alter database "{database}" reset all;')

    def drop(self, database, slot):
        """Both go, whoever uses them."""
        self.query("postgres", f"""
            select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '{slot}' and active;
            do $$ begin
                for i in 1..100 loop
                    begin
                        perform pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '{slot}';
                        exit;
                    exception when object_in_use then perform pg_sleep(0.05);
                    end;
                end loop;
            end $$;
            drop database if exists "{database}" with (force);""")


def literal(text):
    """Good whatever standard_conforming_strings says."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
