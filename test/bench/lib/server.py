"""The scratch PostgreSQL server of a bench, and the broker where there is one."""
import os, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(os.path.dirname(HERE))
TOOLS = os.path.join(TOP, "test", "tools")
SETTINGS = ("shared_buffers=512MB", "logical_decoding_work_mem=256MB", "max_replication_slots=100")

LIBRARIES = ("pgoutput", "test_decoding", "wal2json", "decoderbufs", "wal2debezium", "nothing")

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

    def add_peers(self):
        """Allows the plugins we are compared with, and brings the one that does nothing."""
        build, folder = os.path.join(TOP, "build", "bench", "nothing"), os.path.join(HERE, "nothing")
        os.makedirs(build, exist_ok=True)
        subprocess.run(["make", "-s", "-C", build, "-f", os.path.join(folder, "Makefile"), f"SOURCE={folder}"], check=True, stdout=subprocess.DEVNULL)
        library = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"), "--pkglibdir"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        shutil.copy(os.path.join(build, "nothing.so"), self.folder + "/server" + library)
        if self.psql("-c", "select count(*) from pg_settings where name = 'output_plugin_libraries'") != "0":
            self.psql("-c", f"alter system set output_plugin_libraries = {', '.join(LIBRARIES)}", "-c", "select pg_reload_conf()")

    def data(self):
        return os.path.join(self.folder, "pg", "data")

    def as_user(self, command):
        """PostgreSQL refuses root."""
        return command if os.getuid() else ["runuser", "-u", os.environ.get("W2D_SERVER_USER", "postgres"), "--", *command]

    def stop(self):
        """As it should be done, so that a single-user backend may be started."""
        subprocess.run(self.as_user([os.path.join(self.bin, "pg_ctl"), "-D", self.data(), "-m", "fast", "-w", "stop"]), check=True, stdout=subprocess.DEVNULL, cwd="/")

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
