"""Questions to the published warehouse: off the event loop, few at once, each for a while."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from models.errors import QueryTooLong, Unavailable
from storage.duckdb.metrics import Reader
from storage.duckdb.published import Freshness, Published, Version

_AT_ONCE = 2
_PATIENCE_S = 5.0
_LIMIT_S = 10.0

Answer = TypeVar("Answer")
Question = Callable[[Reader, Version], Answer]


class Warehouse:
    """Asks one thread's worth of questions each; more wait for their turn."""

    def __init__(
        self, folder: Path, *, patience_s: float = _PATIENCE_S, limit_s: float = _LIMIT_S
    ) -> None:
        self._published = Published(folder)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._patience_s = patience_s
        self._limit_s = limit_s

    async def ask(
        self, question: Question[Answer], as_of: datetime | None = None
    ) -> tuple[Answer, Freshness]:
        """What the question finds in the newest version, or in what had been recorded `as_of` a
        time, and how fresh that is.

        Raises WarehouseNotReady before anything was published in this release's layout,
        Unavailable when no turn comes within 5 s, QueryTooLong when it is not answered within 10 s.
        """
        async with self._turn():
            version = await asyncio.to_thread(self._version, as_of)
            with version.reader() as reader:
                asking = asyncio.create_task(asyncio.to_thread(question, reader, version))
                try:
                    # Not wait_for, which in Python 3.11 loses a cancellation that comes with
                    # the answer: who asks again and again would never end.
                    async with asyncio.timeout(self._limit_s):
                        answer = await asyncio.shield(asking)
                except (TimeoutError, asyncio.CancelledError) as error:
                    reader.interrupt()
                    await asyncio.gather(asking, return_exceptions=True)
                    if isinstance(error, TimeoutError):
                        raise QueryTooLong("this takes too long: take a shorter period") from None
                    raise
                return answer, version.freshness

    def _version(self, as_of: datetime | None) -> Version:
        return self._published.newest() if as_of is None else self._published.as_of(as_of)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable("too many questions at once") from None
        try:
            yield
        finally:
            self._turns.release()
