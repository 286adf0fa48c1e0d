"""An API that dies on order, seen from the test."""

import signal
import subprocess
import sys

from tests.faults import oracle
from tests.faults.victim import BACK_S, ROOT
from tests.stream.server import Api


class MortalApi(Api):
    """Started, armed, killed by itself; then started again on the same port."""

    def start(self) -> None:
        """Returns once it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.dying_api", str(self.port)],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        oracle.until(self._answers, BACK_S, "the API's start")

    def points(self) -> list[str]:
        """All points that it has passed."""
        self._order("LIST")
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().strip().split(",")

    def die_at(self, point: str, passes: int) -> None:
        """Not at once: when a request gets there."""
        self._order(f"SIGKILL {passes} {point}")

    def wait_for_death(self) -> bool:
        """It must have come to its point; returns whether a transaction was open there."""
        assert self.process is not None
        said, _ = self.process.communicate(timeout=BACK_S)
        assert self.process.returncode == -signal.SIGKILL
        self.process = None
        return said.startswith(b"open")

    def _order(self, order: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(order.encode() + b"\n")
        self.process.stdin.flush()
