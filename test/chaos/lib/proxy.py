"""The network between the relay and a server, to be cut, frozen, slowed down, or lost on one side only."""
import socket, threading, time


class Link:
    """One connection through the proxy."""

    def __init__(self, client, server, proxy):
        self.client, self.server, self.proxy, self.orphaned = client, server, proxy, False
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=self.pump, args=(source, target), daemon=True).start()

    def pump(self, source, target):
        try:
            while data := source.recv(65536):
                if self.proxy.rate:
                    time.sleep(len(data) / self.proxy.rate)
                self.proxy.gate.wait()
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

    def orphan(self, gone="client"):
        """One side, the relay's unless gone is "server", is gone; the other hears nothing any more and is not told."""
        self.orphaned = True
        try:
            getattr(self, gone).shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Proxy(threading.Thread):
    def __init__(self, port):
        super().__init__(daemon=True)
        self.upstream, self.links, self.gate, self.rate = port, [], threading.Event(), 0
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
            self.links = [link for link in self.links if link.client.fileno() >= 0][-20:] + [Link(client, server, self)]

    def cut(self):
        for link in self.links:
            link.close()

    def orphan(self, gone="client"):
        for link in self.links:
            link.orphan(gone)

    def slow(self, rate):
        """Bytes per second of each connection and direction; 0: as fast as it can."""
        self.rate = rate

    def lead_to(self, port):
        """New connections go to another server."""
        self.upstream = port

    def freeze(self):
        self.gate.clear()

    def thaw(self):
        self.gate.set()
