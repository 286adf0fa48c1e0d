"""The row of analytics over HTTP, and reading one's own writes."""

import asyncio
import json
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from models.settings import Settings
from tests.api.applications import PATH, Bearer, enter
from tests.flows.driving import drain, put

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"


@pytest.fixture
async def ada(client: httpx.AsyncClient, bearer: Bearer) -> httpx.AsyncClient:
    """A client that speaks for ada."""
    client.headers.update(bearer("ada"))
    return client


async def test_the_golden_row_comes_out_as_the_contract_says(
    client: httpx.AsyncClient, bearer: Bearer, settings: Settings, database: str
) -> None:
    put(database, (GOLDEN / "events.ndjson").read_bytes().splitlines())
    drain(database, settings)
    expected = json.loads((GOLDEN / "expected.json").read_text())
    owner = bearer(expected["user_id"])
    answer = await client.get(f"{PATH}/{expected['application_id']}/analytics", headers=owner)
    assert answer.status_code == 200
    row = answer.json()
    for name, value in expected.items():
        if name != "status_changes":
            head, *rest = name.split("_")
            assert row[head + "".join(map(str.title, rest))] == value, name
    changes = json.dumps(row["statusChanges"]).replace("hoursInFrom", "hours_in_from")
    assert json.loads(changes) == expected["status_changes"]
    assert row["asOf"] == "0:16"
    assert row["lagMs"] == 0
    assert row["hoursOfSilence"] is None
    assert row["hoursInStage"] > 0


async def test_before_the_first_fold_there_is_an_empty_row_after_two_seconds(
    ada: httpx.AsyncClient,
) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}/analytics"
    began = asyncio.get_running_loop().time()
    answer = await ada.get(path, params={"min_revision": '"1"'})
    assert 1.9 < asyncio.get_running_loop().time() - began < 4
    assert answer.status_code == 202
    body = answer.json()
    assert (body["version"], body["revision"], body["status"]) == (0, 0, None)
    assert body["userId"] == "ada"
    assert body["lagMs"] > 1_900
    assert (await ada.get(path)).status_code == 200


async def test_a_write_is_waited_for_until_it_is_folded(
    ada: httpx.AsyncClient, settings: Settings, database: str
) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}"
    written = await ada.put(f"{path}/status", json={"status": "viewed"})
    waiting = asyncio.create_task(
        ada.get(f"{path}/analytics", params={"min_revision": written.headers["etag"]})
    )
    await asyncio.to_thread(drain, database, settings)
    answer = await waiting
    assert answer.status_code == 200
    assert answer.json()["status"] == "viewed"
    assert (await ada.get(f"{path}/analytics?min_revision=2")).status_code == 200


async def test_an_earlier_write_does_not_wait_for_a_later_one(
    ada: httpx.AsyncClient, settings: Settings, database: str
) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}"
    await asyncio.to_thread(drain, database, settings)
    await ada.patch(path, json={"company": "B"})
    assert (await ada.get(f"{path}/analytics?min_revision=1")).status_code == 200
    assert (await ada.get(f"{path}/analytics?min_revision=2")).status_code == 202


async def test_who_waits_holds_no_connection(
    ada: httpx.AsyncClient, app: FastAPI, settings: Settings, database: str
) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}"
    waiters = [
        asyncio.create_task(ada.get(f"{path}/analytics?min_revision=1"))
        for _ in range(3 * settings.pool_size)
    ]
    while app.state.parts.folded.waiting < len(waiters):  # noqa: ASYNC110
        await asyncio.sleep(0)
    async with asyncio.timeout(1):
        assert (await ada.get(path)).status_code == 200
    await asyncio.to_thread(drain, database, settings)
    assert {answer.status_code for answer in await asyncio.gather(*waiters)} == {200}
    assert app.state.parts.folded.waiting == 0


async def test_waiting_survives_a_lost_listener(
    ada: httpx.AsyncClient, settings: Settings, database: str
) -> None:
    made = await enter(ada)
    waiting = asyncio.create_task(ada.get(f"{PATH}/{made['id']}/analytics?min_revision=1"))
    connection = await asyncpg.connect(database)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'jobfinders feed' AND datname = current_database()"
    )
    await connection.close()
    await asyncio.to_thread(drain, database, settings)
    assert (await waiting).status_code == 200


@pytest.mark.parametrize("revision", ["", "-1", "x", '"', "1" * 19, "1.0"])
async def test_a_bad_revision_is_refused(ada: httpx.AsyncClient, revision: str) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}/analytics"
    assert (await ada.get(path, params={"min_revision": revision})).status_code == 422
