"""The contract of a source, held against both: the outbox, and the topic behind its relay."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.analytics import now_us
from flows.partition import Partition
from flows.sources import Reader, source_of
from flows.verify import verify
from models.batch import Message
from models.settings import Settings
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.flows.test_exactness import _line as random_line
from tests.kafka.driving import fold_all, relay_all, until

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"


@dataclass
class Road:
    """One way in: how lines are put where the source reads, and how all of it is folded."""

    settings: Settings
    url: str
    through_kafka: bool

    def put(self, lines: Iterable[bytes]) -> None:
        """Messages into the source."""
        put(self.url, lines)
        if self.through_kafka:
            relay_all(self.settings, self.url)

    def fold(self) -> None:
        """Everything that was put."""
        if self.through_kafka:
            fold_all(self.settings, self.url)
        else:
            drain(self.url, self.settings)

    def reader(self) -> Reader:
        """Of the first partition."""
        return source_of(self.settings, self.url, now_us).reader(0, "outbox", 0)

    def verified(self) -> None:
        """Exact, and nothing waits."""
        kafka = self.settings if self.through_kafka else None
        report = verify(self.url, kafka=kafka)
        assert report.clean, report
        assert report.waiting == 0


@pytest.fixture(params=["outbox", "topic"])
def road(request: pytest.FixtureRequest, settings: Settings, database: str) -> Road:
    """Either."""
    if request.param == "outbox":
        return Road(settings, database, through_kafka=False)
    return Road(request.getfixturevalue("kafka"), database, through_kafka=True)


@pytest.fixture
def kafka_partitions() -> int:
    """As many as the outbox has."""
    return 1


def _take(reader: Reader, limit: int, count: int) -> list[Message]:
    taken: list[Message] = []

    def enough() -> bool:
        messages = reader.read(limit, 0.0)
        assert len(messages) <= limit
        taken.extend(messages)
        return len(taken) >= count

    until(enough, f"{count} messages")
    return taken


def test_each_message_is_read_once_and_in_order(road: Road) -> None:
    lines = [b"line %d" % number for number in range(25)]
    road.put(lines)
    reader = road.reader()
    taken = _take(reader, 10, 25)
    assert [message.payload for message in taken] == lines
    places = [message.offset for message in taken]
    assert places == sorted(set(places))
    assert reader.read(10, 0.0) == []
    reader.close()


@pytest.mark.parametrize(("length", "count"), [(20_000, 1_000), (250_000, 120)])
def test_long_messages_are_read_a_few_at_a_time(road: Road, length: int, count: int) -> None:
    lines = [b"line %d" % number + b"x" * length for number in range(count)]
    road.put(lines)
    reader = road.reader()
    taken: list[Message] = []

    def all_read() -> bool:
        messages = reader.read(1_000, 0.0)
        assert sum(len(message.payload) for message in messages) < 16 << 20
        taken.extend(messages)
        return len(taken) == len(lines)

    until(all_read, "all of them")
    assert [message.payload for message in taken] == lines
    reader.close()


def test_what_is_not_settled_is_read_again(road: Road) -> None:
    road.put([b"line %d" % number for number in range(20)])
    reader = road.reader()
    taken = _take(reader, 5, 20)
    settled = [message.offset for message in taken[:10]]
    if not road.through_kafka:
        with connect(road.url) as connection:  # as the batch does
            connection.execute("DELETE FROM outbox WHERE seq = ANY ($1)", (settled,))
    reader.settled(settled)
    reader.settled([])  # as behind a batch that only predicts anew
    reader.rewind()
    again = _take(reader, 5, 10)
    assert [message.payload for message in again] == [m.payload for m in taken[10:]]
    reader.close()


def test_the_golden_application(road: Road) -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    road.put(lines)
    road.fold()
    road.put(lines)
    road.fold()
    expected = json.loads((GOLDEN / "expected.json").read_text())
    with connect(road.url) as connection:
        row = connection.execute(
            "SELECT status, version, revision, response_time_hours FROM application_analytics"
        ).fetchone()
        counts = connection.execute(
            "SELECT accepted, duplicates, dead_lettered FROM flow_positions"
            " WHERE flow = 'analytics'"
        ).fetchall()
    assert row == (expected["status"], len(lines), 1, expected["response_time_hours"])
    assert counts == [(len(lines), len(lines), 0)]
    road.verified()


@pytest.mark.parametrize("batch_events", [7, 500])
def test_whatever_comes_in_the_rows_are_exact(road: Road, batch_events: int) -> None:
    chance = random.Random(batch_events)
    road.settings = road.settings.model_copy(
        update={"batch_events": batch_events, "cache_applications": 5}
    )
    for _ in range(2):
        lines = [random_line(chance, applications=30) for _ in range(250)]
        lines += chance.sample(lines, 75)
        chance.shuffle(lines)
        road.put(lines)
        road.fold()
    road.verified()


def test_a_second_owner_goes_on_where_the_first_committed(road: Road) -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    road.put(lines)
    first = Partition(road.settings, road.url, 0, now_us)
    until(lambda: first.read() is not None, "something is read")
    first.close()  # nothing of it was folded
    road.fold()
    road.verified()
