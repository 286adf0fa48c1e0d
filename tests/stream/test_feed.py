"""The live feed of a real server, fed by the real flow."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.stream.conftest import StartApi
from tests.stream.road import Road
from tests.stream.sse import Frame, Stream

PATIENCE_S = 15


async def until(
    frames: AsyncIterator[Frame], wanted: Callable[[Frame], bool], patience_s: float = PATIENCE_S
) -> list[Frame]:
    """Frames up to and with the first wanted one."""
    found = []
    async with asyncio.timeout(patience_s):
        async for frame in frames:
            found.append(frame)
            if wanted(frame):
                return found
    raise AssertionError(f"the stream ended after {found}")


def is_event(name: str) -> Callable[[Frame], bool]:
    """Whether a frame has this event name."""
    return lambda frame: frame.event == name


def facts(frames: list[Frame]) -> list[str]:
    """Ids of the log entries among frames."""
    return [frame.json()["id"] for frame in frames if frame.event.startswith("application.")]


async def test_an_event_becomes_a_fact_frame_then_its_row(start_api: StartApi, road: Road) -> None:
    api = start_api()
    async with Stream(api.port, "/api/stream", api.bearer("ada")) as stream:
        frames = aiter(stream)
        [first] = await until(frames, is_event("heartbeat"))
        assert first.id
        created = road.create("a1", "ada")
        road.create("b1", "bob")
        road.fold()
        got = await until(frames, is_event("application.analytics_updated"))
    assert [frame.event for frame in got] == [
        "application.created",
        "application.analytics_updated",
    ]
    assert facts(got) == [created, "a1:1"]
    assert got[1].json()["data"]["analytics"]["status"] == "applied"
    assert len({first.id, got[0].id, got[1].id}) == 3
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-store, no-transform"
    assert stream.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in stream.headers


@pytest.mark.parametrize("seen", [1, 2, 3])
async def test_a_resume_begins_behind_the_last_frame_even_inside_a_batch(
    start_api: StartApi, road: Road, seen: int
) -> None:
    api = start_api()
    bearer = api.bearer("ada")
    async with Stream(api.port, "/api/stream", bearer) as stream:
        frames = aiter(stream)
        await until(frames, is_event("heartbeat"))
        sent = [road.create("a1", "ada"), road.view("a1", "ada"), road.view("a1", "ada")]
        road.fold()
        got = [await anext(frames) for _ in range(seen)]
    expected = [*sent, "a1:1"]
    assert facts(got) == expected[:seen]
    for known in ({"Last-Event-ID": got[-1].id}, {}):
        path = "/api/stream" if known else f"/api/stream?last_event_id={got[-1].id}"
        async with Stream(api.port, path, bearer | known) as stream:
            rest = await until(aiter(stream), is_event("application.analytics_updated"))
        assert facts(rest) == expected[seen:]
