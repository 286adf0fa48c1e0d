"""The report on the model over HTTP."""

import asyncio

import httpx
from fastapi import FastAPI

from tests.api.applications import Bearer

_ADD = """INSERT INTO prediction_scores
    SELECT date '2026-03-01' + $1::integer, 'served', false, 20, 10, 1, 1, 3, 1"""
_WAITS = """SELECT EXISTS (
    SELECT FROM pg_locks WHERE NOT granted AND relation = 'model_versions'::regclass)"""


async def test_a_report_is_of_one_moment(
    app: FastAPI, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    """Whatever is learned between its statements, of which the second has to wait here."""
    async with app.state.parts.pool.acquire() as learning:
        await learning.execute(_ADD, 0)
        async with learning.transaction():
            await learning.execute("LOCK TABLE model_versions")
            asking = asyncio.create_task(
                client.get("/api/analytics/model", headers=bearer("ann", "analyst"))
            )
            while not await learning.fetchval(_WAITS):
                assert not asking.done()
            await learning.execute(_ADD, 1)
        report = (await asking).json()
    assert report["answered"]["served"]["predictions"] == 10
    assert [day["served"]["predictions"] for day in report["days"]] == [10]
