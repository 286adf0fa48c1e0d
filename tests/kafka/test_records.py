"""Records of every shape from other systems: a fact or a dead letter, never a crash."""

import json

import pytest

from flows.verify import verify
from models.settings import Settings
from storage.postgres.connect import connect
from tests.kafka.driving import fold_all, produce

_EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/ats",
    "type": "application.created",
    "subject": "app_1",
    "time": "2026-03-02T09:00:00Z",
    "userid": "ada",
    "data": {"jobId": "j", "jobTitle": "Engineer", "company": "Acme"},
}
_DATA = json.dumps(_EVENT["data"]).encode()
_ATTRIBUTES = [(f"ce_{k}", str(v).encode()) for k, v in _EVENT.items() if k != "data"]
_BINARY = [("content-type", b"application/json"), *_ATTRIBUTES]
_LINE = json.dumps(_EVENT).encode()


def _without(name: str) -> list[tuple[str, bytes]]:
    return [header for header in _BINARY if header[0] != name]


@pytest.mark.parametrize(
    "record",
    [
        {"value": _LINE},
        {"value": _LINE, "key": b"quite another key"},
        {"value": _LINE, "headers": [("content-type", b"application/cloudevents+json")]},
        {"value": _LINE, "headers": [("trace", b"\xff"), ("jobfinders-run", b"no uuid")]},
        {"value": _LINE, "headers": [("jobfinders-run", None)]},
        {"value": _DATA, "headers": _BINARY},
        {"value": _DATA, "headers": [*_ATTRIBUTES, ("unrelated", b"\xff\x00")]},
        {"value": _DATA, "headers": [*_BINARY, ("ce_traceparent", "ünï".encode())]},
    ],
)
def test_a_fact(kafka: Settings, database: str, record: dict[str, object]) -> None:
    produce(kafka, [record])
    fold_all(kafka, database)
    with connect(database) as connection:
        rows = connection.execute(
            "SELECT application_id, user_id, job_title, status FROM application_analytics"
        ).fetchall()
    assert rows == [("app_1", "ada", "Engineer", "applied")]
    report = verify(database, kafka=kafka)
    assert report.clean, report


@pytest.mark.parametrize(
    "record",
    [
        {"value": None, "key": b"app_1"},
        {"value": b""},
        {"value": b"\x00\xff"},
        {"value": _LINE[:-1]},
        {"value": _LINE * 3_000},
        {"value": b"", "headers": _BINARY},
        {"value": None, "headers": _BINARY},
        {"value": b"no json", "headers": _BINARY},
        {"value": _DATA + b',"subject":"app_2"', "headers": _without("ce_subject")},
        {"value": _DATA, "headers": _without("ce_id")},
        {"value": _DATA, "headers": [*_BINARY, ("ce_id", b"e2")]},
        {"value": _DATA, "headers": [*_without("ce_source"), ("ce_source", b"\xff")]},
        {"value": _DATA, "headers": [*_BINARY, ("ce_data", b"{}")]},
        {"value": _DATA, "headers": [*_without("ce_userid"), ("ce_userid", None)]},
        {"value": b"[" * 100_000 + b"]" * 100_000, "headers": _BINARY},
    ],
)
def test_a_dead_letter(kafka: Settings, database: str, record: dict[str, object]) -> None:
    produce(kafka, [record, {"value": _LINE}])
    fold_all(kafka, database)
    with connect(database) as connection:
        letters = connection.execute("SELECT reason, stage, partition FROM dead_letters").fetchall()
        counts = connection.execute(
            "SELECT sum(accepted), sum(dead_lettered) FROM flow_positions"
        ).fetchone()
    assert [letter[:2] for letter in letters] == [("invalid", "decode")]
    assert counts == (1, 1)
    report = verify(database, kafka=kafka)
    assert report.clean, report


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_batches(kafka: Settings, database: str, codec: str) -> None:
    events = [json.dumps({**_EVENT, "id": f"e{n}"}).encode() for n in range(100)]
    lines = ({"value": event, "key": b"app_1"} for event in events)
    produce(kafka, lines, **{"compression.type": codec, "linger.ms": 50})
    fold_all(kafka, database)
    with connect(database) as connection:
        row = connection.execute("SELECT version FROM application_analytics").fetchone()
    assert row == (100,)
