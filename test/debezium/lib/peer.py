"""What a round needs of the peer: Kafka Connect's REST interface, and the stack that ../stack starts."""
import json, os, shutil, signal, subprocess, tempfile, time, urllib.error, urllib.request

from golden.lib.cases import Failed

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Connect:
    def __init__(self, address):
        self.url = "http://" + address

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, headers={"Content-Type": "application/json"},
                                         data=None if body is None else json.dumps(body).encode())
        for attempt in range(60):
            try:
                with urllib.request.urlopen(request, timeout=90) as reply:
                    text = reply.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                if error.code == 409 and attempt < 59:        # rebalance in progress
                    time.sleep(0.2)
                    continue
                if error.code == 404:
                    return None
                text = error.read().decode("utf-8", "replace")
                raise Failed(f"Connect {method} {path}: {error.code} {text[:2000]}") from None

    def start(self, name, config):
        self.call("PUT", f"/connectors/{name}/config", config)

    def failure(self, name):
        status = self.call("GET", f"/connectors/{name}/status") or {}
        for part in [status.get("connector", {})] + status.get("tasks", []):
            if part.get("state") == "FAILED":
                return part.get("trace", "FAILED")
        return None

    def delete(self, name):
        self.call("DELETE", f"/connectors/{name}")


class Stack:
    """Started here and stopped at the end, or a running one that `stack start DIR` made (--stack DIR)."""

    def __init__(self, folder=None):
        self.own, self.folder = folder is None, folder or tempfile.mkdtemp(prefix="wal2debezium-debezium-", dir="/var/tmp")

    def __enter__(self):
        if self.own:
            signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
            try:
                self.script("start")
            except BaseException:
                self.__exit__()
                raise
        with open(os.path.join(self.folder, "stack"), encoding="utf-8") as handle:
            values = dict(line.strip().split("=", 1) for line in handle if "=" in line)
        self.port, self.kafka, self.connect = values["PGPORT"], values["BOOTSTRAP_SERVERS"], values["CONNECT_URL"]
        return self

    def script(self, action):
        done = subprocess.run([os.path.join(HOME, "stack"), action, self.folder], stdout=subprocess.DEVNULL)
        if done.returncode:
            raise Failed(f"stack {action} ended with status {done.returncode}")

    def __exit__(self, *_):
        if self.own:
            self.script("stop")
            shutil.rmtree(self.folder, ignore_errors=True)
