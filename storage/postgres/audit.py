"""Who looked at or changed what with a role beyond their own."""

import asyncpg

from storage.postgres.queries import load

SQL = load("audit")


async def record(
    connection: asyncpg.Connection | asyncpg.Pool,
    actor: str,
    role: str,
    action: str,
    resource: str,
) -> None:
    """Write one line; `action` is a method and a route, `resource` what it was done to."""
    await connection.execute(SQL.record, actor, role, action, resource)
