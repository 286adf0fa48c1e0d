"""A repeated POST: the first answer again, and nothing done twice, whatever breaks."""

import asyncio
import hashlib
import json

import asyncpg
import pytest

from api.idempotency import IdempotentRequest
from models.errors import IdempotencyInFlight

URL = "/api/events"
EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/test",
    "type": "application.viewed_by_employer",
    "subject": "app-1",
    "time": "2026-03-02T09:00:00Z",
    "userid": "ada",
    "data": {},
}
LINE = json.dumps(EVENT).encode()
FINGERPRINT = hashlib.sha256(b"POST\n/api/events\n\n" + LINE).digest()


@pytest.fixture
async def connection(database):
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


@pytest.fixture
def post(client, bearer):
    def send(key: str, body: bytes = LINE, kind: str = "application/x-ndjson", user: str = "ats"):
        headers = bearer(user, "service") | {"Content-Type": kind, "Idempotency-Key": key}
        return client.post(URL, headers=headers, content=body)

    return send


async def waiting(connection) -> int:
    return await connection.fetchval("SELECT count(*) FROM outbox")


async def test_a_repeat_gets_the_first_answer_byte_for_byte(post, connection):
    first, second = await post("k1"), await post('"k1"')
    assert first.status_code == second.status_code == 202
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert first.headers["content-type"] == second.headers["content-type"]
    assert second.headers["idempotency-replayed"] == "true"
    assert await waiting(connection) == 1


async def test_another_key_or_user_is_another_request(post, connection):
    answers = [await post("k1"), await post("k2"), await post("k1", user="other")]
    assert len({answer.content for answer in answers}) == 3
    assert await waiting(connection) == 3


async def test_the_same_key_with_another_body(post, connection):
    await post("k1")
    other = await post("k1", LINE + b"\n" + LINE)
    assert other.status_code == 422
    assert other.json()["error"]["code"] == "IDEMPOTENCY_MISMATCH"
    assert await waiting(connection) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "ü".encode(), "x" * 129, '""'])
async def test_a_key_that_is_none(post, key):
    answer = await post(key)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


async def test_in_flight_then_cut_off_then_usable_again(post, database, connection):
    cut_off = await asyncpg.connect(database)
    pid = await cut_off.fetchval("SELECT pg_backend_pid()")
    request = IdempotentRequest("ats", "k1", FINGERPRINT)
    await cut_off.execute("BEGIN")
    assert await request.replay(cut_off) is None
    await cut_off.execute("INSERT INTO outbox (partition, payload) VALUES (0, 'half')")

    with pytest.raises(IdempotencyInFlight):
        await request.replay(connection)
    meanwhile = await post("k1")
    assert meanwhile.status_code == 409
    assert meanwhile.json()["error"]["code"] == "IDEMPOTENCY_IN_FLIGHT"

    await connection.execute("SELECT pg_terminate_backend($1)", pid)
    async with asyncio.timeout(10):
        while (answer := await post("k1")).status_code == 409:
            pass
    assert answer.status_code == 202
    assert await waiting(connection) == 1
    assert (await post("k1")).content == answer.content


async def test_of_many_at_once_one_is_done(post, connection):
    answers = await asyncio.gather(*(post("k1") for _ in range(12)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    done = {answer.content for answer in answers if answer.status_code == 202}
    assert len(done) == 1
    assert await waiting(connection) == 1


async def test_an_error_is_not_kept(post, connection):
    refused = await post("k1", b"{}", "application/json")
    assert refused.json()["error"]["code"] == "INVALID_EVENT"
    assert (await post("k1", LINE, "application/json")).status_code == 202
    assert await waiting(connection) == 1
