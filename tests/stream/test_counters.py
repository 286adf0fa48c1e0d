"""The dashboards' stream: complete counters, seldom, without personal data."""

import asyncio
import time

from tests.stream.conftest import StartApi
from tests.stream.road import Road
from tests.stream.sse import Stream
from tests.stream.test_feed import is_event, until


async def test_counters_follow_the_log(start_api: StartApi, road: Road) -> None:
    road.create("a1", "ada")
    road.create("a2", "bob")
    road.event("withdrawn", "a2", "bob", {})
    road.event("withdrawn", "a2", "bob", {"reason": 7})
    road.view("orphan", "eve")
    road.fold()
    api = start_api(stream_heartbeat_s=1)
    bearer = api.bearer("ann", "analyst")
    async with Stream(api.port, "/api/analytics/stream?snapshot=true", bearer) as stream:
        frames = aiter(stream)
        [first] = await until(frames, is_event("snapshot"))
        counters = first.json()
        assert counters["applications"] == 2
        assert counters["byStatus"]["applied"] == counters["byStatus"]["withdrawn"] == 1
        assert sum(counters["byStatus"].values()) == 2
        assert (counters["accepted"], counters["deadLettered"]) == (4, 1)
        assert (counters["duplicates"], counters["waiting"]) == (0, 0)
        for person in ("ada", "bob", "mallory", "Acme"):
            assert person not in first.data
        road.event("status_changed", "a1", "ada", {"newStatus": "viewed"})
        road.fold()
        got = await until(
            frames,
            lambda frame: frame.event == "counters" and frame.json()["byStatus"]["viewed"] == 1,
        )
        assert got[-1].json()["accepted"] == 5
        assert got[-1].json()["eventsPerSecond"] > 0
        assert got[-1].id
    stale = bearer | {"Last-Event-ID": "nonsense"}
    async with Stream(api.port, "/api/analytics/stream", stale) as stream:
        got = await until(aiter(stream), is_event("counters"))
        assert [frame.event for frame in got] == ["reset", "counters"]
    known = bearer | {"Last-Event-ID": first.id}
    async with Stream(api.port, "/api/analytics/stream", known) as stream:
        assert len(await until(aiter(stream), is_event("counters"))) == 1


async def test_at_most_about_two_frames_a_second(start_api: StartApi, road: Road) -> None:
    api = start_api()
    bearer = api.bearer("ann", "analyst")
    async with Stream(api.port, "/api/analytics/stream", bearer) as stream:
        frames = 0
        began = time.monotonic()
        async with asyncio.timeout(10):
            async for frame in stream:
                frames += frame.event == "counters"
                road.create(f"a{frames}", "ada")
                road.fold()
                if frames == 5:
                    break
        assert time.monotonic() - began > 1.8
