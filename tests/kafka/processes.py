"""Relay and flow as processes on one topic, killed and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from flows.verify import verify
from models.settings import Settings
from storage.postgres.connect import connect
from tests.faults.traffic import Traffic
from tests.kafka.driving import counted, records, until

ROOT = Path(__file__).parents[2]
BACK_S = 60.0
"""Generous: the machine may be busy with other work."""


class Process:
    """A module of ours as a process; `stop` ends it by SIGKILL."""

    def __init__(self, settings: Settings, *arguments: str) -> None:
        more = {
            "POSTGRES_URL": str(settings.postgres_url),
            "KAFKA_BOOTSTRAP": str(settings.kafka_bootstrap),
            "KAFKA_PREFIX": settings.kafka_prefix,
            "BATCH_EVENTS": str(settings.batch_events),
            "DATA": str(settings.data),
        }
        environment = {f"JOBFINDERS_{name}": value for name, value in more.items()}
        self._arguments = [sys.executable, "-m", *arguments]
        self.popen = subprocess.Popen(
            self._arguments, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL
        )

    @property
    def dead(self) -> bool:
        """Whether it has ended."""
        return self.popen.poll() is not None

    def stop(self) -> None:
        """End it here and now."""
        self.popen.kill()
        self.popen.wait()


def relay(settings: Settings, point: str = "") -> Process:
    """The relay; it dies at the point where one is given."""
    if not point:
        return Process(settings, "flows.cli", "relay")
    place = str(settings.postgres_url), str(settings.kafka_bootstrap), settings.kafka_prefix
    return Process(settings, "tests.kafka.dying_relay", *place, point)


def flow(settings: Settings) -> Process:
    """One process of the analytics flow."""
    return Process(settings, "flows.cli", "flow", "analytics")


def killed(process: Process) -> None:
    """Wait until it has died by its own hand."""
    until(lambda: process.dead, "it dies where it is told", BACK_S)
    assert process.popen.returncode == -signal.SIGKILL


def kill_one(random: Random, processes: list[Process]) -> Process:
    """Kill any of them."""
    victim = random.choice(processes)
    victim.stop()
    processes.remove(victim)
    return victim


def settle(settings: Settings, traffic: Traffic, running: Sequence[Process]) -> None:
    """Wait until the outbox is empty and all of the topic is judged."""

    def idle() -> bool:
        for process in running:
            assert not process.dead, f"{process.popen.args!r} ended"
        with connect(traffic.url, autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM outbox").fetchone()
        return row == (0,) and counted(traffic.url) >= traffic.sent

    until(idle, "everything is published and folded", BACK_S)


def check(settings: Settings, traffic: Traffic) -> None:
    """Every row by an independent recompute, every message of file and topic, each once."""
    report = verify(traffic.url, [traffic.file], kafka=settings)
    assert report.clean, report
    assert report.waiting == 0
    assert len(records(settings)) == counted(traffic.url) == traffic.sent
