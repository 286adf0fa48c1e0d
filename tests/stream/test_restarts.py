"""Whatever drops, restarts or dies: no entry is missed, none comes twice."""

import asyncio
import random
import signal
import subprocess
import time
from collections import Counter

import pytest

from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from tests.stream.conftest import StartApi
from tests.stream.road import Road
from tests.stream.server import ENDED, Api
from tests.stream.sse import Refused, Stream
from tests.stream.test_feed import facts, is_event, until

CLIENTS = 100
ROUNDS = 40
RESTARTS = 3
SETTLE_S = 40


class Watcher:
    """A client that is dropped at random and comes back with its last id."""

    def __init__(self, api: Api, user: str, seed: int, frames: range = range(1, 25)) -> None:
        self._api = api
        self._frames = frames
        self._bearer = api.bearer(user)
        self._random = random.Random(seed)
        self.seen: list[str] = []
        self.unexpected: list[str] = []
        self.known: str | None = None
        self.done = asyncio.Event()
        self.drops = 0

    async def run(self) -> None:
        """Until `done`; every few frames, and in the middle of a batch, it is gone."""
        while not self.done.is_set():
            try:
                await self._once(self._random.choice(self._frames))
            except (Refused, OSError, EOFError):
                await asyncio.sleep(0.05)  # the server is down: as an EventSource waits
            self.drops += 1

    async def _once(self, frames_left: int) -> None:
        known = {} if self.known is None else {"Last-Event-ID": self.known}
        async with Stream(self._api.port, "/api/stream", self._bearer | known) as stream:
            async for frame in stream:
                self.known = frame.id
                self.seen += facts([frame])
                if frame.event == "reset":
                    self.unexpected.append(frame.data)
                frames_left -= frame.event != "heartbeat"
                if frames_left == 0 or self.done.is_set():
                    return


def logged(url: str) -> dict[str, list[str]]:
    """What every user has to have seen."""
    wanted: dict[str, list[str]] = {}
    with connect(url) as connection:
        found = connection.execute(
            'SELECT user_id, id FROM event_log WHERE NOT orphan ORDER BY partition, "offset"'
        )
        for user, id in found:
            wanted.setdefault(user, []).append(id)
    return wanted


