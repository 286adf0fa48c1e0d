"""Connections to Postgres: psycopg for COPY in the flows, asyncpg's pool in the API."""

import asyncpg
import psycopg
from psycopg.rows import TupleRow

from models.errors import Unavailable

Connection = psycopg.Connection[TupleRow]

_CONNECT_TIMEOUT_S = 5
_UTC = "-c timezone=UTC"


def connect(url: str, *, autocommit: bool = False) -> Connection:
    """A connection whose cursors take Postgres' own placeholders ($1, $2 …).

    Raises Unavailable when the server does not answer within 5 s.
    """
    try:
        return psycopg.connect(
            url,
            autocommit=autocommit,
            cursor_factory=psycopg.RawCursor,
            connect_timeout=_CONNECT_TIMEOUT_S,
            options=_UTC,
        )
    except psycopg.OperationalError as error:
        raise Unavailable(f"Postgres does not answer: {_first_line(error)}") from error


async def open_pool(url: str, size: int) -> asyncpg.Pool:
    """A pool of at most `size` connections; the caller closes it.

    Raises Unavailable when the server does not answer within 5 s.
    """
    try:
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            timeout=_CONNECT_TIMEOUT_S,
            server_settings={"timezone": "UTC"},
        )
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise Unavailable(f"Postgres does not answer: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
