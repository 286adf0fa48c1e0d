"""Every route of the OpenAPI document against every caller."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api.app import create
from models.settings import Settings
from tests.security.matrix import CALLERS, MATRIX, Kind, Route
from tests.warehouse.stories import application

USERS = {
    "owner": ("ada", "user"),
    "other": ("eve", "user"),
    "analyst": ("ann", "analyst"),
    "admin": ("root", "admin"),
    "service": ("ats", "service"),
}
OF_AN_APPLICATION = (Kind.READ, Kind.WRITE)
_OF_ALL_USERS = {"GET /api/analytics/stream", "GET /api/analytics/model"}
METRICS = [n for n in MATRIX if n.startswith("GET /api/analytics/") and n not in _OF_ALL_USERS]


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def error(self) -> dict[str, object]:
        """The error without what differs from request to request."""
        found: dict[str, object] = json.loads(self.body)["error"]
        del found["traceId"]
        return found


@pytest.fixture
def settings(settings: Settings, make_warehouse: Callable[..., None]) -> Settings:
    """Limits out of the way, and a warehouse."""
    many = 100_000
    make_warehouse(settings, application("app-1"))
    return settings.model_copy(update={"rate_limit_requests": many, "demo": True})


@pytest.fixture
def send(app: FastAPI, bearer: Callable[..., dict[str, str]]):
    """A request as the server would hand it in, ended with the first bytes of a stream."""

    async def request(caller: str, method: str, path: str, body: bytes = b"") -> Answer:
        path, _, query = path.partition("?")
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        if caller in USERS:
            headers |= bearer(*USERS[caller])
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), v.encode()) for name, v in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        sent = False

        async def receive() -> dict[str, object]:
            nonlocal sent
            if sent:
                await asyncio.Event().wait()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        task = asyncio.create_task(app(scope, receive, messages.put))
        try:
            async with asyncio.timeout(10):
                start = await messages.get()
                streaming = (b"content-type", b"text/event-stream") in [
                    (name, value.split(b";")[0]) for name, value in start["headers"]
                ]
                content, more = b"", not streaming
                while more:
                    part = await messages.get()
                    content += part.get("body", b"")
                    more = part.get("more_body", False)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return Answer(start["status"], content)

    return request


@pytest.fixture
async def seeded(client: httpx.AsyncClient, bearer, database: str):
    """Path parameters that exist: ada's application and note, a dead letter, a run."""
    ada, ats = bearer("ada"), bearer("ats", "service")
    connection = await asyncpg.connect(database)

    async def seed() -> dict[str, str]:
        new = MATRIX["POST /api/applications"].body
        made = await client.post("/api/applications", headers=ada, json=new)
        application_id = made.json()["id"]
        notes = f"/api/applications/{application_id}/notes"
        note = await client.post(notes, headers=ada, json={"content": "Call back"})
        lines = ats | {"Content-Type": "application/x-ndjson"}
        run = await client.post("/api/events", headers=lines, content=b"{}")
        letter_id = await connection.fetchval(
            """INSERT INTO dead_letters (source, partition, "offset", stage, reason, detail,
                                         recorded_at, payload)
               SELECT 'test', 0, count(*), 'decode', 'invalid', '', now(), '' FROM dead_letters
               RETURNING id"""
        )
        return {
            "application_id": application_id,
            "note_id": note.json()["id"],
            "run": run.json()["run"],
            "letter_id": str(letter_id),
            "user_id": "somebody",
            "table": "applications",
            "extension": "csv",
        }

    yield seed
    await connection.close()


def documented() -> list[str]:
    document = create(Settings(jwt_secret="x" * 32)).openapi()
    return [
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    ]


async def request_of(
    name: str, seeded: Callable[[], Awaitable[dict[str, str]]]
) -> tuple[Route, str, str, bytes]:
    """The route, and a request that suits it."""
    method, template = name.split()
    route = MATRIX[name]
    body = b"" if route.body is None else json.dumps(route.body).encode()
    return route, method, template.format(**await seeded()), body


def test_every_route_is_in_the_matrix_and_nothing_else():
    assert sorted(documented()) == sorted(MATRIX)


