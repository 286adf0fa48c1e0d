"""What goes out: the present row of each application, whatever came before, and dead letters."""

import json
import os

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from flows.relay import Relay
from models.errors import AlreadyRunning, Unavailable
from models.settings import Settings
from storage.kafka.client import ANALYTICS, DEAD_LETTERS, EVENTS, producer_properties, topic_name
from storage.postgres.connect import connect
from tests.faults.traffic import Traffic
from tests.flows.driving import drain, put
from tests.kafka.driving import fold_all, records, relay_all
from tests.platform.driving import event


def _rows(kafka: Settings) -> dict[str, dict[str, object]]:
    """What a consumer that reads the topic from its start holds in the end."""
    held: dict[str, dict[str, object]] = {}
    for record in records(kafka, ANALYTICS):
        key, value = (record.key() or b"").decode(), json.loads(record.value() or b"")
        held[key] = value["data"]["analytics"]
    return held


def test_a_consumer_from_the_start_has_the_rows_of_postgres(
    kafka: Settings, database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    traffic = Traffic(database, 3, tmp_path_factory.mktemp("fed") / "fed.ndjson")
    for _ in range(3):
        traffic.feed(200)
        relay_all(kafka, database)
        fold_all(kafka, database)
        relay_all(kafka, database)
    with connect(database) as connection:
        expected = {
            row[0]: row[1:]
            for row in connection.execute(
                "SELECT application_id, revision, version, status FROM application_analytics"
            )
        }
        letters = connection.execute("SELECT payload FROM dead_letters ORDER BY id").fetchall()
    found = {
        key: (row["revision"], row["version"], row["status"]) for key, row in _rows(kafka).items()
    }
    assert found == expected
    copies = sorted(record.value() or b"" for record in records(kafka, DEAD_LETTERS))
    assert copies == sorted(payload for (payload,) in letters)
    assert copies


def test_a_round_of_long_messages_is_short(kafka: Settings, database: str) -> None:
    put(database, [b"no event" + b"x" * 1_000_000] * 20)
    relay = Relay(kafka, database)
    try:
        assert relay.turn()
        with connect(database) as connection:
            left = connection.execute("SELECT count(*) FROM outbox").fetchone()
        assert left == (11,)  # eight megabytes and the one that passed them are gone
        while relay.turn():
            pass
    finally:
        relay.close()
    assert len(records(kafka, EVENTS)) == 20


def test_revisions_that_have_passed_are_not_published(
    kafka: Settings, settings: Settings, database: str
) -> None:
    one = json.loads(event(1))
    for number in range(3):
        put(database, [json.dumps({**one, "id": f"e{number}"}).encode()])
        drain(database, settings)
    relay_all(kafka, database)
    assert [json.loads(r.value() or b"")["id"] for r in records(kafka, ANALYTICS)] == ["app_1:3"]


def test_a_thousand_transitions_pass_the_brokers_limit(kafka: Settings, database: str) -> None:
    created = json.loads(event(1))
    lines = [json.dumps(created).encode()]
    for number in range(999):
        status = ("viewed", "shortlisted")[number % 2]
        time = f"2026-03-02T10:{number // 60:02}:{number % 60:02}Z"
        change = {
            **created,
            "id": f"e{number}x",
            "type": "application.status_changed",
            "time": time,
            "data": {"newStatus": status, "reason": "r" * 1_000},
        }
        lines.append(json.dumps(change).encode())
    put(database, lines)
    relay_all(kafka, database)
    fold_all(kafka, database)
    relay_all(kafka, database)
    (row,) = _rows(kafka).values()
    changes = row["statusChanges"]
    assert isinstance(changes, list)
    assert len(changes) == 1_000


def test_a_second_relay_is_refused(kafka: Settings, database: str) -> None:
    relay = Relay(kafka, database)
    with pytest.raises(AlreadyRunning, match="a relay is already running"):
        Relay(kafka, database)
    relay.close()
    Relay(kafka, database).close()


def test_a_relay_that_comes_again_puts_no_lag_where_none_is(kafka: Settings, database: str) -> None:
    """The topic ends behind the marker of a transaction, the flow's position before it."""
    put(database, [event(1), event(2)])
    relay_all(kafka, database)
    fold_all(kafka, database)
    for _ in range(2):
        relay_all(kafka, database)
        with connect(database) as connection:
            ahead = connection.execute(
                "SELECT count(*) FROM flow_positions AS relay LEFT JOIN flow_positions AS flow"
                " ON flow.flow = 'analytics' AND flow.partition = relay.partition"
                " WHERE relay.flow = 'relay.events' AND relay.position > coalesce(flow.position, 0)"
            ).fetchone()
        assert ahead == (0,)


def test_what_kafka_refuses_stops_the_relay_and_stays(kafka: Settings, database: str) -> None:
    small = ConfigEntry("max.message.bytes", "1000", incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(
        ResourceType.TOPIC, topic_name(kafka, EVENTS), incremental_configs=[small]
    )
    admin = AdminClient(producer_properties(kafka))
    for done in admin.incremental_alter_configs([topic]).values():
        done.result(30)
    put(database, [os.urandom(50_000)])
    relay = Relay(kafka, database)
    with pytest.raises(Unavailable, match="Kafka did not take what was published"):
        relay.turn()
    relay.close()
    with connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (1,)
