"""Demo tokens: for who sits at the machine of a demo, for nobody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api.app import create
from models.settings import Settings
from tests.api.conftest import serving

LOCAL = "http://localhost"


@asynccontextmanager
async def coming(
    folder: Path, *, host: str = LOCAL, peer: str = "127.0.0.1", **settings: object
) -> AsyncIterator[httpx.AsyncClient]:
    """A client from `peer` of an application with these settings; no database is needed."""
    created = create(Settings(**{"data": folder, "demo": True} | settings))
    transport = httpx.ASGITransport(created, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url=host) as client:
        yield client


async def tries(client: httpx.AsyncClient) -> tuple[int, int, str | None]:
    """How many accounts there are, and status and code of asking for a token."""
    accounts = (await client.get("/demo")).json()["accounts"]
    answer = await client.post("/demo/token", json={"role": "user"})
    return len(accounts), answer.status_code, answer.json().get("error", {}).get("code")


@pytest.mark.parametrize("role", ["user", "analyst"])
async def test_a_demo_token_is_a_token(settings: Settings, role: str) -> None:
    async with serving(settings.model_copy(update={"demo": True})) as client:
        client.base_url = LOCAL
        accounts = (await client.get("/demo")).json()["accounts"]
        answer = await client.post("/demo/token", json={"role": role})
        assert answer.status_code == 201
        session = answer.json()
        assert {name: session[name] for name in ("userId", "role")} in accounts
        bearer = {"Authorization": f"Bearer {session['token']}"}
        me = (await client.get("/api/me", headers=bearer)).json()
        assert (me["role"], me["expiresAt"]) == (role, session["expiresAt"])
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", ["admin", "service", "", None])
async def test_no_other_role_can_be_had(tmp_path: Path, role: str | None) -> None:
    async with coming(tmp_path) as client:
        assert (await client.post("/demo/token", json={"role": role})).status_code == 422


@pytest.mark.parametrize(
    "changed",
    [
        {"environment": "production", "jwt_secret": "s" * 32},
        {"jwt_jwks_url": "http://127.0.0.1:9/keys", "jwt_algorithm": "RS256"},
        {"demo": False},
    ],
    ids=["production", "issuer", "no demo"],
)
async def test_there_is_no_demo_where_tokens_come_from_elsewhere_or_nobody_asked_for_it(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    async with coming(tmp_path, jwt_issuer="https://login.example", **changed) as client:
        assert await tries(client) == (0, 404, "NOT_FOUND")
        assert (await client.post("/demo/token", content=b"{")).status_code == 404


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        (LOCAL, "192.0.2.7"),
        (LOCAL, "2001:db8::1"),
        ("http://rebound.example", "127.0.0.1"),
        ("http://192.0.2.1", "127.0.0.1"),
    ],
)
async def test_there_is_no_demo_for_who_comes_from_elsewhere(
    tmp_path: Path, host: str, peer: str
) -> None:
    async with coming(tmp_path, host=host, peer=peer) as client:
        assert await tries(client) == (0, 404, "NOT_FOUND")


@pytest.mark.parametrize("host", ["http://127.0.0.1:8000", "http://[::1]:8000"])
async def test_this_machine_has_several_names(tmp_path: Path, host: str) -> None:
    async with coming(tmp_path, host=host, peer="::1") as client:
        assert await tries(client) == (2, 201, None)


async def test_asking_is_limited_by_address(tmp_path: Path) -> None:
    async with coming(tmp_path, rate_limit_address_requests=3) as client:
        for _ in range(3):
            assert (await client.post("/demo/token", json={"role": "user"})).status_code == 201
        answer = await client.post("/demo/token", json={"role": "user"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/demo")).status_code == 429