@pytest.mark.parametrize("name", MATRIX)
async def test_who_may_and_who_may_not(name: str, send, seeded):
    route, method, path, body = await request_of(name, seeded)
    for caller in CALLERS:
        answer = await send(caller, method, path, body)
        if caller in route.kind.value:
            assert answer.status == route.success, (caller, answer)
        elif caller == "nobody":
            assert (answer.status, answer.error["code"]) == (401, "UNAUTHENTICATED")
        else:
            assert (answer.status, answer.error["code"]) == (403, "ACCESS_DENIED"), caller


@pytest.mark.parametrize("name", METRICS)
async def test_metrics_of_ones_own(name: str, send):
    path = name.split()[1].format(table="status_changes", extension="ndjson")
    for caller in ("owner", "other", "analyst", "admin"):
        assert (await send(caller, "GET", f"{path}?scope=mine")).status == 200
    assert (await send("service", "GET", f"{path}?scope=mine")).status == 403
    for query in ("scope=all", "scope=MINE", "scope=mine&scope=all", "Scope=mine", "tz=x"):
        assert (await send("owner", "GET", f"{path}?{query}")).status == 403, query
    assert (await send("owner", "GET", f"{path}?scope=mine&user_id=eve")).status == 422


@pytest.mark.parametrize("name", [n for n, r in MATRIX.items() if r.kind is not Kind.PUBLIC])
async def test_who_may_not_is_told_so_before_his_body_is_looked_at(name: str, send, seeded):
    method, template = name.split()
    path = template.format(**await seeded())
    for caller in set(CALLERS) - set(MATRIX[name].kind.value):
        for body in (b"{", b'{"unknown":1}', b"[" * 5_000):
            answer = await send(caller, method, path, body)
            assert answer.status == (401 if caller == "nobody" else 403), (caller, body[:9])


@pytest.mark.parametrize("name", MATRIX)
async def test_an_unknown_parameter_is_refused_after_who_may_not(name: str, send, seeded):
    route, method, path, body = await request_of(name, seeded)
    for caller in CALLERS:
        answer = await send(caller, method, f"{path}?surprise=1&scope=all&Limit=5", body)
        if caller in route.kind.value:
            assert (answer.status, answer.error["code"]) == (422, "VALIDATION_ERROR"), caller
            fields = [fault["field"] for fault in answer.error["details"]["fields"]]
            assert fields[0] == "query.surprise"
            assert fields[-1] == "query.Limit"
        else:
            assert answer.status == (401 if caller == "nobody" else 403), caller


@pytest.mark.parametrize("name", [name for name in MATRIX if name.startswith("GET ")])
async def test_head_is_answered_as_get_and_opens_no_stream(name: str, send, seeded):
    path = name.split()[1].format(**await seeded())
    for caller in CALLERS:
        expected = (await send(caller, "GET", path)).status
        if path.endswith("/stream") and caller != "nobody":
            expected = 405
        assert (await send(caller, "HEAD", path)).status == expected, caller


@pytest.mark.parametrize("name", [n for n, r in MATRIX.items() if r.kind in OF_AN_APPLICATION])
async def test_absent_and_foreign_look_the_same(name: str, send, seeded):
    method, template = name.split()
    body = json.dumps(MATRIX[name].body or {}).encode()
    present = await seeded()
    foreign = await send("other", method, template.format(**present), body)
    ids = (f"app_{uuid4().hex}", "x", "a" * 128, "a" * 129, "..", "'; --", "ü")
    for application_id in ids:
        named = present | {"application_id": application_id}
        for caller in ("other", "owner", "admin", "analyst", "service"):
            absent = await send(caller, method, template.format(**named), body)
            assert (absent.status, absent.error) == (foreign.status, foreign.error), application_id


@pytest.mark.parametrize("name", [n for n, r in MATRIX.items() if r.kind is Kind.READ])
async def test_an_admins_look_is_written_down(name: str, app: FastAPI, send, seeded):
    method, template = name.split()
    present = await seeded()
    await send("owner", method, template.format(**present))
    await send("admin", method, template.format(**present))
    rows = await app.state.parts.pool.fetch("SELECT actor, role, resource FROM audit_log")
    assert [tuple(row) for row in rows] == [("root", "admin", present["application_id"])]
