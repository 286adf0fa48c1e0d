"""The flow as a process that is killed again and again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults import oracle
from tests.faults.points import COMMIT
from tests.faults.traffic import Traffic

ROOT = Path(__file__).parents[2]
BACK_S = 10.0
"""A killed flow is back, and what waited is folded, within this time, were the machine its own."""
_PATIENCE_S = 90.0
"""On a machine that others work on too."""
_BATCH_EVENTS = 7


@dataclass
class Tally:
    """Kills so far, and how many of them tore a batch."""

    kills: int = 0
    torn: int = 0
    slowest_s: float = 0.0

    def add(self, torn: bool, back_s: float) -> None:
        """One more kill."""
        self.kills += 1
        self.torn += torn
        self.slowest_s = max(self.slowest_s, back_s)

    def __str__(self) -> str:
        return f"{self.kills} kills, {self.torn} in an open batch, back in {self.slowest_s:.1f} s"


class Victim:
    """A flow on the database of some traffic."""

    def __init__(
        self,
        traffic: Traffic,
        batch_events: int = _BATCH_EVENTS,
        variant: str = "whole",
        partitions: Sequence[int] = (),
        feed: int = 25,
    ) -> None:
        self.traffic = traffic
        self._feed = feed
        self._partitions = list(partitions)
        self._command = [
            *(sys.executable, "-m", "tests.faults.dying_flow"),
            *(traffic.url, str(batch_events), variant),
            *map(str, partitions),
        ]
        self._process = self._start()

    @property
    def pid(self) -> int:
        """Of the present process."""
        return self._process.pid

    @property
    def dead(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._process.poll() is not None

    def kill_at(self, point: str, passes: int) -> bool:
        """Feed it until it has died there; returns whether a batch was open."""
        self._order(f"SIGKILL {passes} {point}")
        deadline = time.monotonic() + _PATIENCE_S
        while not self.dead:
            assert time.monotonic() < deadline, f"{point} is never passed"
            self._disturb()
        said = self._last_words()
        assert self._process.returncode == -signal.SIGKILL, said
        manner, _, told = said.partition(" ")
        assert told == point, said
        return manner == "open" and point != COMMIT[-1]

    def pause_at(self, point: str) -> None:
        """Feed it until it has stopped there; it sleeps on."""
        self._order(f"SIGSTOP 1 {point}")
        self.traffic.feed(2 * self._feed)
        status = Path(f"/proc/{self.pid}/stat")
        oracle.until(lambda: status.read_text().rpartition(")")[2].split()[0] == "T", 10, point)

    def kill_at_random(self, random: Random) -> bool:
        """Kill it within its work; returns whether a batch was open."""
        self.traffic.write(2)
        self.traffic.feed(4 * self._feed)
        time.sleep(random.uniform(0, 0.15))  # the moment is what is random here
        os.kill(self.pid, signal.SIGSTOP)  # so that it does not move while we look
        torn = oracle.open_batches(self.traffic.url) > 0
        self.kill()
        return torn

    def come_back(self) -> float:
        """Start it again; returns the seconds until nothing waits any more, without those in
        which it was ready to run and others had the processor."""
        began = time.monotonic()
        self._process = self._start()
        self.settle()
        return time.monotonic() - began - self._kept_waiting_s()

    def settle(self, within_s: float = _PATIENCE_S) -> None:
        """Wait until it owns its partitions and everything is folded."""

        def idle() -> bool:
            assert not self.dead, f"the flow ended: {self._last_words()}"
            owns = oracle.owners(self.traffic.url, self._partitions) > self._owners_before
            return owns and oracle.waiting(self.traffic.url) == 0

        oracle.until(idle, within_s, "folding what waits")

    def wait_for_death(self) -> None:
        """It ends by itself, not with success."""
        self._process.communicate(timeout=BACK_S)
        assert self._process.returncode != 0

    def kill(self) -> None:
        """Kill it here and now."""
        self._process.kill()
        self._process.communicate()

    def _disturb(self) -> None:
        """Work of every kind, some of it on rows that somebody else holds."""
        self.traffic.write(2)
        with self.traffic.held():
            self.traffic.feed(self._feed)
            self._wait_while_waiting("outbox")
        self._wait_while_waiting("entity_stale")

    def _wait_while_waiting(self, table: str) -> None:
        oracle.until(
            lambda: self.dead or oracle.rows(self.traffic.url, table) == 0, _PATIENCE_S, table
        )

    def _kept_waiting_s(self) -> float:
        """Its main thread's, since its start."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def _start(self) -> "subprocess.Popen[str]":
        # One that still starts outlives a Postgres that is killed: it knows only the next.
        self._owners_before = oracle.owners(self.traffic.url, self._partitions)
        return subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _order(self, order: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()

    def _last_words(self) -> str:
        said, _ = self._process.communicate()
        return said.strip()