async def arrived(watchers: list[Watcher], wanted: list[list[str]]) -> None:
    """Wait until each has as much as it should, but not for ever."""
    deadline = time.monotonic() + SETTLE_S
    pairs = list(zip(watchers, wanted, strict=True))
    while time.monotonic() < deadline:
        if all(len(watcher.seen) >= len(ids) for watcher, ids in pairs):
            return
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_no_gap_and_no_duplicate(
    start_api: StartApi, road: Road, number: signal.Signals
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    api = start_api(stream_heartbeat_s=0.5, stream_ring=200)
    users = [f"user{index}" for index in range(CLIENTS // 2)]  # two clients each
    watchers = [Watcher(api, user, seed + i) for i, user in enumerate(users * 2)]
    running = [asyncio.create_task(watcher.run()) for watcher in watchers]
    async with asyncio.timeout(SETTLE_S):
        while not all(watcher.known for watcher in watchers):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    restarts = set(chance.sample(range(5, ROUNDS), RESTARTS))
    for turn in range(ROUNDS):
        for user in chance.sample(users, 10):
            fact = road.create if turn % 4 == 0 else road.view
            fact(f"{user}-{turn // 4}", user)
            road.view(f"{user}-0", user)
        await asyncio.to_thread(road.fold)
        if turn in restarts:
            await asyncio.to_thread(api.stop, number)
            await asyncio.to_thread(api.start)
    wanted = logged(road.url)
    await arrived(watchers, [wanted.get(user, []) for user in users * 2])
    for watcher in watchers:
        watcher.done.set()
    await asyncio.gather(*running)
    for watcher, user in zip(watchers, users * 2, strict=True):
        assert watcher.unexpected == []
        twice = [id for id, times in Counter(watcher.seen).items() if times > 1]
        assert (user, twice) == (user, [])
        assert (user, watcher.seen) == (user, wanted.get(user, []))
    assert sum(watcher.drops for watcher in watchers) > CLIENTS * RESTARTS


async def test_a_burst_larger_than_queue_and_ring_arrives_whole(
    start_api: StartApi, road: Road
) -> None:
    api = start_api(stream_queue=50, stream_ring=100)
    watchers = [Watcher(api, "ada", seed, range(100, 2_000)) for seed in range(4)]
    running = [asyncio.create_task(watcher.run()) for watcher in watchers]
    async with asyncio.timeout(SETTLE_S):
        while not all(watcher.known for watcher in watchers):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for size in (40, 90, 700, 3_000):
        road.burst("ada", size)
        await asyncio.to_thread(road.fold)
    wanted = logged(road.url)["ada"]
    await arrived(watchers, [wanted] * len(watchers))
    for watcher in watchers:
        watcher.done.set()
    road.create("last", "ada")
    road.fold()
    await asyncio.gather(*running)
    for watcher in watchers:
        assert watcher.unexpected == []
        assert watcher.seen[: len(wanted)] == wanted


async def test_a_lonely_client_that_comes_and_goes(start_api: StartApi, road: Road) -> None:
    """Between its visits nobody listens, and the feed reads nothing but how far the log is."""
    api = start_api()
    road.create("a", "ada")
    road.fold()
    watcher = Watcher(api, "ada", 1, range(1, 4))
    running = asyncio.create_task(watcher.run())
    async with asyncio.timeout(SETTLE_S):
        while watcher.known is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    missed = logged(road.url)["ada"]
    for turn in range(300):
        road.view(f"a{turn % 7}", "ada" if turn % 3 == 0 else "bob")
        road.create(f"b{turn}", "bob")
        road.create(f"c{turn}", "ada")
        await asyncio.to_thread(road.fold)
    wanted = logged(road.url)["ada"][len(missed) :]
    await arrived([watcher], [wanted])
    watcher.done.set()
    road.create("last", "ada")
    road.fold()
    await running
    assert watcher.seen[: len(wanted)] == wanted


async def test_the_feed_survives_a_restart_of_postgres(
    start_api: StartApi, road: Road, postgres_server: Server
) -> None:
    api = start_api(stream_heartbeat_s=0.5)
    async with Stream(api.port, "/api/stream", api.bearer("ada")) as stream:
        frames = aiter(stream)
        await until(frames, is_event("heartbeat"))
        with connect(postgres_server.url("postgres"), autocommit=True) as connection:
            dropped = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'jobfinders feed'"
            ).fetchall()
        assert dropped
        created = road.create("a1", "ada")
        road.fold()
        got = await until(frames, is_event("application.analytics_updated"))
    assert facts(got) == [created, "a1:1"]


async def test_sigterm_with_hundreds_of_clients(start_api: StartApi, road: Road) -> None:
    api = start_api(streams_per_user=300)
    users = ["stuck"] + ["ada"] * 299
    streams = [Stream(api.port, "/api/stream", api.bearer(user)) for user in users]
    await asyncio.gather(*(stream.__aenter__() for stream in streams))
    await asyncio.gather(*(until(aiter(stream), is_event("heartbeat")) for stream in streams))
    # One of them takes nothing any more, with full buffers.
    streams[0].writer.transport.pause_reading()  # type: ignore[attr-defined]
    road.create("s1", "stuck")
    road.create("a1", "ada")
    for _ in range(30):
        road.event("viewed_by_employer", "s1", "stuck", {"extra": "x" * 200_000})
    road.fold()
    began = time.monotonic()
    try:
        assert await asyncio.to_thread(api.stop) in ENDED
    except subprocess.TimeoutExpired:
        pytest.fail("still there after 10 s")
    finally:
        for stream in streams:
            stream.writer.transport.abort()
    assert time.monotonic() - began < 10
