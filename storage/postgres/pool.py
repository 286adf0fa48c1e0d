"""The API's pool: opens without a server, and never waits for one longer than 1.5 s."""

from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from models.errors import Unavailable

_ACQUIRE_TIMEOUT_S = 1.5
_COMMAND_TIMEOUT_S = 15.0
_QUERIES_PER_CONNECTION = 50_000
_IDLE_CONNECTION_S = 300.0

_UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
)


_FOR_THE_MOMENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)
_LOST = ("closed", "released back to the pool")
"""The second of one that broke after it was acquired and before it was used."""


class Pool(asyncpg.Pool):  # type: ignore[misc]  # asyncpg is untyped
    """An asyncpg pool whose `acquire` raises Unavailable while Postgres does not answer."""

    async def _acquire(self, timeout: float | None) -> PoolConnectionProxy:  # noqa: ASYNC109
        try:
            return await super()._acquire(timeout or _ACQUIRE_TIMEOUT_S)
        except _UNREACHABLE as error:
            raise Unavailable("the database does not answer") from error


def is_lost_connection(error: BaseException) -> bool:
    """Whether a statement failed for the moment only: connection or server gone, full, deadlock."""
    if isinstance(error, _FOR_THE_MOMENT):
        return True
    if isinstance(error, asyncpg.InternalClientError):
        # A connection that broke within a statement, when asyncpg would end or reset it.
        return "another operation" in str(error)
    # asyncpg has one class for "connection is closed" and for wrong calls.
    lost = any(words in str(error) for words in _LOST)
    return isinstance(error, asyncpg.InterfaceError) and lost


async def make_pool(url: str, size: int) -> Pool:
    """A pool of at most `size` connections, each made when it is first needed.

    The caller closes it. No connection is tried here, so this works without a server.
    """
    options: dict[str, Any] = {
        "timeout": _ACQUIRE_TIMEOUT_S,
        "command_timeout": _COMMAND_TIMEOUT_S,
        # Every query goes by an index. A plan made while the outbox was empty must not read
        # the whole of it, in every request, once an ingest has filled it.
        "server_settings": {"timezone": "UTC", "enable_seqscan": "off"},
    }
    pool = Pool(
        url,
        min_size=0,
        max_size=size,
        max_queries=_QUERIES_PER_CONNECTION,
        max_inactive_connection_lifetime=_IDLE_CONNECTION_S,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        **options,
    )
    await pool
    return pool
