"""CPU and memory of processes, from /proc."""
import os, re, threading, time

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process; of one that has ended, None."""
    try:
        with open(f"/proc/{pid}/stat") as handle:
            fields = handle.read().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_memory(pid):
    """In kB; of a process that has ended, None."""
    try:
        with open(f"/proc/{pid}/status") as handle:
            return int(re.search(r"VmHWM:\s+(\d+)", handle.read())[1])
    except (OSError, TypeError):
        return None


class Watch:
    """CPU of a process and peak memory, sampled until told to stop: what a process used is gone when it is gone."""

    def __init__(self, pid, since_birth=True, interval=0.02):
        self.pid, self.interval, self.memory, self.stopped = pid, interval, 0, threading.Event()
        self.before = 0.0 if since_birth else cpu_seconds(pid) or 0.0
        self.samples = [(time.time(), self.before)]
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def sample(self):
        while not self.stopped.wait(self.interval):
            cpu = cpu_seconds(self.pid)
            if cpu is None:
                break
            self.samples.append((time.time(), cpu))
            self.memory = peak_memory(self.pid) or self.memory

    def stop(self):
        self.stopped.set()
        self.thread.join()
        return self

    def cpu(self, until=None):
        """Seconds used since the watch began, or since the process did; up to a time of the clock, or all."""
        return max((cpu for at, cpu in self.samples if until is None or at <= until + self.interval), default=self.before) - self.before
