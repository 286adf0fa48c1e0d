"""Single-use tickets: only their hash is kept, and only until they are used or too old."""

import hashlib
from datetime import datetime

import asyncpg
import msgspec

from storage.postgres.queries import load

SQL = load("stream_tickets")


class Claims(msgspec.Struct, frozen=True):
    """Who asked for the ticket; times in seconds since 1970."""

    user_id: str
    role: str
    issued_at: float
    expires_at: float


async def issue(pool: asyncpg.Pool, ticket: str, claims: Claims, *, lifetime_s: int) -> datetime:
    """Remember a ticket; returns when it ends."""
    expires_at: datetime = await pool.fetchval(
        SQL.issue, _hash(ticket), msgspec.json.encode(claims).decode(), lifetime_s
    )
    return expires_at


async def redeem(pool: asyncpg.Pool, ticket: str) -> Claims | None:
    """The claims of a ticket that was not used before; None for any other."""
    row = await pool.fetchrow(SQL.redeem, _hash(ticket))
    if row is None or not row["valid"]:
        return None
    return msgspec.json.decode(row["claims"], type=Claims)


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode(errors="replace")).digest()
