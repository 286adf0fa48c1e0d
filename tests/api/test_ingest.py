"""Events over HTTP into the outbox, exactly as they came."""

import json
from uuid import uuid4

import asyncpg
import pytest

from tests.api.test_idempotency import EVENT, LINE

URL = "/api/events"


@pytest.fixture
async def outbox(database):
    connection = await asyncpg.connect(database)

    async def rows() -> list[asyncpg.Record]:
        return await connection.fetch("SELECT * FROM outbox ORDER BY seq")

    yield rows
    await connection.close()


@pytest.fixture
def post(client, bearer):
    def send(body: bytes, kind: str = "application/json"):
        headers = bearer("ats", "service") | {"Content-Type": kind}
        return client.post(URL, headers=headers, content=body)

    return send


@pytest.mark.parametrize(
    "kind", ["application/json", "application/cloudevents+json; charset=utf-8"]
)
async def test_one_event(post, outbox, kind):
    answer = await post(LINE, kind)
    assert answer.status_code == 202
    assert answer.json() == {"run": None, "received": 1, "invalid": 0, "faults": []}
    [row] = await outbox()
    assert (row["payload"], row["application_id"], row["run"]) == (LINE, "app-1", None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "not an id"}, "invalid"),
        ({"type": "application.analytics_updated"}, "output_only"),
        ({"type": "application.unheard_of"}, "unknown_type"),
        ({"time": "1999-12-31T23:59:59Z"}, "time_out_of_range"),
        ({"data": {"a": "\0"}}, "invalid"),
    ],
)
async def test_one_event_that_is_refused_is_not_stored(post, outbox, changes, reason):
    answer = await post(json.dumps(EVENT | changes).encode())
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "INVALID_EVENT"
    assert answer.json()["error"]["details"]["reason"] == reason
    assert await outbox() == []


async def test_a_body_of_lines(post, outbox, client, bearer):
    lines = [LINE, b"{broken", b'{"specversion":"1.0"}', LINE]
    answer = await post(b"\n\r\n".join(lines) + b"\n  \n", "application/x-ndjson")
    assert answer.status_code == 202
    received = answer.json()
    assert (received["received"], received["invalid"]) == (4, 2)
    assert [fault["line"] for fault in received["faults"]] == [3, 5]
    rows = await outbox()
    assert [row["payload"].strip() for row in rows] == lines
    assert {str(row["run"]) for row in rows} == {received["run"]}

    run = await client.get(answer.headers["location"], headers=bearer("ats", "service"))
    assert run.status_code == 200
    assert (run.json()["received"], run.json()["waiting"]) == (4, 4)
    assert run.json()["finishedAt"]


async def test_a_run_that_is_not_there(client, bearer):
    answer = await client.get(f"{URL}/runs/{uuid4()}", headers=bearer("ats", "service"))
    assert answer.json()["error"]["code"] == "NOT_FOUND"


async def test_no_lines_at_all(post, outbox):
    answer = await post(b"\n\n", "application/x-ndjson")
    assert answer.json()["received"] == 0
    assert await outbox() == []


async def test_ingest_takes_eight_mebibytes(post):
    fill = json.dumps(EVENT | {"data": {"fill": "x" * 200_000}}).encode()
    body = b"\n".join([fill] * 41)
    assert (await post(body, "application/x-ndjson")).json()["received"] == 41
    over = await post(body + b"\n" + fill + b"x" * 200_000, "application/x-ndjson")
    assert over.status_code == 413


async def test_too_many_lines(post, outbox):
    answer = await post(b"x\n" * 100_001, "application/x-ndjson")
    assert answer.status_code == 413
    assert await outbox() == []


async def test_an_oversized_line_is_stored_for_the_dead_letters(post, outbox):
    answer = await post(b'"' + b"x" * 300_000 + b'"\n' + LINE, "application/x-ndjson")
    assert answer.json()["faults"][0]["reason"] == "invalid"
    assert len(await outbox()) == 2


async def test_other_content_types(post):
    for kind in ("text/plain", "application/cloudevents-batch+json", ""):
        assert (await post(LINE, kind)).status_code == 415
