"""Many clients that ask several API processes at once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Self

import httpx

from tests.stream.server import Api

_AT_ONCE = 20


class Crowd:
    """`ask` sends a user's requests to the processes in turn; what came back is kept."""

    def __init__(self, apis: Sequence[Api]) -> None:
        self._apis = apis
        self._found: dict[str, list[int]] = defaultdict(list)
        # The server closes idle connections after 5 s: none of them is to be used just then. A pool
        # of several servers, once full, may close a connection that it has just given away.
        limits = httpx.Limits(max_connections=_AT_ONCE // len(apis), keepalive_expiry=1)
        self._clients = {api: httpx.AsyncClient(limits=limits, timeout=30) for api in apis}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for client in self._clients.values():
            await self._stack.enter_async_context(client)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def ask(self, user: str, times: int) -> list[int]:
        """The statuses of so many concurrent requests: 403 passed the limit, 429 did not."""
        apis = [self._apis[number % len(self._apis)] for number in range(times)]
        return await asyncio.gather(*(self._one(api, user) for api in apis))

    def statuses(self, *users: str) -> list[int]:
        """All that came back so far."""
        return [status for user in users for status in self._found[user]]

    def passed(self, user: str) -> int:
        """How many of a user's requests passed so far."""
        return self._found[user].count(403)

    async def metrics(self, api: Api) -> str:
        """A process's figures."""
        return (await self._clients[api].get(api.url("/metrics"))).text

    async def _one(self, api: Api, user: str) -> int:
        unknown, headers = api.url("/api/applications/unknown"), api.bearer(user)
        answer = await self._clients[api].get(unknown, headers=headers)
        self._found[user].append(answer.status_code)
        return answer.status_code
