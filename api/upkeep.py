"""Work that an API process repeats for as long as it runs, whatever Postgres does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import asyncpg

from models.errors import Unavailable

log = logging.getLogger(__name__)

_DATABASE_TROUBLE = (
    Unavailable,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)


async def repeat(name: str, work: Callable[[], Awaitable[object]], *, every_s: float) -> None:
    """Do `work` at once and then every so many seconds; trouble with Postgres is logged."""
    while True:
        try:
            await work()
        except _DATABASE_TROUBLE as error:
            log.warning("%s: %s, again in %g s", name, type(error).__name__, every_s)
        await asyncio.sleep(every_s)
