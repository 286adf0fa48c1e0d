"""Many clients that ask several API processes at once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Self

import httpx

from tests.stream.server import Api

_AT_ONCE = 20


class Crowd:
    """`ask` sends a user's requests to the processes in turn; what came back is kept."""

    def __init__(self, apis: Sequence[Api]) -> None:
        self._apis = apis
        self._found: dict[str, list[int]] = defaultdict(list)
        # The server closes idle connections after 5 s: none of them is to be used just then.
        limits = httpx.Limits(max_connections=_AT_ONCE, keepalive_expiry=1)
        self._client = httpx.AsyncClient(limits=limits, timeout=30)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

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
        return (await self._client.get(api.url("/metrics"))).text

    async def _one(self, api: Api, user: str) -> int:
        answer = await self._client.get(
            api.url("/api/applications/unknown"), headers=api.bearer(user)
        )
        self._found[user].append(answer.status_code)
        return answer.status_code
