"""The flow as several processes on one topic: whoever dies, comes or goes."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from random import Random

import pytest

from models.settings import Settings
from storage.postgres.outbox import subject_of
from tests.faults.traffic import Traffic
from tests.kafka import processes
from tests.kafka.conftest import SEED
from tests.kafka.driving import produce, records
from tests.kafka.feed import Feed
from tests.kafka.processes import Process
from tests.kafka.watch import Watch
from tests.platform.driving import event

_BACK_S = 10.0
_UNTOUCHED_S = 3.0
"""A partition that changes no hands hardly notices: a feed moves it fifty times a second."""


@pytest.fixture
def watch(database: str, kafka_partitions: int) -> Iterator[Watch]:
    """On the test's flow."""
    watching = Watch(database, kafka_partitions)
    yield watching
    watching.close()


class Crew:
    """The processes by name."""

    def __init__(self, kafka: Settings, watch: Watch) -> None:
        self.alive: dict[str, Process] = {}
        self._kafka = kafka
        self._watch = watch
        self._numbers = count(1)

    def start(self, number: int, **more: object) -> None:
        """So many more."""
        for _ in range(number):
            name = f"flow-{next(self._numbers)}"
            url = f"{self._kafka.postgres_url}&application_name={name}"
            named = self._kafka.model_copy(update={"postgres_url": url, **more})
            self.alive[name] = processes.flow(named)

    def kill(self, *names: str) -> None:
        """SIGKILL."""
        for name in names:
            self.alive.pop(name).stop()

    def changed(self, change: Callable[[], None]) -> tuple[float, float]:
        """Longest standstill of partitions that got another owner, and of those that kept it."""
        before = self._watch.owners()
        self._watch.begin()
        change()
        self._watch.until_shared_by(self.alive)
        after, still_s = self._watch.owners(), self._watch.still_s
        kept = [index for index in before if after[index] == before[index]]
        moved = still_s.keys() - kept
        return max(still_s[index] for index in moved), max((still_s[i] for i in kept), default=0.0)


@pytest.fixture
def crew(kafka: Settings, watch: Watch) -> Iterator[Crew]:
    """Nobody at first; ended with the test."""
    made = Crew(kafka, watch)
    yield made
    made.kill(*made.alive)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kafka_partitions", [8])
def test_partitions_go_on_whoever_dies_or_comes(
    kafka: Settings, database: str, crew: Crew, watch: Watch
) -> None:
    random = Random(SEED)
    with Feed(kafka) as feed:
        crew.start(3)
        watch.until_shared_by(crew.alive)
        for change in (
            lambda: crew.kill(random.choice(list(crew.alive))),
            lambda: crew.start(2),
            lambda: crew.kill(*random.sample(list(crew.alive), 3)),
        ):
            moved_s, kept_s = crew.changed(change)
            print(f"{len(crew.alive)}: moved {moved_s:.1f} s, kept {kept_s:.1f} s")
            assert moved_s < _BACK_S
            assert kept_s < _UNTOUCHED_S
    processes.settle(kafka, feed.sent, crew.alive.values())
    processes.check(kafka, feed.sent)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kafka_partitions", [2])
def test_two_processes_meet_at_the_same_applications(
    kafka: Settings, database: str, crew: Crew, watch: Watch, traffic: Traffic
) -> None:
    """By hand, and by producers that place keys differently; one is killed at it."""
    lines = traffic.take(2_000)
    one = json.loads(event(1))
    alone = [json.dumps({**one, "id": f"e{number}"}).encode() for number in range(400)]
    with Feed(kafka) as feed:
        crew.start(2, batch_events=20)
        watch.until_shared_by(crew.alive)
        produce(kafka, ({"value": line, "partition": n % 2} for n, line in enumerate(alone)))
        keyed = [{"value": line, "key": subject_of(line)} for line in lines]
        produce(kafka, keyed[:1_000], partitioner="murmur2_random")
        crew.kill(next(iter(crew.alive)))
        crew.start(1, batch_events=20)
        produce(kafka, keyed[1_000:], partitioner="fnv1a")
        watch.until_shared_by(crew.alive)
    sent = feed.sent + len(lines) + len(alone)
    processes.settle(kafka, sent, crew.alive.values())
    processes.check(kafka, sent)
    places: dict[str, set[int | None]] = {}
    for record in records(kafka):
        places.setdefault(subject_of(record.value() or b""), set()).add(record.partition())
    assert sum(len(found) == 2 for found in places.values()) > 50
