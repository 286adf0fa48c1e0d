"""Bodies are bounded, strict, and looked at only after the caller."""

import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from api.body import BODY_BYTES_MAX
from tests.api.live import listening

URL = "/api/performance"
GOOD = {"metric": "feed_latency", "latency": 12.5, "messageCount": 3}


async def code_of(answer) -> tuple[int, str | None]:
    return answer.status_code, answer.json()["error"]["code"] if answer.content else None


async def chunks(size: int, piece: int = 10_000) -> AsyncIterator[bytes]:
    for _ in range(size // piece + 1):
        yield b" " * piece


async def test_a_good_body(client, bearer):
    answer = await client.post(URL, headers=bearer(), json=GOOD)
    assert await code_of(answer) == (204, None)


async def test_a_body_over_the_limit(client, bearer):
    large = json.dumps(GOOD).encode().ljust(BODY_BYTES_MAX + 1)
    headers = bearer() | {"Content-Type": "application/json"}
    answer = await client.post(URL, headers=headers, content=large)
    assert await code_of(answer) == (413, "PAYLOAD_TOO_LARGE")
    fitting = large[:BODY_BYTES_MAX]
    assert (await client.post(URL, headers=headers, content=fitting)).status_code == 204


async def test_a_chunked_body_over_the_limit(client, bearer):
    headers = bearer() | {"Content-Type": "application/json"}
    answer = await client.post(URL, headers=headers, content=chunks(BODY_BYTES_MAX))
    assert "content-length" not in answer.request.headers
    assert await code_of(answer) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_length_that_lies(client, bearer):
    headers = bearer() | {"Content-Type": "application/json", "Content-Length": "9" * 30}
    answer = await client.post(URL, headers=headers, content=b"{}")
    assert await code_of(answer) == (413, "PAYLOAD_TOO_LARGE")


async def test_bodies_that_are_not_acceptable_json(client, bearer):
    deep = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    for content in (
        b"{",
        b"nonsense",
        deep,
        b"[" * 33 + b"]" * 33,
        b'{"metric":"feed_latency","latency":NaN,"messageCount":1}',
        b'{"metric":"feed_latency","latency":1e999,"messageCount":1}',
        b'{"metric":"feed_latency\\u0000","latency":1,"messageCount":1}',
        b'{"metric\\u0000":1}',
        b'{"metric":"\\ud800","latency":1,"messageCount":1}',
        b'{"metric":"\xff"}',
        b"\xef\xbb\xbf{}",
        b"null",
        b"[]",
        b'"text"',
        b"",
    ):
        headers = bearer() | {"Content-Type": "application/json"}
        answer = await client.post(URL, headers=headers, content=content)
        assert await code_of(answer) == (422, "VALIDATION_ERROR"), content[:40]


async def test_other_content_types(client, bearer):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"):
        headers = bearer() | {"Content-Type": kind}
        answer = await client.post(URL, headers=headers, content=json.dumps(GOOD))
        assert await code_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE"), kind


async def test_two_content_types_and_encoded_bodies(client, bearer):
    twice = [*bearer().items(), *[("Content-Type", "application/json")] * 2]
    answer = await client.post(URL, headers=twice, content=json.dumps(GOOD))
    assert await code_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
    packed = bearer() | {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await client.post(URL, headers=packed, content=json.dumps(GOOD))
    assert await code_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_who_may_not_learns_nothing_of_his_body(client, bearer):
    bad = [b"{", b"", b'{"ids":"x"}', b" " * (BODY_BYTES_MAX + 1)]
    for content in bad:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/api/dead-letters/redrive", headers=headers, content=content)
        assert await code_of(answer) == (401, "UNAUTHENTICATED")
    for content in bad[:3]:
        headers = bearer() | {"Content-Type": "application/json"}
        answer = await client.post("/api/dead-letters/redrive", headers=headers, content=content)
        assert await code_of(answer) == (403, "ACCESS_DENIED"), content


async def test_nul_in_path_and_query(client, bearer):
    for url in ("/api/events/runs/a%00b", "/api/dead-letters?reason=%00"):
        answer = await client.get(url, headers=bearer(role="admin"))
        assert await code_of(answer) == (422, "VALIDATION_ERROR")


async def test_what_is_no_json_never_fills_a_field(client, bearer):
    new = {"jobId": "j", "jobTitle": "t", "company": "c"}
    made = await client.post("/api/applications", headers=bearer(), json=new)
    headers = bearer() | {"Content-Type": "application/json"}
    url = f"{made.headers['location']}/withdraw"
    for content in (b"{", b"\x03", b'"text"', b'{"reason":"\\u0000"}'):
        answer = await client.post(url, headers=headers, content=content)
        assert await code_of(answer) == (422, "VALIDATION_ERROR"), content


@pytest.mark.parametrize(("user", "status"), [("ada", 413), (None, 401)])
def test_an_endless_body_is_cut_off_on_a_real_socket(settings, bearer, user, status):
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 100_000
            yield b" " * 100_000

    with listening(settings) as url, httpx.Client(base_url=url) as client:
        headers = (bearer(user) if user else {}) | {"Content-Type": "application/json"}
        try:
            answer = client.post(URL, headers=headers, content=endless())
            assert answer.status_code == status
        except (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
            pass  # closed before the client looked for an answer
        assert sent < 100_000_000
        assert client.get("/healthz").status_code == 200
