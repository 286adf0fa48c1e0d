"""Who gets a stream, by which way in, and until when."""

import asyncio
import json
import time
from collections.abc import Coroutine

import httpx
import pytest

from storage.postgres.connect import connect
from tests.stream.conftest import StartApi
from tests.stream.road import Road
from tests.stream.server import Api
from tests.stream.sse import Refused, Stream
from tests.stream.test_feed import is_event, until

PATHS = ("/api/stream", "/api/applications/a1/stream", "/api/analytics/stream")


async def status(api: Api, path: str, headers: dict[str, str]) -> int:
    """Of opening a stream, which is left at once."""
    try:
        async with Stream(api.port, path, headers):
            return 200
    except Refused as refused:
        return refused.status


async def refusal(api: Api, path: str, headers: dict[str, str]) -> dict[str, object]:
    """The error, without what differs by request."""
    with pytest.raises(Refused) as refused:
        async with Stream(api.port, path, headers):
            pass
    answer = httpx.Response(refused.value.status, content=refused.value.body).json()
    error: dict[str, object] = answer["error"]
    del error["traceId"]
    return error


async def test_roles_and_owners(start_api: StartApi, road: Road) -> None:
    road.create("a1", "ada")
    road.fold()
    api = start_api()
    matrix = {
        ("ada", "user"): (200, 200, 403),
        ("bob", "user"): (200, 403, 403),
        ("ann", "analyst"): (403, 403, 200),
        ("eve", "service"): (403, 403, 403),
        ("root", "admin"): (200, 200, 200),
    }
    for (user, role), wanted in matrix.items():
        got = tuple([await status(api, path, api.bearer(user, role)) for path in PATHS])
        assert got == wanted, role
    assert [await status(api, path, {}) for path in PATHS] == [401] * 3
    foreign = await refusal(api, PATHS[1], api.bearer("bob"))
    absent = await refusal(api, "/api/applications/none/stream", api.bearer("bob"))
    assert foreign == absent
    assert foreign["code"] == "ACCESS_DENIED"
    with connect(road.url) as connection:
        looked = connection.execute("SELECT actor FROM audit_log").fetchall()
    assert looked == [("root",)]


async def test_a_ticket_opens_one_stream_once_at_any_process(
    start_api: StartApi, road: Road
) -> None:
    apis = start_api(), start_api()
    bearer = apis[0].bearer("ada")

    def ticket() -> str:
        answer = apis[0].request("POST", "/api/stream/tickets", bearer)
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        return str(answer.json()["ticket"])

    path = f"/api/stream?ticket={ticket()}"
    async with Stream(apis[1].port, path, {}) as stream:
        assert stream.headers["ratelimit"].startswith('"streams";')
        await until(aiter(stream), is_event("heartbeat"))
    assert [await status(api, path, {}) for api in apis] == [401, 401]
    path = f"/api/stream?ticket={ticket()}"
    opened = await asyncio.gather(*(status(api, path, {}) for api in apis * 4))
    assert sorted(opened) == [200] + [401] * 7
    late = ticket()
    with connect(road.url) as connection:
        stored = connection.execute("SELECT ticket_hash, claims::text FROM stream_tickets")
        assert late not in str(stored.fetchall())
        connection.execute("UPDATE stream_tickets SET expires_at = now()")
    assert await status(apis[0], f"/api/stream?ticket={late}", {}) == 401
    assert await status(apis[0], "/api/stream?ticket=", {}) == 401
    # A ticket of Bob's opens nothing of Ada's.
    assert await status(apis[0], f"/api/analytics/stream?ticket={ticket()}", {}) == 403
    refused = apis[0].request("GET", f"/api/me?ticket={ticket()}", {})
    assert refused.status_code == 401


async def test_the_cookie_opens_streams_and_nothing_else(start_api: StartApi) -> None:
    api = start_api()
    answer = api.request("POST", "/api/stream/cookie", api.bearer("ada"))
    assert answer.status_code == 204
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=strict" in flags
    cookie = {"Cookie": answer.headers["set-cookie"].split(";")[0]}
    async with Stream(api.port, "/api/stream", cookie) as stream:
        await until(aiter(stream), is_event("heartbeat"))
    assert api.request("GET", "/api/me", cookie).status_code == 401
    for path in ("/api/stream/tickets", "/api/stream/cookie"):
        assert api.request("POST", path, cookie).status_code == 401
    gone = api.request("DELETE", "/api/stream/cookie", api.bearer("ada"))
    assert "max-age=0" in gone.headers["set-cookie"].lower()


async def ends(stream: Stream, within_s: float) -> float:
    """Seconds until the server ends the stream."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        async for _ in stream:
            pass
    return time.monotonic() - began


async def test_a_stream_ends_with_its_token(start_api: StartApi) -> None:
    api = start_api()
    for path, role in (("/api/stream", "user"), ("/api/analytics/stream", "analyst")):
        async with Stream(api.port, path, api.bearer("ada", role, lifetime_s=2)) as stream:
            assert await ends(stream, within_s=5) > 0.5


async def test_a_stream_ends_when_access_is_revoked(start_api: StartApi, road: Road) -> None:
    api = start_api()
    opened = [
        Stream(api.port, "/api/stream", api.bearer("ada")),
        Stream(api.port, "/api/analytics/stream", api.bearer("ada", "analyst")),
    ]
    ended: list[Coroutine[None, None, float]] = []
    async with opened[0], opened[1], Stream(api.port, "/api/stream", api.bearer("bob")) as other:
        with connect(road.url) as connection:
            connection.execute("INSERT INTO revocations VALUES ('ada', now())")
        ended = [ends(stream, within_s=30) for stream in opened]
        await asyncio.gather(*ended)
        await until(aiter(other), is_event("heartbeat"))
    assert await status(api, "/api/stream", api.bearer("ada")) == 200  # a newer token


async def test_a_user_has_so_many_streams_and_gets_his_places_back(start_api: StartApi) -> None:
    api = start_api(streams_per_user=2)
    bearer = api.bearer("ada")
    async with Stream(api.port, "/api/stream", bearer):
        async with Stream(api.port, "/api/stream", bearer):
            with pytest.raises(Refused) as refused:
                async with Stream(api.port, "/api/stream", bearer):
                    pass
            assert refused.value.status == 429
            assert json.loads(refused.value.body)["error"]["details"] == {"limit": "streams_open"}
            assert await status(api, "/api/stream", api.bearer("bob")) == 200
        async with asyncio.timeout(5):
            while await status(api, "/api/stream", bearer) != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_only_tickets_that_open_nothing_use_up_the_limit_of_their_address(
    start_api: StartApi,
) -> None:
    api = start_api(rate_limit_address_requests=4)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}") as client:
        for _ in range(6):
            made = await client.post("/api/stream/tickets", headers=api.bearer("ada"))
            ticket = made.json()["ticket"]
            assert await status(api, f"/api/stream?ticket={ticket}", {}) == 200
    refused = [await status(api, f"/api/stream?ticket={ticket}", {}) for _ in range(5)]
    assert refused == [401, 401, 401, 401, 429]
