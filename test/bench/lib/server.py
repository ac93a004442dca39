"""The scratch PostgreSQL server of a bench, and the broker where there is one."""
import os, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(os.path.dirname(HERE))
TOOLS = os.path.join(TOP, "test", "tools")
SETTINGS = ("shared_buffers=512MB", "logical_decoding_work_mem=256MB", "max_replication_slots=100")

# Asked before the slot is read, so that no walsender is too fast to be seen.
WALSENDER = """create function pg_temp.walsender(slot name) returns int language plpgsql as $$
declare pid int;
begin
    for i in 1..30000 loop
        select active_pid into pid from pg_replication_slots where slot_name = slot and active;
        exit when pid is not null;
        perform pg_sleep(0.002);
    end loop;
    return pid;
end $$"""


class Server:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="wal2debezium-bench-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)
        self.kafka = None
        self.port = self.tool("cluster", "start", self.folder, "", *SETTINGS)
        with open(os.path.join(self.folder, "bin")) as handle:
            self.bin = handle.read().strip()

    def tool(self, name, *arguments):
        env = dict(os.environ, W2D_KAFKA_HEAP=os.environ.get("W2D_KAFKA_HEAP", "1g"))
        return subprocess.run([os.path.join(TOOLS, name), *arguments], check=True, stdout=subprocess.PIPE, text=True, env=env).stdout.strip()

    def start_kafka(self):
        self.kafka = self.kafka or self.tool("kafka", "start", os.path.join(self.folder, "kafka"))
        return self.kafka

    def close(self):
        subprocess.run([os.path.join(TOOLS, "cluster"), "stop", self.folder])
        subprocess.run([os.path.join(TOOLS, "kafka"), "stop", os.path.join(self.folder, "kafka")])
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, program, *arguments):
        return [os.path.join(self.bin, program), "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", *arguments]

    def psql_command(self, *arguments):
        return self.client("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "postgres", *arguments)

    def psql(self, *arguments):
        env = dict(os.environ, PGOPTIONS="-c client_min_messages=warning")
        return subprocess.run(self.psql_command(*arguments), check=True, stdout=subprocess.PIPE, text=True, env=env).stdout.strip()

    def create_slot(self, name, plugin):
        self.psql("-c", f"select from pg_create_logical_replication_slot('{name}', '{plugin}')")

    def drop_slots(self):
        self.psql("-c", "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name ~ '^bench_'")

    def sql_file(self, name):
        return os.path.join(HERE, name)

    def expect_walsender(self, slot):
        """To be called before the slot is read; the answer is a function that waits for the walsender's pid."""
        asked = subprocess.Popen(self.psql_command("-c", WALSENDER, "-c", f"select pg_temp.walsender('{slot}')"), stdout=subprocess.PIPE, text=True)

        def pid():
            answer = asked.communicate()[0].strip()
            if not answer:
                sys.exit(f"no walsender for slot {slot}")
            return int(answer)
        return pid

    def wait_idle(self, slot):
        """Until nobody reads the slot."""
        self.psql("-c", f"do $$ begin while exists (select from pg_replication_slots where slot_name = '{slot}' and active) loop "
                        "perform pg_sleep(0.02); end loop; end $$")
