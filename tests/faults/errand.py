"""A command that is killed while it does its work, and is then given again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from random import Random

from tests.faults import oracle
from tests.faults.victim import ROOT

_PATIENCE_S = 120.0


class Errand:
    """`jobfinders …` on a database, as a process of its own each time."""

    def __init__(self, url: str, *command: str) -> None:
        self._environment = {**os.environ, "JOBFINDERS_POSTGRES_URL": url}
        self._command = command

    def die_at(self, point: str, passes: int = 1) -> bool:
        """It must come to the point so many times; returns whether a transaction was open."""
        process = self._start(f"SIGKILL {passes} {point}")
        said, errors = process.communicate(timeout=_PATIENCE_S)
        assert process.returncode == -signal.SIGKILL, f"{point} is never passed: {said} {errors}"
        manner, _, told = said.splitlines()[-1].partition(" ")
        assert told == point
        return manner == "open"

    def die_somewhere(self, begun: Callable[[], bool], random: Random) -> None:
        """Killed at any moment after it has begun, if it has not ended before."""
        process = self._start("")
        try:
            oracle.until(lambda: begun() or process.poll() is not None, _PATIENCE_S, "its begin")
            process.wait(random.uniform(0, 0.3))  # the moment is what is random here
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            process.communicate()

    def complete(self) -> str:
        """Let it come to its end; returns what it printed."""
        process = self._start("")
        said, errors = process.communicate(timeout=_PATIENCE_S)
        assert process.returncode == 0, errors
        return said.strip()

    def _start(self, order: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.dying_command", order, *self._command],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
