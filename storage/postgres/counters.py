"""Figures across all applications, without any personal data."""

from typing import NamedTuple

import asyncpg

from models.application import STATUSES
from storage.postgres.queries import load

SQL = load("counters")


class Judged(NamedTuple):
    """Messages so far by what became of them; `waiting` stops counting at 10,000."""

    accepted: int
    duplicates: int
    dead_lettered: int
    waiting: int


async def judged(pool: asyncpg.Pool) -> Judged:
    """Cheap: a row for each partition."""
    return Judged(*await pool.fetchrow(SQL.judged))


async def applications_by_status(pool: asyncpg.Pool) -> dict[str, int]:
    """Every status, also those without an application. Reads the whole table."""
    found = {row["status"]: row["applications"] for row in await pool.fetch(SQL.statuses)}
    return {status.value: found.get(status.value, 0) for status in STATUSES}
