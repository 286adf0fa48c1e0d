"""A connection that is lost at any moment of its use is known as lost, and is no error of ours."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from storage.postgres.pool import Pool, is_lost_connection, make_pool

Lose = Callable[[], Awaitable[None]]
Use = Callable[[asyncpg.Connection, Lose], Awaitable[None]]


async def _before_its_first_statement(connection: asyncpg.Connection, lose: Lose) -> None:
    await lose()
    await connection.execute("SELECT 1")


async def _within_a_statement(connection: asyncpg.Connection, lose: Lose) -> None:
    await asyncio.gather(connection.execute("SELECT pg_sleep(60)"), lose())


async def _between_two_of_a_transaction(connection: asyncpg.Connection, lose: Lose) -> None:
    async with connection.transaction():
        await lose()
        await connection.execute("SELECT 1")


async def _before_its_commit(connection: asyncpg.Connection, lose: Lose) -> None:
    async with connection.transaction():
        await lose()


async def _used(pool: Pool, use: Use) -> None:
    """With a connection that is lost when `use` says so."""
    async with pool.acquire() as connection:
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _: closed.set())
        pid = connection.get_server_pid()

        async def lose() -> None:
            await pool.execute("SELECT pg_terminate_backend($1)", pid)
            await closed.wait()

        await use(connection, lose)


@pytest.mark.parametrize(
    "use",
    [
        _before_its_first_statement,
        _within_a_statement,
        _between_two_of_a_transaction,
        _before_its_commit,
    ],
)
async def test_a_lost_connection(database: str, use: Use) -> None:
    pool = await make_pool(database, 2)
    try:
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as raised:
            await _used(pool, use)
        assert is_lost_connection(raised.value), raised.value
        assert await pool.fetchval("SELECT 1") == 1
    finally:
        pool.terminate()
