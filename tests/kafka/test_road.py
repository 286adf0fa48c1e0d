"""The road through Kafka: outbox → relay → topic → flow → rows, and out again."""

import json
import os
from pathlib import Path
from uuid import uuid4

from flows.context import with_kafka
from flows.running import Claim, Running
from flows.verify import verify
from models.settings import Settings
from storage.kafka.broker import Broker
from storage.kafka.client import ANALYTICS, DEAD_LETTERS, EVENTS
from storage.postgres import ingest_runs
from storage.postgres.connect import connect
from storage.postgres.outbox import copy_lines
from tests.flows.driving import put
from tests.kafka.driving import fold_all, records, relay_all

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"


def test_events_go_in_through_the_topic_and_rows_come_out(kafka: Settings, database: str) -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    put(database, [*lines, b"no event"])
    relay_all(kafka, database)
    published = records(kafka, EVENTS)
    assert [record.value() for record in published if record.key()] == lines
    assert {record.key() for record in published} == {b"app_01J9Z3K8Q0", None}
    fold_all(kafka, database)
    relay_all(kafka, database)

    report = verify(database, kafka=kafka)
    assert report.clean, report
    assert report.facts == len(lines)
    (out,) = records(kafka, ANALYTICS)
    expected = json.loads((GOLDEN / "expected.json").read_text())
    assert out.key() == b"app_01J9Z3K8Q0"
    row = json.loads(out.value() or b"")["data"]["analytics"]
    assert row["version"] == expected["version"]
    assert row["status"] == expected["status"]
    (letter,) = records(kafka, DEAD_LETTERS)
    assert letter.value() == b"no event"
    headers = dict(letter.headers() or [])
    assert headers["reason"] == b"invalid"
    assert headers["source"] == f"{kafka.kafka_prefix}{EVENTS}".encode()


def test_the_counts_of_an_ingest_come_back(kafka: Settings, database: str) -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    run = uuid4()
    with connect(database) as connection:
        ingest_runs.begin(connection, run, "test")
        ingest_runs.add_received(connection, run, len(lines) + 2)
        copy_lines(connection, [*lines, lines[0], b"bad"], partitions=1, run=run)
    relay_all(kafka, database)
    fold_all(kafka, database)
    with connect(database) as connection:
        counts = ingest_runs.counts(connection, run)
    assert counts == (len(lines) + 2, len(lines), 1, 1)


def test_a_broker_beside_a_product_without_a_relay_is_not_its_own(
    broker: Broker, settings: Settings
) -> None:
    beside = settings.model_copy(update={"data": broker.folder.parent})
    assert with_kafka(beside).kafka_bootstrap == broker.address()
    claim = Claim(beside)
    try:
        claim.tell(Running(os.getpid(), "", {"flow": 1}))
        assert with_kafka(beside).kafka_bootstrap is None
        claim.tell(Running(os.getpid(), "", {"flow": 1, "relay": 2}))
        assert with_kafka(beside).kafka_bootstrap == broker.address()
    finally:
        claim.release()
