"""API writes that cross outside events, and what a slow or dead API request does to others."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import asyncpg
import httpx
import jwt
import pytest
from msgspec import UNSET

from api.app import create as create_app
from api.auth import Principal, Role
from api.services import applications as service
from flows.analytics import decode_piece, now_us
from flows.partition import Folded, Partition
from models.application import Status
from models.entity import Entity
from models.errors import InvalidTransition
from models.events import Changes, Created
from models.instant import US_PER_SECOND, from_datetime, to_rfc3339
from models.settings import Settings
from tests.conftest import JWT_SECRET
from tests.flows.driving import put, step

ADA = Principal("ada", Role.USER, 0.0, 2e9)
ENTITY_IS_NOT_THE_FOLD = """
SELECT entity.id FROM applications AS entity
LEFT JOIN application_analytics AS row ON row.application_id = entity.id
WHERE (entity.user_id, entity.job_id, entity.job_title, entity.company, entity.location,
       entity.source, entity.match_score, entity.resume_id, entity.referral_code,
       entity.applied_at, entity.status, entity.status_at, entity.withdraw_reason, entity.orphan)
    IS DISTINCT FROM
      (row.user_id, row.job_id, row.job_title, row.company, row.location, row.source,
       row.match_score, row.resume_id, row.referral_code, row.applied_at, row.status,
       row.status_at, row.withdraw_reason, 'orphan' = ANY (row.flags))
"""
LEFT_OVER = """
SELECT (SELECT count(*) FROM pending_writes) + (SELECT count(*) FROM entity_stale)
    + (SELECT count(*) FROM outbox)
"""


@pytest.fixture
def flow(settings: Settings, database: str) -> Iterator[Partition]:
    """The one partition of the real flow, stepped by the test."""
    partition = Partition(settings, database, 0, now_us)
    yield partition
    partition.close()


@pytest.fixture
async def connections(database: str) -> AsyncIterator[list[asyncpg.Connection]]:
    """One to write with and one to look with."""
    opened = [await asyncpg.connect(database) for _ in range(2)]
    yield opened
    for connection in opened:
        connection.terminate()


def outside(application_id: str, id_: str, kind: str, data: object, at_us: int) -> bytes:
    """An event of another system, by its own clock."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": "/ats",
            "type": f"application.{kind}",
            "subject": application_id,
            "time": to_rfc3339(at_us),
            "userid": "ada",
            "data": data,
        }
    ).encode()


def bearer(settings: Settings) -> dict[str, str]:
    """ada's token."""
    claims = {
        "sub": "ada",
        "role": "user",
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
    }
    return {"Authorization": f"Bearer {jwt.encode(claims, JWT_SECRET, algorithm='HS256')}"}


async def settle(flow: Partition, look: asyncpg.Connection) -> None:
    """Step until nothing is left to be judged or brought to the fold."""
    deadline = time.monotonic() + 20
    while step(flow) or await look.fetchval(LEFT_OVER):
        assert time.monotonic() < deadline, "something is never judged"


async def new_application(connection: asyncpg.Connection) -> Entity:
    """Entered by ada, not folded yet."""
    created = Created(job_id="j", job_title="t", company="c")
    async with connection.transaction():
        return await service.create(connection, "ada", created, None)


