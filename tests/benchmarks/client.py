"""A lean HTTP client on one keep-alive connection: it must cost less than what it measures."""

import asyncio
import json
from typing import Any, Self


class Client:
    """`async with Client(port) as client: await client.get(path, headers)`."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    async def get(self, path: str, headers: dict[str, str]) -> bytes:
        """The body; RuntimeError unless 200."""
        return await self._request("GET", path, headers, b"", 200)

    async def post(self, path: str, headers: dict[str, str], body: object) -> Any:
        """The decoded answer; RuntimeError unless 201."""
        content = json.dumps(body).encode()
        headers = {**headers, "Content-Type": "application/json"}
        return json.loads(await self._request("POST", path, headers, content, 201))

    async def _request(
        self, method: str, path: str, headers: dict[str, str], content: bytes, expected: int
    ) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{lines}"
            f"Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        _, _, rest = head.lower().partition(b"content-length:")
        body = await self._reader.readexactly(int(rest.partition(b"\r\n")[0] or 0))
        status = int(head.split(b" ", 2)[1])
        if status != expected:
            raise RuntimeError(f"{method} {path}: {status} {body[:300]!r}")
        return body
