"""A warehouse under strain: endless questions, too many at once, files that cannot be read."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import duckdb
import httpx
import pytest

from api.services.warehouse import Attempt, Warehouse
from models.errors import QueryTooLong, Unavailable
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.manifest import read_manifest
from storage.duckdb.metrics import Reader
from storage.duckdb.published import Published, Version
from tests.api.applications import Bearer
from tests.warehouse.stories import application

ENDLESS = "SELECT count(*) FROM range(9_999_999) a, range(9_999_999) b WHERE a.range > b.range"


@pytest.fixture
def world(settings: Settings, make_warehouse: Callable[..., None]) -> Settings:
    """One application, published."""
    make_warehouse(settings, application("a1", "viewed"))
    return settings


async def test_an_endless_question_is_stopped(world: Settings) -> None:
    asked = Warehouse(world.warehouse_folder, limit_s=0.2)
    with pytest.raises(QueryTooLong):
        await asked.ask(lambda reader, _: reader.execute(ENDLESS).fetchall())
    found, _ = await asked.ask(lambda reader, _: reader.execute("SELECT 1").fetchall())
    assert found == [(1,)]


async def test_what_runs_between_statements_is_stopped_at_the_next(world: Settings) -> None:
    asked = Warehouse(world.warehouse_folder, limit_s=0.1)
    late = threading.Event()

    def compute_then_read(reader: Reader, _: Version) -> None:
        late.wait(1)  # nothing that an interrupt reaches
        reader.execute(ENDLESS).fetchall()

    with pytest.raises(QueryTooLong):
        await asked.ask(compute_then_read)


async def test_the_making_of_a_past_version_can_be_stopped(world: Settings) -> None:
    attempt = Attempt()

    def opened(connection: Reader) -> None:
        connection.execute(
            'CREATE OR REPLACE VIEW events AS SELECT 0 AS partition, a.range AS "offset", '
            "TIMESTAMP '2026-03-01' AS \"time\", TIMESTAMP '2026-03-01' AS recorded_at "
            "FROM range(9_999_999) a, range(9_999_999) b"
        )
        attempt.runs_on(connection)

    published, moment = Published(world.warehouse_folder), datetime(2026, 3, 1, tzinfo=UTC)
    making = asyncio.create_task(asyncio.to_thread(published.as_of, moment, opened))
    while not making.done():
        attempt.interrupt()
        await asyncio.wait([making], timeout=0.05)
    with pytest.raises(duckdb.InterruptException):
        making.result()


@pytest.mark.parametrize("route", ["funnel", "tables/applications"])
async def test_a_warehouse_that_cannot_be_read_is_unavailable(
    client: httpx.AsyncClient, bearer: Bearer, world: Settings, route: str
) -> None:
    folder = Folder(world.warehouse_folder)
    file = folder.path / read_manifest(folder.manifest).file
    file.chmod(0o600)
    file.write_bytes(b"no database" * 1_000)
    root = bearer("root", "admin")
    await unavailable(client, root, route)
    folder.manifest.write_bytes(b"{")
    await unavailable(client, root, route)
    figures = await client.get("/metrics")
    assert figures.status_code == 200
    assert "jobfinders_entity_stale 0.0" in figures.text


async def unavailable(client: httpx.AsyncClient, headers: dict[str, str], route: str) -> None:
    answer = await client.get(f"/api/analytics/{route}", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0


async def test_only_so_many_questions_at_once(world: Settings) -> None:
    asked = Warehouse(world.warehouse_folder, patience_s=0.1)
    both, release = threading.Barrier(3), threading.Event()

    def wait(*_: object) -> bool:
        both.wait(10)
        return release.wait(10)

    waiting = [asyncio.create_task(asked.ask(wait)) for _ in range(2)]
    await asyncio.to_thread(both.wait, 10)
    with pytest.raises(Unavailable):
        await asked.ask(lambda *_: None)
    release.set()
    assert [answer for answer, _ in await asyncio.gather(*waiting)] == [True, True]