class Crossing:
    """One order of a status change (begun, committed), another, an outside event, flow steps."""

    def __init__(
        self,
        url: str,
        flow: Partition,
        connections: list[asyncpg.Connection],
        application: Entity,
        skew_us: int,
    ) -> None:
        self.url = url
        self.flow = flow
        self.write, self.look = connections
        self.id = application.id
        self.skew_us = skew_us
        self.outside_at = 0
        self.answered: Entity | None = None
        self.revision = application.revision
        self._open: tuple[Any, Entity] | None = None
        self._folded: Folded | None = None

    async def run(self, order: tuple[str, ...]) -> None:
        """Each action, and after each the promise."""
        for action in order:
            await getattr(self, action)()
            await self.check()

    async def begin(self) -> None:
        """An API request in the midst of its transaction."""
        transaction = self.write.transaction()
        await transaction.start()
        entity = await service.take(self.write, ADA, self.id, None)
        self._open = (
            transaction,
            await service.change_status(self.write, entity, Status.SHORTLISTED, None),
        )

    async def commit(self) -> None:
        """It commits, and is answered 200."""
        assert self._open is not None
        transaction, self.answered = self._open
        await transaction.commit()

    async def again(self) -> None:
        """A second request; where the table forbids the transition it is refused."""
        try:
            async with self.write.transaction():
                entity = await service.take(self.write, ADA, self.id, None)
                changed = await service.update(self.write, entity, Changes(company="B"), UNSET)
                self.answered = await service.change_status(
                    self.write, changed, Status.INTERVIEW_SCHEDULED, None
                )
        except InvalidTransition:
            return

    async def event(self) -> None:
        """Another system rejects, by a clock that is ahead or behind."""
        self.outside_at = now_us() + self.skew_us
        data = {"newStatus": "rejected"}
        put(self.url, [outside(self.id, "o1", "status_changed", data, self.outside_at)])

    async def read(self) -> None:
        """The flow folds what it finds, in memory."""
        piece = self.flow.read()
        self._folded = piece and self.flow.fold(decode_piece(piece))

    async def store(self) -> None:
        """It commits that."""
        if self._folded is not None:
            self.flow.write(self._folded)

    async def step(self) -> None:
        """Both, a second time."""
        step(self.flow)

    async def check(self) -> None:
        """What was answered stands, unless an event that says it is later has come."""
        row = await self.look.fetchrow(
            "SELECT status, revision FROM applications WHERE id = $1", self.id
        )
        assert row["revision"] >= self.revision
        self.revision = row["revision"]
        if self.answered is None or self.answered.last_write_at is None:
            return
        if self.outside_at <= from_datetime(self.answered.last_write_at):
            assert row["status"] == self.answered.status
            assert row["revision"] >= self.answered.revision


def orders() -> list[tuple[str, ...]]:
    """Every order of two requests one after the other, an event, and two turns of the flow."""
    in_turn = (("begin", "commit", "again"), ("read", "store", "step"))
    actions = ("event", *in_turn[0], *in_turn[1])
    return [
        order
        for order in permutations(actions)
        if all(sorted(row, key=order.index) == list(row) for row in in_turn)
    ]


@pytest.mark.parametrize("skew_s", [-5, 0, 5])
async def test_writes_and_outside_events_cross_in_every_order(
    database: str,
    flow: Partition,
    connections: list[asyncpg.Connection],
    skew_s: int,
) -> None:
    look = connections[1]
    answers: list[Entity] = []
    for order in orders():
        application = await new_application(connections[0])
        while step(flow):
            pass
        crossing = Crossing(database, flow, connections, application, skew_s * US_PER_SECOND)
        try:
            await crossing.run(order)
        except AssertionError as error:
            raise AssertionError(f"skew {skew_s} s, order {order}: {error}") from error
        assert crossing.answered is not None
        answers.append(crossing.answered)
    await settle(flow, look)
    assert await look.fetch(ENTITY_IS_NOT_THE_FOLD) == []
    assert await look.fetchval("SELECT count(*) FROM dead_letters") == 0
    for answer in answers:
        reached = await look.fetchval(
            "SELECT status_changes @> jsonb_build_array(jsonb_build_object('to', $2::text))"
            " FROM application_analytics WHERE application_id = $1",
            answer.id,
            answer.status,
        )
        assert reached, "a write that was answered is not in the story"


async def test_a_fact_from_a_clock_ahead_does_not_undo_the_next_write(
    database: str, flow: Partition, connections: list[asyncpg.Connection]
) -> None:
    write, look = connections
    application = await new_application(write)
    ahead = now_us() + 3_600 * US_PER_SECOND
    data = {"newStatus": "viewed"}
    put(database, [outside(application.id, "o1", "status_changed", data, ahead)])
    await settle(flow, look)
    async with write.transaction():
        entity = await service.take(write, ADA, application.id, None)
        answer = await service.change_status(write, entity, Status.WITHDRAWN, "enough")
    assert answer.last_write_at is not None
    assert from_datetime(answer.last_write_at) == ahead + 1
    await settle(flow, look)
    row = await look.fetchrow("SELECT status, revision FROM applications")
    assert tuple(row) == ("withdrawn", answer.revision)
    assert await look.fetch(ENTITY_IS_NOT_THE_FOLD) == []


