"""Starts the product as a person does, and watches it from outside."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from flows.running import Running, running
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from storage.postgres.outbox import copy_lines
from storage.postgres.status import Live, read_live

ROOT = Path(__file__).parents[2]
START_S = 120.0
RECOVERY_S = 10.0
STOP_S = 10.0


def command(*arguments: str) -> list[str]:
    """`jobfinders …` with this interpreter."""
    return [sys.executable, "-m", "flows.cli", *arguments]


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Only what a person would set."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    chosen = {f"JOBFINDERS_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), "JOBFINDERS_DATA": str(data), **chosen}


def run(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        command(*arguments),
        env=environment(data, **settings),
        cwd=data.parent,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )


def wait_until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Poll with a deadline."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def event(number: int) -> bytes:
    """A created event of an application of its own."""
    return (
        b'{"specversion":"1.0","id":"e%d","source":"/t","type":"application.created",'
        b'"subject":"app_%d","time":"2026-03-02T09:00:00Z","datacontenttype":"application/json",'
        b'"userid":"u1","data":{"jobId":"j1","jobTitle":"Engineer","company":"N"}}'
    ) % (number, number)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Up:
    """A running `jobfinders up`."""

    def __init__(
        self, data: Path, *arguments: str, prefix: Sequence[str] = (), **settings: str
    ) -> None:
        self.data = data
        self.settings = Settings(data=data)
        self.server = Server(data / "postgres")
        self.output = data.parent / "up.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*prefix, *command("up", "--port", "0", *arguments)],
                env=environment(data, **settings),
                cwd=data.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._seen: set[psutil.Process] = set()

    def __enter__(self) -> "Up":
        try:
            wait_until(lambda: self.said("^ready: ") or self.ended(), START_S, "ready")
            assert not self.ended(), self.text()
        except BaseException:
            self.destroy()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.destroy()

    def text(self) -> str:
        """What it wrote so far."""
        return self.output.read_text()

    def said(self, pattern: str) -> bool:
        """Whether it wrote a line like this."""
        return re.search(pattern, self.text(), re.MULTILINE) is not None

    def ended(self) -> bool:
        """Whether the supervisor has ended."""
        return self.process.poll() is not None

    def state(self) -> Running:
        """What it tells of itself."""
        state = running(self.settings)
        assert state is not None, self.text()
        return state

    def processes(self) -> set[psutil.Process]:
        """All of its processes that were ever seen by this call, Postgres' included."""
        roots = [self.process.pid, self.server.pid()]
        for pid in filter(None, roots):
            with contextlib.suppress(psutil.NoSuchProcess):
                root = psutil.Process(pid)
                self._seen |= {root, *root.children(recursive=True)}
        return self._seen

    def left(self) -> list[psutil.Process]:
        """Those of them that still run."""
        return [process for process in self._seen if _runs(process)]

    def owners(self) -> set[int]:
        """User ids of its processes."""
        found = set()
        for process in self.processes():
            # A worker of Postgres may have ended meanwhile.
            with contextlib.suppress(psutil.NoSuchProcess):
                found.add(process.uids().effective)
        return found

    def answers(self) -> bool:
        """Whether the API is alive."""
        try:
            with urllib.request.urlopen(f"{self.state().api}/healthz", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def live(self) -> Live:
        """The database's figures of now."""
        with connect(self.server.url()) as connection:
            return read_live(connection)

    def accepted(self) -> int:
        """Events that the flow has taken so far."""
        return self.live().accepted

    def feed(self, *numbers: int) -> None:
        """Put events into the outbox."""
        with connect(self.server.url()) as connection:
            copy_lines(connection, map(event, numbers), partitions=1, run=None)

    def interrupt(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal to the supervisor, wait for its end; returns the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(START_S)
        return time.monotonic() - began

    def destroy(self) -> None:
        """Whatever happened, nothing is left."""
        if not self.ended():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.server.stop()
