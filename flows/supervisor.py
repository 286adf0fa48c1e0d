"""One process group: Postgres, the flow, the API, the demo traffic; watched and restarted."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 8.0
_STEADY_S = 20.0
"""A part that has run so long is well again: its next restart comes at once."""
_LOG_BYTES = 8_000_000
_STOP_S = 4.0

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


class Backoff:
    """When to start again what has ended: at once, then ever later while it keeps ending."""

    def __init__(self) -> None:
        self._delay = 0.0
        self._started = 0.0
        self.due = 0.0

    def started(self, now: float) -> None:
        """It runs since `now` (monotonic seconds)."""
        self._started = now

    def ended(self, now: float) -> float:
        """It has ended; returns the seconds until it is due again."""
        steady = now - self._started >= _STEADY_S
        if steady or not self._delay:
            self._delay = _FIRST_DELAY_S
        else:
            self._delay = min(_LONGEST_DELAY_S, self._delay * 2)
        self.due = now + self._delay
        return self._delay


class Part:
    """A child process with its log; started, watched, started again."""

    def __init__(self, name: str, arguments: Sequence[str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._arguments = arguments
        self._backoff = Backoff()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id, None while it does not run."""
        return None if self._process is None else self._process.pid

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it; its output goes to its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        parent = os.getpid()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "flows.cli", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment),
                # Safe here: this process has one thread.
                preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509
            )
        self._backoff.started(time.monotonic())

    def tend(self, environment: Mapping[str, str]) -> str | None:
        """Notice an end, or start again what is due; returns what to report."""
        now = time.monotonic()
        if self._process is None:
            if now < self._backoff.due:
                return None
            self.start(environment)
            return f"{self.name} started again as process {self.pid}"
        code = self._process.poll()
        if code is None:
            return None
        self._process = None
        delay = self._backoff.ended(now)
        return f"{self.name} {_manner(code)}: again in {delay:.1f} s{self._last_words(code)}"

    def stop(self, how: signal.Signals) -> None:
        """Send a signal to it if it runs."""
        if self._process is not None:
            self._process.send_signal(how)

    def wait(self, deadline: float) -> bool:
        """Whether it has ended by `deadline` (monotonic seconds)."""
        if self._process is not None:
            try:
                self._process.wait(max(0.01, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
            self._process = None
        return True

    def _last_words(self, code: int) -> str:
        """The end of its log, where it ended by itself."""
        if code < 0:
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 2_000))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return f" ({lines[-1].strip()})" if lines else ""


def stop_all(parts: list[Part]) -> None:
    """Ask all to end, and end those that do not within 4 s."""
    for part in parts:
        part.stop(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_S
    for part in parts:
        if not part.wait(deadline):
            part.stop(signal.SIGKILL)
            part.wait(time.monotonic() + 1)


def _manner(code: int) -> str:
    return f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with code {code}"


def _die_with(parent: int) -> None:
    """In the child: the kernel kills it when its parent dies in whatever way."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
