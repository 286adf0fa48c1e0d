"""A small Server-Sent Events client on a bare socket, as strict as the standard."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Frame:
    """One dispatched event; `id` is the last event id as it then stands."""

    id: str
    event: str
    data: str

    def json(self) -> Any:
        """The data, decoded."""
        return json.loads(self.data)


class Refused(Exception):
    """Any answer but 200."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body[:300]!r}")
        self.status = status
        self.body = body


class Stream:
    """`async with Stream(port, path, headers) as stream: async for frame in stream`."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self._port = port
        self._request = "".join(
            (
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n",
                *(f"{name}: {value}\r\n" for name, value in headers.items()),
                "\r\n",
            )
        ).encode()
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await self._open()
        except BaseException:
            self.writer.transport.abort()
            raise
        return self

    async def _open(self) -> None:
        self.writer.write(self._request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.headers = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        status = int(head[0].split(" ")[1])
        if status != 200:
            size = int(self.headers.get("content-length", 0))
            raise Refused(status, await self.reader.readexactly(size))

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as the server cut it; ends when the server ends it or goes away."""
        try:
            while size := int(await self.reader.readline() or b"0", 16):
                yield (await self.reader.readexactly(size + 2))[:-2]
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    async def __aiter__(self) -> AsyncIterator[Frame]:
        rest = b""
        last_id = event = ""
        data: list[str] = []
        async for chunk in self.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            for raw in lines:
                line = raw.decode()
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if not line:
                    if data:
                        yield Frame(last_id, event or "message", "\n".join(data))
                    event, data = "", []
                elif name == "id":
                    last_id = value
                elif name == "event":
                    event = value
                elif name == "data":
                    data.append(value)
