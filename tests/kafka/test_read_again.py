"""A topic that is read again: rows and log are as they were, and each message counts once."""

from uuid import uuid4

import pytest

from flows.analytics import now_us
from flows.partition import Partition
from flows.reset import reset
from flows.sources import source_of
from flows.verify import verify
from models.errors import PositionLost
from models.settings import Settings
from storage.postgres import ingest_runs
from storage.postgres.connect import connect
from storage.postgres.outbox import copy_lines
from tests.flows.driving import step
from tests.kafka.driving import produce, records, relay_all, until
from tests.platform.driving import event

_STORED = (
    "SELECT * FROM application_analytics ORDER BY application_id",
    'SELECT * FROM event_log ORDER BY partition, "offset"',
    "SELECT * FROM applications ORDER BY id",
    "SELECT * FROM dead_letters ORDER BY id",
    "SELECT * FROM ingest_runs ORDER BY run",
    "SELECT partition, accepted, duplicates, dead_lettered, clock FROM flow_positions"
    " WHERE flow = 'analytics' ORDER BY partition",
)
_JUDGED = """SELECT sum(accepted)::bigint, sum(duplicates)::bigint, sum(dead_lettered)::bigint
    FROM ingest_runs"""
_POSITIONS = """SELECT sum(position)::bigint FROM flow_positions
    WHERE flow = 'analytics' AND source <> 'outbox'"""


def test_everything_read_again_counts_once(kafka: Settings, database: str) -> None:
    tight = kafka.model_copy(update={"batch_events": 7})
    for start in (0, 20):
        _ingest(tight, database, start)
        _read(tight, database)
    before = _stored(database)
    _reset(tight, database, "earliest")
    _read(tight, database, enough=20)
    _verified(tight, database)
    _reset(tight, database, "earliest")
    _read(tight, database)
    assert _stored(database) == before
    _ingest(tight, database, 40)
    _read(tight, database)
    assert _judged(database) == (60, 15, 6)
    _verified(tight, database)


@pytest.mark.parametrize("kafka_partitions", [1])
def test_what_was_passed_over_counts_when_it_is_read(kafka: Settings, database: str) -> None:
    _ingest(kafka, database, 0)
    _read(kafka, database)
    _ingest(kafka, database, 20)
    _reset(kafka, database, "latest")
    _ingest(kafka, database, 40)
    _read(kafka, database)
    assert _judged(database) == (40, 10, 4)
    _reset(kafka, database, "earliest")
    _read(kafka, database)
    assert _judged(database) == (60, 15, 6)
    _verified(kafka, database)


def test_a_product_that_leaves_kafka_and_returns(
    kafka: Settings, settings: Settings, database: str
) -> None:
    _ingest(kafka, database, 0)
    _read(kafka, database)
    reset(database, source_of(settings, database, now_us), "latest", None)
    _ingest(kafka, database, 20)
    _read(kafka, database)
    assert _judged(database) == (40, 10, 4)
    assert len(_rows(database, "SELECT FROM dead_letters")) == 4
    _verified(kafka, database)


def test_another_prefix_is_chosen_by_hand_and_the_first_counts_once_when_it_is_back(
    kafka: Settings, database: str
) -> None:
    other = kafka.model_copy(update={"kafka_prefix": f"other-{kafka.kafka_prefix}"})
    _ingest(kafka, database, 0)
    _read(kafka, database)
    for refused in (relay_all, _read):
        with pytest.raises(PositionLost, match="is fed through test-"):
            refused(other, database)
    _reset(other, database, "earliest")
    _ingest(other, database, 20)
    _read(other, database)
    _verified(other, database)
    _reset(kafka, database, "earliest")
    _ingest(kafka, database, 40)
    _read(kafka, database)
    assert _judged(database) == (60, 15, 6)
    assert len(_rows(database, "SELECT FROM dead_letters")) == 6
    _verified(kafka, database)


@pytest.mark.parametrize("kafka_partitions", [1])
def test_a_place_that_the_broker_lost_and_gave_anew_counts(kafka: Settings, database: str) -> None:
    produce(kafka, [{"value": event(1)}])
    _read(kafka, database)
    with connect(database) as connection:  # as if ten had been read, of which one is left
        connection.execute("UPDATE flow_positions SET position = 10")
    _reset(kafka, database, "latest")
    _ingest(kafka, database, 20)
    _read(kafka, database)
    _reset(kafka, database, "earliest")
    _read(kafka, database)
    assert _judged(database) == (20, 5, 2)
    _verified(kafka, database)


def _ingest(settings: Settings, url: str, start: int) -> None:
    """Twenty new events, five twice, two that are none: into the topic as one ingest."""
    lines = [event(number) for number in range(start, start + 20)]
    lines += [*lines[:5], b"bad %d" % start, b"worse %d" % start]
    run = uuid4()
    with connect(url) as connection:
        ingest_runs.begin(connection, run, "test")
        ingest_runs.add_received(connection, run, len(lines))
        copy_lines(connection, lines, partitions=1, run=run)
    relay_all(settings, url)


def _read(settings: Settings, url: str, enough: int | None = None) -> None:
    """All partitions to the end of the topic, or until they stand at `enough` together."""
    source = source_of(settings, url, now_us)
    partitions = range(source.partitions())
    owners = [Partition(settings, url, index, now_us, source=source) for index in partitions]
    ends = {record.partition(): (record.offset() or 0) + 1 for record in records(settings)}
    wanted = sum(ends.values()) if enough is None else enough

    def arrived() -> bool:
        for owner in owners:
            step(owner)
        with connect(url) as connection:
            row = connection.execute(_POSITIONS).fetchone()
        return row is not None and row[0] >= wanted

    try:
        until(arrived, f"{wanted} places are read")
    finally:
        for owner in owners:
            owner.close()


def _reset(settings: Settings, url: str, where: str) -> None:
    reset(url, source_of(settings, url, now_us), where, None)


def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    with connect(url) as connection:
        return connection.execute(query).fetchall()


def _stored(url: str) -> list[list[tuple[object, ...]]]:
    return [_rows(url, query) for query in _STORED]


def _judged(url: str) -> tuple[object, ...]:
    """Accepted, duplicates, dead letters of all ingests."""
    return _rows(url, _JUDGED)[0]


def _verified(settings: Settings, url: str) -> None:
    report = verify(url, kafka=settings)
    assert report.clean, report