async def test_a_transaction_open_for_five_seconds_holds_up_nobody_else(
    database: str, settings: Settings, flow: Partition, connections: list[asyncpg.Connection]
) -> None:
    slow, look = connections
    held = await new_application(slow)
    other = await new_application(slow)
    await settle(flow, look)
    app = create_app(settings.model_copy(update={"rate_limit_requests": 100_000}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=bearer(settings)
        ) as client:
            transaction = slow.transaction()
            await transaction.start()
            entity = await service.take(slow, ADA, held.id, None)
            answer = await service.change_status(slow, entity, Status.SHORTLISTED, None)
            blocked = [
                asyncio.create_task(
                    client.post(f"/api/applications/{held.id}/notes", json={"content": "x"})
                )
                for _ in range(2 * settings.pool_size)
            ]
            slowest_s, written = await _write_for(5.0, client, flow, database, held.id, other.id)
            await transaction.commit()
            refused = [one.status_code for one in await asyncio.gather(*blocked)]
    assert slowest_s < 1
    assert written > 20
    assert set(refused) == {503}
    await settle(flow, look)
    assert await look.fetch(ENTITY_IS_NOT_THE_FOLD) == []
    row = await look.fetchrow("SELECT status FROM applications WHERE id = $1", held.id)
    assert row["status"] == answer.status
    folded = await look.fetchval(
        "SELECT views FROM application_analytics WHERE application_id = $1", held.id
    )
    assert folded == written


async def _write_for(
    seconds: float,
    client: httpx.AsyncClient,
    flow: Partition,
    url: str,
    held_id: str,
    other_id: str,
) -> tuple[float, int]:
    """Writes on another application, each folded, with outside events on the held one; the
    longest from write to row, and how many."""
    slowest_s, written = 0.0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        put(url, [outside(held_id, f"v{written}", "viewed_by_employer", {}, now_us())])
        path = f"/api/applications/{other_id}"
        answer = await client.patch(path, json={"company": f"c{written}"})
        assert answer.status_code == 200, answer.text
        while step(flow):
            pass
        row = await client.get(f"{path}/analytics", params={"min_revision": answer.headers["etag"]})
        assert (row.status_code, row.json()["company"]) == (200, f"c{written}")
        slowest_s = max(slowest_s, time.monotonic() - began)
        written += 1
        await asyncio.sleep(0.02)  # a pace, so that the machine is not the measure
    return slowest_s, written


async def test_a_key_of_a_request_that_was_killed_can_be_used_again(
    database: str, settings: Settings, connections: list[asyncpg.Connection]
) -> None:
    slow, look = connections
    held = await new_application(slow)
    path = f"/api/applications/{held.id}/notes"
    request = {"json": {"content": "once"}, "headers": {"Idempotency-Key": "k1"}}
    transaction = slow.transaction()
    await transaction.start()
    await service.take(slow, ADA, held.id, None)
    with serving(settings) as (process, url):
        async with httpx.AsyncClient(base_url=url, headers=bearer(settings)) as client:
            await until_ready(client)
            cut_off = asyncio.create_task(client.post(path, **request))
            await until_blocked(look)
            process.kill()
            with pytest.raises(httpx.TransportError):
                await cut_off
    await transaction.rollback()
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=bearer(settings)
        ) as client:
            async with asyncio.timeout(10):
                while (answer := await client.post(path, **request)).status_code == 409:
                    pass
            again = await client.post(path, **request)
    assert (answer.status_code, again.content) == (201, answer.content)
    assert await look.fetchval("SELECT count(*) FROM notes") == 1
    assert await look.fetchval("SELECT count(*) FROM outbox") == 2


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A real API process; killed at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "JOBFINDERS_DATA": str(settings.data),
        "JOBFINDERS_POSTGRES_URL": str(settings.postgres_url),
        "JOBFINDERS_JWT_SECRET": JWT_SECRET,
    }
    command = [sys.executable, "-m", "uvicorn", "api.app:create", "--factory", "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


async def until_ready(client: httpx.AsyncClient) -> None:
    """Until the process answers, 20 s at most."""
    async with asyncio.timeout(20):
        while True:
            try:
                assert (await client.get("/healthz")).status_code == 200
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def until_blocked(look: asyncpg.Connection) -> None:
    """Until a backend waits for a row, 10 s at most."""
    async with asyncio.timeout(10):
        while not await look.fetchval(  # noqa: ASYNC110
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)
