"""One bad message in a hundred: the dead letters are exactly those, each for its reason."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from flows.simulator.plan import Plan
from flows.simulator.stream import arrivals
from models import instant
from models.settings import Settings
from storage.kafka.client import DEAD_LETTERS
from storage.postgres.connect import connect
from storage.postgres.outbox import subject_of
from tests.kafka import processes
from tests.kafka.conftest import SEED
from tests.kafka.driving import counted, produce, records, relay_all, until
from tests.kafka.processes import Process

_MESSAGES = int(os.environ.get("KAFKA_MESSAGES", "20000"))
_BAD = 0.01
_SLOWEST_PER_S = 2_000
_END = instant.parse("2026-01-31T00:00:00Z")

Letters = Counter[tuple[bytes, bytes]]
"""Reason and message."""


@pytest.mark.timeout(3_600)
def test_the_dead_letters_are_exactly_the_bad_messages(
    kafka: Settings, database: str, running: list[Process]
) -> None:
    bad: Letters = Counter()
    sent = produce(kafka, _records(bad))
    assert sent >= _MESSAGES
    assert bad.total() == pytest.approx(_BAD * sent, rel=0.3)
    running.append(processes.flow(kafka))
    until(lambda: counted(database) >= sent, "folding", 60 + sent / _SLOWEST_PER_S)
    with connect(database) as connection:
        found = connection.execute("SELECT reason, payload FROM dead_letters").fetchall()
    assert Counter((reason.encode(), payload) for reason, payload in found) == bad
    relay_all(kafka, database)
    copies = records(kafka, DEAD_LETTERS)
    assert Counter((_reason(copy.headers()), copy.value()) for copy in copies) == bad
    processes.check(kafka, sent)


def _records(bad: Letters) -> Iterator[dict[str, object]]:
    plan = Plan(seed=SEED, applications=_MESSAGES // 10, days=90, end=_END, bad=_BAD)
    for arrival in arrivals(plan, until=_END):
        line = arrival.line()
        if arrival.bad is not None:
            bad[arrival.bad.value.encode(), line] += 1
        yield {"value": line, "key": subject_of(line)}


def _reason(headers: object) -> bytes:
    assert isinstance(headers, list)
    return dict(headers)["reason"]
