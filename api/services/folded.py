"""Read-your-writes: waits until the flow has judged what an application's owner wrote.

However many wait, one connection listens and one query at a time asks for all of them; no one
holds a connection of the pool while waiting.
"""

import asyncio
import logging
from collections import defaultdict

import asyncpg

from models.errors import Unavailable
from storage.postgres import writes
from storage.postgres.event_log import CHANNEL, LogLost, reading

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.1
"""A batch of duplicates notifies nobody."""
_RECONNECT_S = 1.0
_TROUBLE = (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Folded:
    """Waiters by application; `listen` and `watch` run as long as the process serves."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, list[tuple[int, asyncio.Future[None]]]] = defaultdict(list)
        self._someone = asyncio.Event()
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    async def wait(self, application_id: str, revision: int, patience_s: float) -> bool:
        """Whether, within `patience_s`, no write up to `revision` was left to be judged."""
        waiter = (revision, asyncio.get_running_loop().create_future())
        self._waiting[application_id].append(waiter)
        self._someone.set()
        self._news.set()
        try:
            await asyncio.wait_for(waiter[1], patience_s)
        except TimeoutError:
            return False
        finally:
            self._forget(application_id, waiter)
        return True

    async def listen(self, url: str) -> None:
        """Hear of each committed batch, for ever."""
        while True:
            try:
                async with reading(url) as connection:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda _, lost=lost: lost.set())
                    await connection.add_listener(CHANNEL, lambda *_: self._news.set())
                    await lost.wait()
            except LogLost as error:
                log.warning("not listening: %s", error)
            await asyncio.sleep(_RECONNECT_S)

    async def watch(self, pool: asyncpg.Pool) -> None:
        """Ask for those who wait, at each batch, for ever."""
        while True:
            await self._someone.wait()
            self._news.clear()
            try:
                await self._look(pool)
            except _TROUBLE as error:
                log.warning("cannot look for pending writes: %s", error)
            if not self._waiting:
                self._someone.clear()
                continue
            try:
                await asyncio.wait_for(self._news.wait(), _LOOK_AGAIN_S)
            except TimeoutError:
                continue

    async def _look(self, pool: asyncpg.Pool) -> None:
        asked = {application_id: list(waiters) for application_id, waiters in self._waiting.items()}
        if not asked:
            return
        unfolded = await writes.unfolded(pool, list(asked))
        for application_id, waiters in asked.items():
            first = unfolded.get(application_id)
            for revision, answered in waiters:
                if (first is None or first > revision) and not answered.done():
                    answered.set_result(None)

    def _forget(self, application_id: str, waiter: tuple[int, asyncio.Future[None]]) -> None:
        waiters = self._waiting[application_id]
        waiters.remove(waiter)
        if not waiters:
            del self._waiting[application_id]
