"""Real processes of the product, and what they use."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Self

import psutil  # type: ignore[import-untyped]

from storage.postgres.embedded import Server

ROOT = Path(__file__).parents[2]
_STOP_S = 15.0


class Process:
    """A Python module as a process of its own; a context manager that leaves nothing behind."""

    def __init__(
        self,
        *arguments: str,
        settings: dict[str, object],
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.DEVNULL,
    ) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        chosen = {f"JOBFINDERS_{name.upper()}": str(value) for name, value in settings.items()}
        self.popen: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**kept, "PYTHONPATH": str(ROOT), **chosen},
            cwd=ROOT,
            stdin=stdin,
            stdout=stdout,
        )
        self._process = psutil.Process(self.popen.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def cpu_s(self) -> float:
        """Processor time used so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    @property
    def memory_mb(self) -> float:
        """Resident memory now."""
        return float(self._process.memory_info().rss) / 1e6

    @property
    def peak_mb(self) -> float:
        """The most resident memory it ever had."""
        return peak_mb(self.popen.pid)

    def used(self) -> tuple[float, float] | None:
        """Megabytes, the peaks of it and its children added up, and its processor seconds so
        far; None once one of them has ended meanwhile."""
        try:
            family = [self._process, *self._process.children(recursive=True)]
            return sum(peak_mb(one.pid) for one in family), self.cpu_s
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError, RuntimeError):
            return None

    def check(self) -> None:
        """Raise when it has ended by itself."""
        code = self.popen.poll()
        if code is not None:
            raise RuntimeError(f"{self.popen.args!r} ended with {code}")

    def stop(self) -> None:
        """End it and wait."""
        if self.popen.poll() is None:
            self.popen.terminate()
            self.popen.send_signal(signal.SIGCONT)  # where it was halted
        try:
            self.popen.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def peak_mb(pid: int | str) -> float:
    """The kernel's high-water mark of a process, or of "self"."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1_024 / 1e6
    raise RuntimeError(f"the kernel tells no peak memory of {pid}")


def postgres_cpu_s(server: Server) -> float:
    """Processor time of the server, its sessions and those that have ended."""
    pid = server.pid()
    if pid is None:
        raise RuntimeError("Postgres does not run")
    root = psutil.Process(pid)
    own = root.cpu_times()
    total: float = own.user + own.system + own.children_user + own.children_system
    for child in root.children(recursive=True):
        try:
            times: Any = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


class Others:
    """What the rest of the machine does meanwhile; begin and end it with no child running."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._began = time.monotonic()
        self._before_s = self._used_s()

    def share(self) -> float:
        """Share of all processors that went to others than us, steal included, since then."""
        passed_s = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return max(0.0, (self._used_s() - self._before_s) / passed_s)

    def _used_s(self) -> float:
        machine = psutil.cpu_times()
        busy = machine.user + machine.nice + machine.system + machine.irq + machine.softirq
        ours = sum(os.times()[:4]) + postgres_cpu_s(self._server)
        return float(busy + machine.steal - ours)
