"""Keys of a provider: fetched from time to time, never because of a token."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from pydantic import SecretStr

from models.settings import Settings
from tests.api.conftest import serving
from tests.conftest import JWT_SECRET
from tests.security.test_tokens import JWK, RSA, claims, handmade


class Provider(HTTPServer):
    """Counts what it is asked; `document` is its answer, None for a 500."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.document: bytes | None = json.dumps({"keys": [JWK | {"kid": "one"}]}).encode()
        self.asked = 0


class _Answering(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(500 if self.server.document is None else 200)
        self.end_headers()
        self.wfile.write(self.server.document or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def settings(settings: Settings, provider: Provider) -> Settings:
    return settings.model_copy(
        update={
            "jwt_algorithm": "RS256",
            "jwt_secret": SecretStr(JWT_SECRET),
            "jwt_jwks_url": f"http://127.0.0.1:{provider.server_port}/keys",
        }
    )


def authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def ready(client) -> None:
    async with asyncio.timeout(10):
        while (await client.get("/readyz")).status_code != 200:
            pass


async def test_its_tokens_pass_and_a_strange_kid_asks_nobody(settings, provider):
    async with serving(settings) as client:
        await ready(client)
        good = jwt.encode(claims(), RSA, "RS256", {"kid": "one"})
        assert (await client.get("/api/me", headers=authorization(good))).status_code == 200
        for number in range(20):
            strange = jwt.encode(claims(), RSA, "RS256", {"kid": f"kid{number}"})
            answer = await client.get("/api/me", headers=authorization(strange))
            assert answer.json()["error"]["code"] == "TOKEN_INVALID"
        shared = handmade({"alg": "HS256"}, claims())
        assert (await client.get("/api/me", headers=authorization(shared))).status_code == 401
        assert provider.asked == 1


@pytest.mark.parametrize(
    "document", [None, b"", b"[]", b"{}", b'{"keys":7}', b'{"keys":[7]}', b" " * 300_000]
)
async def test_without_keys_the_api_is_up_but_not_ready(settings, provider, document):
    provider.document = document
    async with serving(settings) as client:
        deadline = time.monotonic() + 10
        while provider.asked == 0 and time.monotonic() < deadline:
            assert (await client.get("/readyz")).json()["tokenKeys"] is False
        good = jwt.encode(claims(), RSA, "RS256", {"kid": "one"})
        answer = await client.get("/api/me", headers=authorization(good))
        assert answer.status_code == 503
        assert (await client.get("/healthz")).status_code == 200
