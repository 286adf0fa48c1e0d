"""Three API processes on one database: to a client they are one."""

import asyncio

import httpx
import pytest

from storage.postgres import migrate
from tests.processes.crowd import Crowd
from tests.redis_server import RedisServer
from tests.stream.road import Road
from tests.stream.server import Api
from tests.stream.sse import Frame, Stream
from tests.stream.test_feed import facts, is_event, until

APPLICATION = {"jobId": "j1", "jobTitle": "Engineer", "company": "Acme"}
PATH = "/api/applications"
ROW = "application.analytics_updated"
LIMIT = 100
PASSED = 403
REVOKED_S = 30


def create(api: Api, user: str) -> httpx.Response:
    answer = httpx.post(api.url(PATH), headers=api.bearer(user), json=APPLICATION)
    assert answer.status_code == 201, answer.text
    return answer


async def test_each_stream_gets_what_any_process_wrote(apis: list[Api], road: Road) -> None:
    one, two, three = apis
    listening = [(two, "ada"), (three, "ada"), (three, "bob")]
    streams = [Stream(api.port, "/api/stream", api.bearer(user)) for api, user in listening]
    async with streams[0], streams[1], streams[2]:
        frames = [aiter(stream) for stream in streams]
        for each in frames:
            await until(each, is_event("heartbeat"))
        written = [create(api, "ada").json()["id"] for api in (one, two, one, three)]
        bobs = create(one, "bob").json()["id"]
        road.fold()
        rows = {f"{id}:1" for id in written}
        got: list[list[Frame]] = [[], [], []]
        for number, wanted in enumerate((rows, rows, {f"{bobs}:1"})):
            while not wanted <= set(facts(got[number])):
                got[number] += await until(frames[number], is_event(ROW))
    assert sorted(facts(got[0])) == sorted(facts(got[1]))
    assert len(set(facts(got[0]))) == len(facts(got[0])) == 2 * len(written)
    assert {frame.json()["subject"] for frame in got[2]} == {bobs}


async def test_a_cursor_of_one_process_goes_on_at_another(apis: list[Api], road: Road) -> None:
    one, two, _ = apis
    headers = one.bearer("cleo")
    sent = [road.create(f"c{number}", "cleo") for number in range(3)]
    async with Stream(one.port, "/api/stream", headers) as stream:
        frames = aiter(stream)
        await until(frames, is_event("heartbeat"))
        road.fold()
        first = await until(frames, is_event("application.created"))
    sent.append(road.create("c3", "cleo"))
    road.fold()
    resumed = headers | {"Last-Event-ID": first[-1].id}
    rest: list[Frame] = []
    async with Stream(two.port, "/api/stream", resumed) as stream:
        frames = aiter(stream)
        while len(first) + len(rest) < 2 * len(sent):
            rest += await until(frames, lambda frame: frame.event.startswith("application."))
    rows = [f"c{number}:1" for number in range(4)]
    assert sorted(facts([*first, *rest])) == sorted([*sent, *rows])


async def test_a_write_is_read_at_another_process(apis: list[Api], road: Road) -> None:
    one, two, _ = apis
    answer = create(one, "dora")
    etag = answer.headers["etag"].strip('"')
    path = f"/api/applications/{answer.json()['id']}/analytics?min_revision={etag}"
    async with httpx.AsyncClient(headers=two.bearer("dora")) as client:
        reading = asyncio.create_task(client.get(two.url(path)))
        await asyncio.to_thread(road.fold)
        assert (await reading).json()["status"] == "applied"


async def test_access_revoked_at_one_process_ends_at_all(apis: list[Api]) -> None:
    one, *others = apis
    old = one.bearer("eric", issued_ago_s=10)
    streams = [Stream(api.port, "/api/stream", old) for api in others]
    async with streams[0], streams[1], httpx.AsyncClient(headers=old) as client:
        assert (await client.post(one.url("/api/me/revoke"))).status_code == 200
        async with asyncio.timeout(REVOKED_S):
            for stream in streams:
                async for _ in stream:
                    pass
            for api in others:
                while (await client.get(api.url("/api/me"))).status_code != 401:
                    pass


async def test_a_post_repeated_at_another_process_is_done_once(apis: list[Api]) -> None:
    one, *_ = apis
    headers = one.bearer("fred") | {"Idempotency-Key": "k1"}
    async with httpx.AsyncClient(headers=headers) as client:
        answers = await asyncio.gather(
            *(client.post(api.url(PATH), json=APPLICATION) for api in apis * 3)
        )
        last = await client.post(one.url(PATH), json=APPLICATION)
        listed = await client.get(one.url(PATH))
    done = [answer for answer in (*answers, last) if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in done}) == 1
    assert last.headers["idempotency-replayed"] == "true"
    assert listed.json()["total"] == 1


async def test_a_schema_migration_is_not_noticed(
    apis: list[Api], road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = ("applications", "application_analytics", "event_log", "outbox", "flow_positions")
    changes = "".join(f"ALTER TABLE {table} ADD COLUMN later text;" for table in tables)
    known = [*migrate.migrations(), migrate.Migration(9999, "later", changes)]
    monkeypatch.setattr(migrate, "migrations", lambda: known)
    written: list[httpx.Response] = []
    async with httpx.AsyncClient(timeout=30) as client:

        async def write(user: str, api: Api) -> None:
            headers = api.bearer(user)
            for _ in range(30):
                answer = await client.post(api.url(PATH), headers=headers, json=APPLICATION)
                written.extend([answer, await client.get(api.url(PATH), headers=headers)])

        writing = [asyncio.create_task(write(f"user{n}", api)) for n, api in enumerate(apis)]
        while len(written) < 20:
            await asyncio.wait(writing, timeout=0.01)
        await asyncio.to_thread(migrate.migrate, road.url)
        road.fold()
        await asyncio.gather(*writing)
        road.fold()
        assert {answer.status_code for answer in written} == {200, 201}
        for number, api in enumerate(apis):
            listed = await client.get(api.url(PATH), headers=api.bearer(f"user{number}"))
            assert listed.json()["total"] == 30


async def test_a_limit_is_one_for_all_and_in_bounds_when_redis_is_killed(
    apis: list[Api], redis: RedisServer
) -> None:
    async with Crowd(apis) as crowd:
        assert (await crowd.ask("gina", 130)).count(PASSED) == LIMIT
        asking = asyncio.create_task(crowd.ask("hugo", 3 * LIMIT + 60))
        while crowd.passed("hugo") < LIMIT // 2:
            await asyncio.wait([asking], timeout=0.001)
        redis.kill()
        await asking
        # Before the kill at most the limit, after it at most the limit at each process.
        assert LIMIT <= crowd.passed("hugo") <= LIMIT * (1 + len(apis))
        redis.start()
        async with asyncio.timeout(10):
            while any(["unreachable 1.0" in await crowd.metrics(api) for api in apis]):
                pass
        assert (await crowd.ask("iris", 130)).count(PASSED) == LIMIT
        assert set(crowd.statuses("gina", "hugo", "iris")) == {PASSED, 429}
