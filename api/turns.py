"""One change of an application at a time in this process.

Who waits for his turn holds no connection: a slow change cannot use up the pool for others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from models.errors import Unavailable

_PATIENCE_S = 2.0


class Turns:
    """A lock per application, as long as somebody has or wants it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, application_id: str) -> AsyncIterator[None]:
        """Have one's turn. Raises Unavailable when it does not come within 2 s."""
        lock = self._locks.setdefault(application_id, asyncio.Lock())
        try:
            await asyncio.wait_for(lock.acquire(), _PATIENCE_S)
        except TimeoutError as error:
            raise Unavailable("another change of this application is under way") from error
        try:
            yield
        finally:
            lock.release()
