"""Not-before times per user: tokens issued earlier are refused, in every process in time."""

import asyncio
import logging
from datetime import datetime

import asyncpg

from api.auth import Principal
from models.errors import TokenInvalid, Unavailable
from storage.postgres.pool import is_lost_connection
from storage.postgres.queries import load

SQL = load("revocations")
log = logging.getLogger(__name__)

POLL_S = 5


class Revocations:
    """This process's copy, at most 5 s old while Postgres answers.

    Only those younger than the longest lifetime of a token are kept: older ones meet no
    token that has not expired.
    """

    def __init__(self, lifetime_max_s: int) -> None:
        self._lifetime_max_s = lifetime_max_s
        self._not_before: dict[str, float] = {}

    def check(self, caller: Principal) -> None:
        """Raise TokenInvalid where the caller's token was revoked."""
        if self.revoked(caller):
            raise TokenInvalid("the token was revoked")

    def revoked(self, caller: Principal) -> bool:
        """Whether the caller's token was issued before his not-before time."""
        return caller.issued_at < self._not_before.get(caller.user_id, 0.0)

    async def revoke(self, connection: asyncpg.Connection, user_id: str) -> datetime:
        """Refuse all of a user's tokens up to now; other processes follow within 5 s."""
        not_before: datetime = await connection.fetchval(SQL.revoke, user_id)
        self._not_before[user_id] = not_before.timestamp()
        return not_before

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Read the table."""
        rows = await pool.fetch(SQL.current, self._lifetime_max_s)
        self._not_before = {row["user_id"]: row["not_before_s"] for row in rows}

    async def keep_fresh(self, pool: asyncpg.Pool) -> None:
        """Read the table every 5 s for ever; what is known stays while Postgres is down."""
        while True:
            try:
                await self.refresh(pool)
            except (Unavailable, TimeoutError) as error:
                log.warning("revocations not read: %s", error)
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not is_lost_connection(error):
                    raise
                log.warning("revocations not read: %s", type(error).__name__)
            await asyncio.sleep(POLL_S)
