"""A browser-grade EventSource (npm's `eventsource`) through drops and a restart."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.npm import install
from tests.stream.conftest import StartApi
from tests.stream.road import Road

SOURCES = Path(__file__).parent / "node"
PATIENCE_S = 20
NAMES = ("heartbeat", "reset", "snapshot", "application.created", "application.analytics_updated")


@pytest.fixture(scope="session")
def node_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client with its locked packages, in a temporary folder. In CI it never skips."""
    return install(SOURCES, tmp_path_factory.mktemp("node") / "client") / "client.mjs"


@asynccontextmanager
async def event_source(
    client: Path, address: str, bearer: dict[str, str]
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """What the client sees, line by line."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(client),
        address,
        *NAMES,
        env=os.environ | {"BEARER": bearer.get("Authorization", "")},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None

    async def lines(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
        async for line in reader:
            yield json.loads(line)

    try:
        yield lines(process.stdout)
    finally:
        process.kill()
        await process.wait()


async def next_of(seen: AsyncIterator[dict[str, Any]], key: str) -> dict[str, Any]:
    """The next line with this key."""
    async with asyncio.timeout(PATIENCE_S):
        async for line in seen:
            if key in line:
                return line
    raise AssertionError("the client has ended")


async def next_event(seen: AsyncIterator[dict[str, Any]], name: str) -> dict[str, Any]:
    """The next event of this name; no application's event may come before it."""
    while True:
        line = await next_of(seen, "event")
        if line["event"] == name:
            return line
        assert not line["event"].startswith("application."), line


async def test_it_comes_back_with_the_id_of_its_last_frame(
    node_client: Path, start_api: StartApi, road: Road
) -> None:
    api = start_api(stream_heartbeat_s=0.3)
    async with event_source(node_client, api.url("/api/stream"), api.bearer("ada")) as seen:
        assert (await next_of(seen, "request"))["request"] is None
        await next_event(seen, "heartbeat")
        road.create("a1", "ada")
        road.fold()
        created = await next_event(seen, "application.created")
        assert created["data"]["subject"] == "a1"
        updated = await next_event(seen, "application.analytics_updated")
        assert updated["data"]["data"]["analytics"]["status"] == "applied"
        # Others' events move its cursor by heartbeats alone: this client honours those.
        road.create("b1", "bob")
        road.fold()
        heartbeat = await next_event(seen, "heartbeat")
        while heartbeat["id"] == updated["id"]:
            heartbeat = await next_event(seen, "heartbeat")
        await asyncio.to_thread(api.stop)
        road.create("a2", "ada")
        road.fold()
        await asyncio.to_thread(api.start)
        known = None
        while known is None or known == created["id"]:
            known = (await next_of(seen, "request"))["request"]
        assert known not in (created["id"], updated["id"])
        assert (await next_event(seen, "application.created"))["data"]["subject"] == "a2"
        await next_event(seen, "application.analytics_updated")


async def test_a_ticket_a_snapshot_and_a_useless_cursor_do_not_kill_it(
    node_client: Path, start_api: StartApi, road: Road
) -> None:
    road.create("a1", "ada")
    road.fold()
    api = start_api()
    ticket = api.request("POST", "/api/stream/tickets", api.bearer("ada")).json()["ticket"]
    address = api.url(f"/api/stream?ticket={ticket}&snapshot=true&last_event_id=nonsense")
    async with event_source(node_client, address, {}) as seen:
        assert (await next_event(seen, "reset"))["data"] == {"reason": "unknown"}
        snapshot = await next_event(seen, "snapshot")
        assert [row["applicationId"] for row in snapshot["data"]["applications"]] == ["a1"]
        road.create("a2", "ada")
        road.fold()
        assert (await next_event(seen, "application.created"))["data"]["subject"] == "a2"
