"""What a slow or a killed API request does to others: nothing."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import httpx
import pytest

from api.app import create as create_app
from api.services import applications as service
from flows.analytics import now_us
from flows.partition import Partition
from models.application import Status
from models.settings import Settings
from tests.conftest import JWT_SECRET
from tests.flows.crossing import (
    ADA,
    ENTITY_IS_NOT_THE_FOLD,
    bearer,
    new_application,
    outside,
    settle,
)
from tests.flows.driving import put, step


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
