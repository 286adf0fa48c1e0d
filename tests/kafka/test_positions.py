"""Positions are ours: kept with the rows, never the broker's; where they mean nothing the flow
stops and says what to do."""

import json
from collections.abc import Callable

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from flows.analytics import now_us
from flows.partition import Partition
from flows.reset import reset
from flows.sources import source_of
from flows.verify import verify
from models.errors import ConfigurationError, PositionLost
from models.settings import Settings
from storage.kafka.client import (
    EVENTS,
    ensure_topics,
    producer_properties,
    topic_name,
    topic_state,
)
from storage.postgres import rescores
from storage.postgres.connect import connect
from tests.flows.driving import drain, put, step
from tests.kafka.driving import counted, fold_all, produce, relay_all, until
from tests.platform.driving import event

pytestmark = pytest.mark.parametrize("kafka_partitions", [1])


def _move(url: str, position: int) -> None:
    with connect(url) as connection:
        connection.execute(
            "UPDATE flow_positions SET position = $1 WHERE flow = 'analytics'", (position,)
        )


def _fold(kafka: Settings, url: str, true: Callable[[], bool]) -> None:
    partition = Partition(kafka, url, 0, now_us)
    try:
        until(lambda: not step(partition) and true(), "folding")
    finally:
        partition.close()


def test_a_position_out_of_range_stops_loudly_and_can_be_reset(
    kafka: Settings, database: str
) -> None:
    produce(kafka, [{"value": event(1)}, {"value": b"bad"}])
    fold_all(kafka, database)
    _move(database, 1_000)
    with pytest.raises(PositionLost, match=r"no longer has offset 1000.*--reset-to"):
        _fold(kafka, database, lambda: False)
    source = source_of(kafka, database, now_us)
    with pytest.raises(ConfigurationError, match="holds 0 to 2, not 7"):
        reset(database, source, "7", 0)
    assert reset(database, source, "earliest", None) == {0: 0}
    produce(kafka, [{"value": event(2)}])
    _fold(kafka, database, lambda: counted(database) == 5)  # two of them for the second time
    with connect(database) as connection:
        counts = connection.execute(
            "SELECT accepted, duplicates, dead_lettered FROM flow_positions"
        ).fetchall()
    assert counts == [(2, 2, 1)]
    report = verify(database, kafka=kafka)
    assert report.clean, report


def test_a_topic_that_was_made_anew_is_noticed(kafka: Settings, database: str) -> None:
    produce(kafka, [{"value": event(1)}, {"value": b"bad"}])
    fold_all(kafka, database)
    admin = AdminClient(producer_properties(kafka))
    for done in admin.delete_topics([topic_name(kafka, EVENTS)]).values():
        done.result(30)
    until(lambda: _made_anew(kafka), "it is made anew")
    produce(kafka, [{"value": b"worse"}, {"value": event(2)}, {"value": event(3)}])
    with pytest.raises(PositionLost, match=r"was made anew.*--reset-to"):
        Partition(kafka, database, 0, now_us, patience_s=10)
    reset(database, source_of(kafka, database, now_us), "earliest", None)
    _fold(kafka, database, lambda: counted(database) == 5)
    with connect(database) as connection:
        letters = connection.execute("SELECT payload FROM dead_letters ORDER BY id").fetchall()
    assert letters == [(b"bad",), (b"worse",)]
    report = verify(database, kafka=kafka)
    assert report.clean, report


def test_predicting_anew_says_nothing_of_how_far_the_topic_was_read(
    settings: Settings, kafka: Settings, database: str
) -> None:
    """Else the flow would go on at the topic's offset 0, which retention may have taken."""
    put(database, [event(1)])
    drain(database, settings)
    with connect(database) as connection:
        rescores.ask(connection, {"app_1": 0})
    _fold(kafka, database, lambda: not _asked(database))
    with connect(database) as connection:
        places = connection.execute("SELECT source, position FROM flow_positions").fetchall()
    assert [source for source, _ in places] == ["outbox"]
    assert places[0][1] > 0


