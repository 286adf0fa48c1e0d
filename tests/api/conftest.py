"""The API on a real, fresh database, without a socket in between."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import jwt
import pytest
from fastapi import FastAPI

from api.app import create
from models.settings import Settings
from tests.conftest import JWT_SECRET

Token = Callable[..., str]


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The running application."""
    created = create(settings)
    async with created.router.lifespan_context(created):
        yield created


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app`; what the app raises becomes its 500."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


@pytest.fixture
def token(settings: Settings) -> Token:
    """`token("ada", "user", exp=…)`: a bearer token; claims given win, None leaves one out."""

    def make(user: str = "ada", role: str = "user", **claims: object) -> str:
        now = int(time.time())
        default = {
            "sub": user,
            "role": role,
            "iss": settings.jwt_issuer,
            "aud": settings.jwt_audience,
            "iat": now,
            "exp": now + 600,
        }
        merged = {name: value for name, value in (default | claims).items() if value is not None}
        return jwt.encode(merged, JWT_SECRET, algorithm="HS256")

    return make


@pytest.fixture
def bearer(token: Token) -> Callable[..., dict[str, str]]:
    """`bearer("ada", "admin")`: the header with such a token."""

    def make(user: str = "ada", role: str = "user", **claims: object) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(user, role, **claims)}"}

    return make


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another application, with settings of its own."""
    created = create(settings)
    async with created.router.lifespan_context(created):
        transport = httpx.ASGITransport(created, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
            yield opened
