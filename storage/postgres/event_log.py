"""The reading side of the log: positions, pages, what one user missed, and his present state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from models.rows import AnalyticsView
from storage.postgres.queries import load

SQL = load("event_log")
CHANNEL = "event_log"

Positions = tuple[int, ...]
"""Next offset by partition; one that is not listed stands at 0."""

_COMMAND_TIMEOUT_S = 10
_CONNECT_TIMEOUT_S = 5
_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class LogLost(Exception):
    """Postgres is gone or in trouble; connecting again may help."""


class Identity(NamedTuple):
    """A log's id (another one after a restore) and the key that signs cursors into it."""

    id: UUID
    cursor_key: bytes


class Entry(NamedTuple):
    """One line of the log; `recorded_us` is when its message was recorded, µs since 1970."""

    partition: int
    offset: int
    recorded_us: int
    orphan: bool
    application_id: str
    user_id: str
    type: str
    payload: str


class Audience(NamedTuple):
    """Whose entries: all of a user's applications, or one of them."""

    user_id: str
    application_id: str | None = None


class Snapshot(NamedTuple):
    """Rows and the positions up to which they are folded, read as one."""

    rows: list[AnalyticsView]
    positions: Positions


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of one's own for reading and listening.

    Raises LogLost for whatever goes wrong between Postgres and the caller inside.
    """
    try:
        connection = await asyncpg.connect(
            url,
            timeout=_CONNECT_TIMEOUT_S,
            command_timeout=_COMMAND_TIMEOUT_S,
            server_settings={"timezone": "UTC", "application_name": "jobfinders feed"},
        )
    except _LOST as error:
        raise LogLost(str(error)) from error
    try:
        yield connection
    except _LOST as error:
        raise LogLost(str(error)) from error
    finally:
        connection.terminate()


async def identity(connection: asyncpg.Connection) -> Identity:
    """The id and the cursor key of the log that this database holds."""
    return Identity(*await connection.fetchrow(SQL.identity))


async def heads(connection: asyncpg.Connection) -> Positions:
    """Where the log ends now."""
    found = {row["partition"]: row["head"] for row in await connection.fetch(SQL.heads)}
    return tuple(found.get(index, 0) for index in range(max(found, default=-1) + 1))


async def page(connection: asyncpg.Connection, positions: Positions, limit: int) -> list[Entry]:
    """Entries behind `positions`, in order, at most `limit` of each partition."""
    rows = await connection.fetch(SQL.page, list(range(len(positions))), positions, limit)
    return [Entry(*row) for row in rows]


async def resume(
    connection: asyncpg.Connection,
    audience: Audience,
    partition: int,
    *,
    start: int,
    end: int,
    limit: int,
) -> list[Entry]:
    """An audience's entries of one partition from `start` to before `end`, in order."""
    rows = await connection.fetch(SQL.resume, *audience, partition, start, end, limit)
    return [Entry(*row) for row in rows]


async def snapshot(connection: asyncpg.Connection, audience: Audience) -> Snapshot:
    """The audience's rows and where the log ends, in one REPEATABLE READ transaction."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        positions = await heads(connection)
        rows = await connection.fetch(SQL.rows, *audience)
    return Snapshot([_view(row) for row in rows], positions)


def _view(row: asyncpg.Record) -> AnalyticsView:
    changes = row["status_changes"].replace('"hours_in_from"', '"hoursInFrom"')
    return AnalyticsView(**{**row, "status_changes": msgspec.Raw(changes.encode())})