def _asked(url: str) -> bool:
    with connect(url) as connection:
        return bool(connection.execute("SELECT FROM rescores").fetchall())


def _made_anew(kafka: Settings) -> bool:
    try:
        ensure_topics(kafka)
        return bool(topic_state(kafka, topic_name(kafka, EVENTS)))
    except ConfigurationError:
        return False


def test_messages_of_open_and_aborted_transactions_are_not_read(
    kafka: Settings, database: str
) -> None:
    topic = topic_name(kafka, EVENTS)
    other = Producer(producer_properties(kafka, transactional_id=f"{topic}-other"))
    other.init_transactions(30)
    other.begin_transaction()
    other.produce(topic, event(1))
    other.flush(30)
    other.abort_transaction(30)
    other.begin_transaction()
    other.produce(topic, event(2))
    other.flush(30)
    partition = Partition(kafka, database, 0, now_us)
    try:
        produce(kafka, [{"value": event(3)}])
        for _ in range(20):
            step(partition)
        assert counted(database) == 0
        other.commit_transaction(30)
        until(lambda: not step(partition) and counted(database) == 2, "the committed are read")
    finally:
        partition.close()
    with connect(database) as connection:
        found = connection.execute("SELECT application_id FROM application_analytics ORDER BY 1")
        assert found.fetchall() == [("app_2",), ("app_3",)]
    report = verify(database, kafka=kafka)
    assert report.clean, report


def test_new_partitions_are_noticed(kafka: Settings, database: str) -> None:
    source = source_of(kafka, database, now_us)
    assert source.partitions() == 1
    admin = AdminClient(producer_properties(kafka))
    wanted = [NewPartitions(topic_name(kafka, EVENTS), 3)]
    for done in admin.create_partitions(wanted).values():
        done.result(30)
    until(lambda: source.partitions() == 3, "noticed", within_s=60)
    produce(kafka, ({"value": event(n), "partition": n % 3} for n in range(9)))
    fold_all(kafka, database)
    assert counted(database) == 9


def test_an_embedded_database_moves_to_kafka_and_back(
    kafka: Settings, settings: Settings, database: str
) -> None:
    put(database, [event(1), b"bad"])
    drain(database, settings)
    put(database, [event(2), event(1)])
    relay_all(kafka, database)
    fold_all_more = counted(database) + 2
    _fold(kafka, database, lambda: counted(database) == fold_all_more)
    report = verify(database, kafka=kafka)
    assert report.clean, report
    with pytest.raises(PositionLost, match=r"fed through Kafka.*--reset-to latest"):
        drain(database, settings)
    reset(database, source_of(settings, database, now_us), "latest", None)
    put(database, [event(3)])
    drain(database, settings)
    with connect(database) as connection:
        counts = connection.execute(
            "SELECT accepted, duplicates, dead_lettered, source FROM flow_positions"
            " WHERE flow = 'analytics'"
        ).fetchall()
    assert counts == [(3, 1, 1, "outbox")]


def test_one_applications_events_on_two_partitions(kafka: Settings, database: str) -> None:
    """By two owners that meet at its row: slower, never wrong."""
    admin = AdminClient(producer_properties(kafka))
    for done in admin.create_partitions([NewPartitions(topic_name(kafka, EVENTS), 2)]).values():
        done.result(30)
    line = json.loads(event(1))
    lines = [json.dumps({**line, "id": f"e{n}"}).encode() for n in range(400)]
    until(lambda: topic_state(kafka, topic_name(kafka, EVENTS))[1] == 2, "two partitions")
    produce(kafka, ({"value": line, "partition": n % 2} for n, line in enumerate(lines)))
    tight = kafka.model_copy(update={"batch_events": 7})
    owners = [Partition(tight, database, index, now_us) for index in range(2)]
    try:
        until(lambda: not sum(step(one) for one in owners) and counted(database) == 400, "folding")
    finally:
        for owner in owners:
            owner.close()
    report = verify(database, kafka=kafka)
    assert report.clean, report
