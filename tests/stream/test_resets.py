"""A cursor that cannot be used is answered with a reset, never with silence or an error."""

import time
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from api.stream import cursor
from api.stream.cursor import Cursor
from storage.postgres.connect import connect
from storage.postgres.event_log import Identity, Positions
from tests.stream.conftest import StartApi
from tests.stream.road import Road
from tests.stream.server import Api
from tests.stream.sse import Frame, Stream
from tests.stream.test_feed import facts, is_event, until


def identity(url: str) -> Identity:
    """Of this database's log."""
    with connect(url) as connection:
        row = connection.execute("SELECT id, cursor_key FROM log").fetchone()
    assert row is not None
    return Identity(*row)


def made(log: Identity, positions: Positions, *, age_s: float = 0, user: str = "ada") -> str:
    """A cursor as this server would have written it."""
    return cursor.write(Cursor(positions, int(time.time() - age_s)), log, user)


async def first(api: Api, known: str, path: str = "/api/stream") -> Frame:
    """The first frame that a client with this cursor gets."""
    headers = api.bearer("ada") | {"Last-Event-ID": known}
    async with Stream(api.port, path, headers) as stream:
        return (await until(aiter(stream), lambda _: True))[0]


async def test_each_kind_of_useless_cursor(start_api: StartApi, road: Road) -> None:
    road.create("a1", "ada")
    road.fold()
    api = start_api(stream_resume_hours=1)
    log = identity(road.url)
    forged = Identity(log.id, b"x" * 32)
    wanted = {
        "nonsense": "unknown",
        "{}": "unknown",
        "A" * 5_000: "unknown",
        made(log, (1,), user="bob"): "unknown",
        made(Identity(UUID(int=7), log.cursor_key), (1,)): "unknown",
        made(forged, (1,)): "unknown",
        made(log, (1,), age_s=3_700): "expired",
        made(log, (3,)): "ahead",
        made(log, (2, 1)): "ahead",
    }
    for known, reason in wanted.items():
        frame = await first(api, known)
        assert (frame.event, frame.json()) == ("reset", {"reason": reason})
        assert frame.id, "a client goes on from a reset"
    frame = await first(api, "nonsense", "/api/applications/a1/stream")
    assert frame.event == "reset"
    assert (await first(api, made(log, (1,)))).json()["id"] == "a1:1"
    assert (await first(api, made(log, (1,), age_s=3_500))).json()["id"] == "a1:1"
    # A partition that the cursor does not know stands at 0.
    assert (await first(api, made(log, ()))).event == "application.created"


async def test_after_a_reset_it_goes_on(start_api: StartApi, road: Road) -> None:
    road.create("a1", "ada")
    road.fold()
    api = start_api()
    async with Stream(api.port, "/api/stream?last_event_id=stale", api.bearer("ada")) as stream:
        frames = aiter(stream)
        [reset] = await until(frames, is_event("reset"))
        viewed = road.view("a1", "ada")
        road.fold()
        got = await until(frames, is_event("application.analytics_updated"))
    assert facts(got) == [viewed, "a1:2"]
    assert (await first(api, reset.id)).json()["id"] == viewed


async def test_a_snapshot_then_what_follows_it(start_api: StartApi, road: Road) -> None:
    for number in range(3):
        road.create(f"a{number}", "ada")
    road.create("b1", "bob")
    road.view("orphan", "ada")
    road.fold()
    api = start_api()
    headers = api.bearer("ada")

    async def begin(frames: AsyncIterator[Frame]) -> Frame:
        snapshot = (await until(frames, is_event("snapshot")))[-1]
        rows = snapshot.json()["applications"]
        assert {row["applicationId"] for row in rows} == {"a0", "a1", "a2"}
        assert rows[0]["statusChanges"][0]["hoursInFrom"] is None
        assert not snapshot.json()["more"]
        return snapshot

    async with Stream(api.port, "/api/stream?snapshot=true", headers) as stream:
        frames = aiter(stream)
        snapshot = await begin(frames)
        viewed = road.view("a1", "ada")
        road.fold()
        got = await until(frames, is_event("application.analytics_updated"))
        assert facts(got) == [viewed, "a1:2"]
    # An EventSource comes back to the same address with its cursor: no second snapshot.
    known = headers | {"Last-Event-ID": snapshot.id}
    async with Stream(api.port, "/api/stream?snapshot=true", known) as stream:
        got = await until(aiter(stream), is_event("application.analytics_updated"))
        assert facts(got) == [viewed, "a1:2"]
    # After a reset there is one, and the reset does not move the cursor before it.
    stale = headers | {"Last-Event-ID": "stale"}
    async with Stream(api.port, "/api/stream?snapshot=true", stale) as stream:
        frames = aiter(stream)
        [reset] = await until(frames, is_event("reset"))
        assert reset.id == ""
        await begin(frames)


async def test_another_log_in_the_same_place_resets_who_is_connected(
    start_api: StartApi, road: Road
) -> None:
    road.create("a1", "ada")
    road.fold()
    api = start_api()
    async with Stream(api.port, "/api/stream", api.bearer("ada")) as stream:
        frames = aiter(stream)
        await until(frames, is_event("heartbeat"))
        with connect(road.url) as connection:
            connection.execute("UPDATE log SET id = gen_random_uuid()")
        [reset] = await until(frames, is_event("reset"))
        assert reset.json() == {"reason": "log"}
        viewed = road.view("a1", "ada")
        road.fold()
        got = await until(frames, is_event("application.analytics_updated"))
        assert facts(got) == [viewed, "a1:2"]


async def test_a_heartbeat_moves_the_cursor_past_what_others_did(
    start_api: StartApi, road: Road
) -> None:
    api = start_api(stream_heartbeat_s=0.3)
    log = identity(road.url)
    async with Stream(api.port, "/api/stream", api.bearer("ada")) as stream:
        frames = aiter(stream)
        await until(frames, is_event("heartbeat"))
        for number in range(5):
            road.create(f"b{number}", "bob")
        road.fold()
        await until(
            frames,
            lambda frame: cursor.read(frame.id, log, "ada").positions == (10,),  # type: ignore[union-attr]
        )


@pytest.mark.parametrize("partitions", [4])
async def test_several_partitions(start_api: StartApi, road: Road) -> None:
    api = start_api(stream_ring=100)
    headers = api.bearer("ada")
    expected: set[str] = set()
    seen: list[str] = []
    known: dict[str, str] = {}
    for turn in range(6):
        async with Stream(api.port, "/api/stream", headers | known) as stream:
            frames = aiter(stream)
            if not known:
                await until(frames, is_event("heartbeat"))
            for number in range(8):
                fact = road.create if turn == 0 else road.view
                expected |= {fact(f"a{number}", "ada"), f"a{number}:{turn + 1}"}
            road.fold()
            async for frame in frames:
                known = {"Last-Event-ID": frame.id}
                seen += facts([frame])
                if len(seen) >= 11 * (turn + 1):  # left in the middle, the rest comes later
                    break
    async with Stream(api.port, "/api/stream", headers | known) as stream:
        frames = aiter(stream)
        while len(seen) < len(expected):
            seen += facts([await anext(frames)])
    assert sorted(seen) == sorted(expected)
