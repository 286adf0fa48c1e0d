"""Relay and flow as processes on one topic, killed and started again."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

from flows.verify import verify
from models.settings import Settings
from storage.kafka.client import EVENTS, topic_name
from storage.kafka.scan import committed
from storage.postgres.connect import connect
from tests.faults import oracle
from tests.kafka.driving import counted, until

ROOT = Path(__file__).parents[2]
BACK_S = 60.0
"""Generous: the machine may be busy with other work."""
_FOLDED = """SELECT application_id, id FROM event_log
    WHERE type <> 'application.analytics_updated'"""


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


def revive(settings: Settings, running: list[Process]) -> None:
    """Start again what has ended, as a supervisor does: any error of Kafka's may end it."""
    for process in [process for process in running if process.dead]:
        running.remove(process)
        running.append(Process(settings, *process.popen.args[2:]))


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


def settle(settings: Settings, sent: int, running: Iterable[Process]) -> None:
    """Wait until the outbox is empty and so many messages of the topic are judged."""
    url = str(settings.postgres_url)

    def idle() -> bool:
        for process in running:
            assert not process.dead, f"{process.popen.args!r} ended"
        return settled(url, sent)

    until(idle, "everything is published and folded", BACK_S)


def settled(url: str, sent: int) -> bool:
    """Whether nothing waits and so many messages are judged."""
    return oracle.rows(url, "outbox") == 0 and counted(url) >= sent


def check(settings: Settings, sent: int, *fed: Path) -> None:
    """Every row by an independent recompute, every message of files and topic, each once."""
    url = str(settings.postgres_url)
    report = verify(url, fed, kafka=settings)
    assert report.clean, report
    assert report.waiting == 0
    published: Counter[object] = Counter(
        _named(record.value() or b"")
        for record in committed(settings, topic_name(settings, EVENTS), {})
    )
    assert published.total() == counted(url) == sent
    with connect(url) as connection:
        folded = set(connection.execute(_FOLDED).fetchall())
        dead = connection.execute("SELECT payload FROM dead_letters").fetchall()
    assert published.keys() == folded | {_named(payload) for (payload,) in dead}


def _named(payload: bytes) -> object:
    """Application and id of the event, or all of what names none."""
    try:
        event = json.loads(payload)
        return event["subject"], event["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return payload
