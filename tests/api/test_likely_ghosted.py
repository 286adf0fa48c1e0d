"""`likelyGhosted` on single applications: by the limit of everybody's answers."""

import asyncio
from typing import Any

import httpx
import pytest

from models.settings import Settings
from tests.api.applications import Bearer
from tests.api.conftest import serving
from tests.warehouse.filling import fill
from tests.warehouse.stories import application

_PATIENCE_S = 30
_NEW = {"jobId": "job-1", "jobTitle": "Engineer", "company": "Acme"}


@pytest.fixture
def world(database: str, settings: Settings) -> Settings:
    """Six that were answered within a day, in March 2026; one that is silent since then."""
    answered = [line for n in range(6) for line in application(f"a{n}", "rejected", day=n + 1)]
    fill(settings, [*answered, *application("silent", "viewed")])
    return settings


async def test_by_the_limit_of_the_published_warehouse(world: Settings, bearer: Bearer) -> None:
    async with serving(world) as client:
        client.headers.update(bearer("ada"))
        silent = await _known(client, "silent")
        assert silent["likelyGhosted"] is True
        assert silent["hoursOfSilence"] > 24
        assert (await _get(client, "a1"))["likelyGhosted"] is None, "closed"
        created = (await client.post("/api/applications", json=_NEW)).json()
        assert created["analytics"]["likelyGhosted"] is False
        row = (await client.get("/api/applications/silent/analytics")).json()
        assert row["likelyGhosted"] is True
        listed = (await client.get("/api/applications")).json()["items"]
        shown = {item["id"]: item["analytics"]["likelyGhosted"] for item in listed}
        assert shown[created["id"]] is False
        assert shown["silent"] is True
        assert shown["a1"] is None


async def test_without_a_warehouse_nothing_is_said(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    client.headers.update(bearer("ada"))
    created = (await client.post("/api/applications", json=_NEW)).json()
    assert created["analytics"]["likelyGhosted"] is None


async def _known(client: httpx.AsyncClient, application_id: str) -> dict[str, Any]:
    """Its analytics, once the API has looked at the warehouse."""
    async with asyncio.timeout(_PATIENCE_S):
        while (await _get(client, application_id))["likelyGhosted"] is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return await _get(client, application_id)


async def _get(client: httpx.AsyncClient, application_id: str) -> dict[str, Any]:
    answer = await client.get(f"/api/applications/{application_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["analytics"]
    return found
