"""What is done to a running topology. Each fault returns how many kills it was: SIGKILL or the end of a walsender."""
import os, signal, time

import psycopg2

from .topology import tool


def pause(topology, rng, low, high):
    time.sleep(rng.uniform(low, high))


def kill_relay(topology, rng):
    relay = rng.choice(topology.relays)
    relay.kill()
    topology.forget(relay)
    if rng.random() < 0.3:
        pause(topology, rng, 0, 1)
    topology.start_relay()
    return 1


def kill_relay_while_starting(topology, rng):
    """Several times in a row, at any point of the start procedure."""
    for _ in range(3):
        kill_relay(topology, rng)
        pause(topology, rng, 0, 0.4)
    return 3


def stop_relay(topology, rng):
    """SIGTERM: a clean end, and a new start."""
    relay = rng.choice(topology.relays)
    relay.send(signal.SIGTERM)
    try:
        relay.process.wait(20)
    except Exception:
        topology.ended.append((relay.name, "did not end at SIGTERM within 20 s", relay.last_line()))
        relay.kill()
    topology.forget(relay)
    # before the first line of its log it has no signal handlers yet
    if relay.process.returncode != 0 and (relay.process.returncode, relay.last_line()) != (-signal.SIGTERM, ""):
        topology.ended.append((relay.name, f"status {relay.process.returncode} at SIGTERM", relay.last_line()))
    topology.start_relay()
    return 0


def freeze_relay(topology, rng):
    """SIGSTOP, sometimes for longer than wal_sender_timeout."""
    relay = rng.choice(topology.relays)
    relay.send(signal.SIGSTOP)
    pause(topology, rng, 0.2, 8 if rng.random() < 0.2 else 2)
    relay.send(signal.SIGCONT)
    return 0


def end_walsender(topology, rng):
    pid = topology.walsender()
    if pid is None:
        return 0
    topology.ask(f"SELECT pg_terminate_backend({pid})")
    return 1


def cut_network(topology, rng):
    topology.proxy.cut()
    return 0


def freeze_network(topology, rng):
    """Between the relay and PostgreSQL nothing goes through for a while."""
    topology.proxy.freeze()
    pause(topology, rng, 0.2, 3)
    topology.proxy.thaw()
    return 0


def slow_network(topology, rng):
    """What a transaction writes in milliseconds takes seconds to arrive."""
    topology.proxy.slow(rng.randint(60000, 250000))
    pause(topology, rng, 1.5, 4)
    topology.proxy.slow(0)
    return 0


def lose_relay(topology, rng):
    """The relay's side of the connection is gone and the server does not know: the slot is in use until wal_sender_timeout."""
    topology.proxy.orphan()
    return 0


def crash_server(topology, rng):
    """kill -9 of the walsender: the postmaster ends all sessions and recovers."""
    pid = topology.walsender()
    if pid is None or pid not in topology.processes(os.path.join(topology.folder, "pg", "data")):
        return 0
    os.kill(pid, signal.SIGKILL)
    pause(topology, rng, 0.1, 0.5)
    topology.wait_server()
    return 1


def crash_postmaster(topology, rng):
    topology.kill_postmaster()
    topology.wait_server()
    return 1


def crash_broker(topology, rng):
    folder = os.path.join(topology.folder, "kafka")
    tool("kafka", "kill", folder)
    pause(topology, rng, 0, 2)
    tool("kafka", "start", folder)
    return 1


def freeze_broker(topology, rng):
    with open(os.path.join(topology.folder, "kafka", "pid"), encoding="ascii") as handle:
        pid = int(handle.read())
    os.kill(pid, signal.SIGSTOP)
    pause(topology, rng, 0.5, 4)
    os.kill(pid, signal.SIGCONT)
    return 0


def two_relays(topology, rng):
    """A second one is started beside the first; then one of them is killed."""
    topology.start_relay()
    pause(topology, rng, 0.2, 1.5)
    topology.supervise()
    relay = rng.choice(topology.relays)
    relay.kill()
    topology.forget(relay)
    return 1


def zombie(topology, rng):
    """A relay freezes and loses its walsender; its successor takes over; then it wakes up. One of them is killed in the end."""
    old = topology.streaming()
    if old is None:
        return 0
    old.send(signal.SIGSTOP)
    kills = end_walsender(topology, rng)
    new = topology.start_relay()
    deadline = time.time() + 20
    while topology.streaming() is not new and time.time() < deadline and new.alive():
        time.sleep(0.05)
    pause(topology, rng, 0.1, 1.5)
    old.send(signal.SIGCONT)
    pause(topology, rng, 0.3, 1.5)
    for relay in [relay for relay in (old, new) if not relay.alive()]:
        topology.note_fenced(relay)
    if len(topology.relays) > 1:
        relay = rng.choice(topology.relays)
        relay.kill()
        topology.forget(relay)
        kills += 1
    return kills


# name, weight, function, does it hit the broker
FAULTS = (
    ("relay killed", 34, kill_relay, False),
    ("relay killed while starting", 6, kill_relay_while_starting, False),
    ("relay stopped", 4, stop_relay, False),
    ("relay frozen", 5, freeze_relay, False),
    ("walsender ended", 20, end_walsender, False),
    ("network cut", 3, cut_network, False),
    ("network frozen", 3, freeze_network, False),
    ("network slow", 4, slow_network, False),
    ("network half open", 2, lose_relay, False),
    ("server crashed", 8, crash_server, False),
    ("postmaster killed", 6, crash_postmaster, False),
    ("broker killed", 3, crash_broker, True),
    ("broker frozen", 2, freeze_broker, True),
    ("two relays", 6, two_relays, False),
    ("zombie", 6, zombie, False),
)
