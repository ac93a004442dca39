"""The network between the relay and PostgreSQL, to be cut, frozen, or lost on one side only."""
import socket, threading


class Link:
    """One connection through the proxy."""

    def __init__(self, client, server, gate):
        self.client, self.server, self.gate, self.orphaned = client, server, gate, False
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=self.pump, args=(source, target), daemon=True).start()

    def pump(self, source, target):
        try:
            while data := source.recv(65536):
                self.gate.wait()
                if self.orphaned:
                    return
                target.sendall(data)
        except OSError:
            pass
        if not self.orphaned:
            self.close()

    def close(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def orphan(self):
        """The relay's side is gone, the server hears nothing any more and is not told."""
        self.orphaned = True
        try:
            self.client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Proxy(threading.Thread):
    def __init__(self, port):
        super().__init__(daemon=True)
        self.upstream, self.links, self.gate = port, [], threading.Event()
        self.gate.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.upstream), timeout=5)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            self.links = [link for link in self.links if link.client.fileno() >= 0][-20:] + [Link(client, server, self.gate)]

    def cut(self):
        for link in self.links:
            link.close()

    def orphan(self):
        for link in self.links:
            link.orphan()

    def freeze(self):
        self.gate.clear()

    def thaw(self):
        self.gate.set()
