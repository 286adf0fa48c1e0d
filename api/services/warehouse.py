"""Questions to the published warehouse: off the event loop, few at once, each for a while."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import duckdb
import msgspec

from models.errors import QueryTooLong, Unavailable
from storage.duckdb.metrics import Reader
from storage.duckdb.published import Freshness, Published, Version

log = logging.getLogger(__name__)

AT_ONCE = 2
_PATIENCE_S = 5.0
_LIMIT_S = 10.0
_AGAIN_S = 0.05
_TROUBLE = (duckdb.Error, msgspec.MsgspecError, OSError)
"""A published file or its manifest that cannot be read, memory that does not suffice."""

Answer = TypeVar("Answer")
Question = Callable[[Reader, Version], Answer]


class Attempt:
    """What one thread asks; another may interrupt it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._connection: Reader | None = None

    @contextmanager
    def running_on(self, connection: Reader) -> Iterator[None]:
        """Meanwhile the statements run on this connection, which is open for as long."""
        self.runs_on(connection)
        try:
            yield
        finally:
            self.runs_on(None)

    def runs_on(self, connection: Reader | None) -> None:
        """From now on."""
        with self._turn:
            self._connection = connection

    def interrupt(self) -> None:
        """Stop the statement that runs now, if any does."""
        with self._turn:
            if self._connection is not None:
                self._connection.interrupt()


class Warehouse:
    """Asks one thread's worth of questions each; more wait for their turn."""

    def __init__(
        self, folder: Path, *, patience_s: float = _PATIENCE_S, limit_s: float = _LIMIT_S
    ) -> None:
        self._published = Published(folder)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._patience_s = patience_s
        self._limit_s = limit_s

    async def ask(
        self, question: Question[Answer], as_of: datetime | None = None
    ) -> tuple[Answer, Freshness]:
        """What the question finds in the newest version, or in what had been recorded `as_of` a
        time, and how fresh that is.

        Raises WarehouseNotReady before anything was published in this release's layout,
        Unavailable when no turn comes within 5 s or DuckDB cannot answer, QueryTooLong when it is
        not answered within 10 s.
        """
        async with self._turn():
            attempt = Attempt()
            asking = asyncio.create_task(asyncio.to_thread(self._answer, question, as_of, attempt))
            try:
                # Not wait_for, which in Python 3.11 loses a cancellation that comes with the
                # answer: who asks again and again would never end.
                async with asyncio.timeout(self._limit_s):
                    return await asyncio.shield(asking)
            except (TimeoutError, asyncio.CancelledError) as error:
                while not asking.done():  # between two statements there is nothing to stop
                    attempt.interrupt()
                    await asyncio.wait([asking], timeout=_AGAIN_S)
                if isinstance(error, TimeoutError):
                    raise QueryTooLong("this takes too long: take a shorter period") from None
                raise
            except _TROUBLE as error:
                log.exception("the warehouse cannot answer")
                raise Unavailable("the warehouse cannot answer now") from error

    def _answer(
        self, question: Question[Answer], as_of: datetime | None, attempt: Attempt
    ) -> tuple[Answer, Freshness]:
        if as_of is None:
            version = self._published.newest()
        else:
            version = self._published.as_of(as_of, attempt.runs_on)
        with version.reader() as reader, attempt.running_on(reader):
            return question(reader, version), version.freshness

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
