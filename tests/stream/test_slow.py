"""A client that does not read costs little, is told what it missed, or is cut; alone."""

import asyncio
import time

import psutil

from tests.stream.conftest import StartApi
from tests.stream.road import Road
from tests.stream.server import ENDED
from tests.stream.sse import Stream
from tests.stream.test_feed import is_event, until

LARGE = "x" * 200_000


async def overfill(road: Road, events: int) -> None:
    """More for Ada than any buffer between server and client takes."""
    for _ in range(events):
        road.event("viewed_by_employer", "a1", "ada", {"extra": LARGE})
        road.fold()
        await asyncio.sleep(0.03)  # so slow that nobody could call it a burst


async def test_it_is_reset_and_gets_the_newest_row_of_each_application(
    start_api: StartApi, road: Road
) -> None:
    api = start_api()
    road.create("a1", "ada")
    road.create("a2", "ada")
    road.fold()
    ada, bob = api.bearer("ada"), api.bearer("bob")
    async with (
        Stream(api.port, "/api/stream", ada) as slow,
        Stream(api.port, "/api/stream", bob) as other,
    ):
        others = aiter(other)
        await until(others, is_event("heartbeat"))
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await overfill(road, 80)
        road.view("a2", "ada")
        road.create("b1", "bob")
        road.fold()
        began = time.monotonic()
        await until(others, is_event("application.analytics_updated"))
        assert time.monotonic() - began < 5
        assert api.process is not None
        assert psutil.Process(api.process.pid).memory_info().rss < 400e6
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
        frames = aiter(slow)
        before = await until(frames, is_event("reset"))
        assert before[-1].json() == {"reason": "slow"}
        assert before[-1].id == before[-2].id, "coming back now would miss nothing"
        newest: dict[str, int] = {}
        async with asyncio.timeout(10):
            async for frame in frames:
                if frame.event == "application.analytics_updated":
                    row = frame.json()["data"]["analytics"]
                    newest[row["applicationId"]] = row["views"]
                if newest == {"a1": 80, "a2": 1}:
                    break


async def test_one_that_takes_nothing_is_cut(start_api: StartApi, road: Road) -> None:
    api = start_api(stream_send_timeout_s=1, streams_per_user=1)
    road.create("a1", "ada")
    road.fold()
    bearer = api.bearer("ada")
    async with Stream(api.port, "/api/stream", bearer) as stuck:
        stuck.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await overfill(road, 60)
        assert api.process is not None
        process = psutil.Process(api.process.pid)
        ours = stuck.writer.get_extra_info("sockname")[1]
        async with asyncio.timeout(10):
            while any(at.raddr and at.raddr.port == ours for at in process.net_connections()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        async with Stream(api.port, "/api/stream", bearer) as again:  # its place is free
            await until(aiter(again), is_event("heartbeat"))
    assert api.stop() in ENDED
