"""Not-before times per user: tokens issued earlier are refused, in every process in time."""

import time
from datetime import datetime

import asyncpg

from api.auth import Principal
from models.errors import TokenInvalid
from storage.postgres.queries import load

SQL = load("revocations")


class Revocations:
    """This process's copy, as old as `revocation_poll_s` while Postgres answers.

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
        """Refuse all of a user's tokens up to now; other processes follow with their next look."""
        not_before: datetime = await connection.fetchval(SQL.revoke, user_id)
        self._not_before[user_id] = not_before.timestamp()
        return not_before

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Read the table."""
        rows = await pool.fetch(SQL.current, self._lifetime_max_s)
        read = {row["user_id"]: row["not_before_s"] for row in rows}
        horizon = time.time() - self._lifetime_max_s
        # One made here while the table was being read must not get lost.
        for user_id, not_before in self._not_before.items():
            if not_before > max(horizon, read.get(user_id, 0.0)):
                read[user_id] = not_before
        self._not_before = read
