"""Idempotency-Key (draft-07): a repeated POST gets the first one's answer, byte for byte.

    async with database.acquire() as connection, connection.transaction():
        if answer := await idempotency.replay(connection):
            return answer
        …
        await idempotency.keep(connection, response)

Nothing is written before the request's own transaction commits: a crash leaves no trace and
the key can be used again.
"""

import hashlib
import json
import re
from typing import Annotated

import asyncpg
from fastapi import Depends, Header, Request
from starlette.responses import Response

from api.dependencies import Caller
from models.errors import IdempotencyInFlight, IdempotencyMismatch, InvalidRequest
from storage.postgres.queries import load

SQL = load("idempotency")
KEPT_HOURS = 24

_is_key = re.compile(r"[\x21-\x7e]{1,128}").fullmatch
_KEPT_HEADERS = ("content-type", "etag", "location")
_FIELD = "header.idempotency-key"


class IdempotentRequest:
    """One request under its key; without a key both methods do nothing."""

    def __init__(self, user_id: str, key: str | None, fingerprint: bytes) -> None:
        self._user_id = user_id
        self._key = key
        self._fingerprint = fingerprint

    async def replay(self, connection: asyncpg.Connection) -> Response | None:
        """The stored answer, or None: then do the work. Call within the transaction.

        Raises IdempotencyInFlight while another request holds the key, IdempotencyMismatch
        when the key was used for a different request.
        """
        if self._key is None:
            return None
        if not await connection.fetchval(SQL.lock, self._user_id, self._key):
            raise IdempotencyInFlight("a request with this Idempotency-Key is being carried out")
        kept = await connection.fetchrow(SQL.kept, self._user_id, self._key, KEPT_HOURS)
        if kept is None:
            return None
        if kept["fingerprint"] != self._fingerprint:
            raise IdempotencyMismatch("this Idempotency-Key was used with another request")
        headers = {**json.loads(kept["headers"]), "Idempotency-Replayed": "true"}
        return Response(kept["body"], kept["status"], headers)

    async def keep(self, connection: asyncpg.Connection, response: Response) -> None:
        """Store the answer, in the transaction of the work."""
        if self._key is None:
            return
        headers = {
            name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
        }
        await connection.execute(
            SQL.keep,
            self._user_id,
            self._key,
            self._fingerprint,
            response.status_code,
            json.dumps(headers),
            bytes(response.body),
        )


async def forget_old(pool: asyncpg.Pool) -> None:
    """Delete answers that nobody can ask for any more."""
    await pool.execute(SQL.forget, KEPT_HOURS)


async def idempotency(
    request: Request,
    caller: Caller,
    idempotency_key: Annotated[
        str | None,
        Header(
            pattern=r"^[\x21-\x7e]{1,130}$",
            description="1-128 printable characters, bare or in double quotes; a repeat within "
            "24 hours gets the first answer.",
        ),
    ] = None,
) -> IdempotentRequest:
    """This request under its `Idempotency-Key`, if it has one."""
    key = None if idempotency_key is None else _key(idempotency_key)
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise InvalidRequest("more than one Idempotency-Key", field=_FIELD)
    parts = (request.method, request.url.path, request.url.query)
    digest = hashlib.sha256("\n".join(parts).encode() + b"\n" + await request.body())
    return IdempotentRequest(caller.user_id, key, digest.digest())


def _key(value: str) -> str:
    """The draft's quoted string, or the same bare."""
    key = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if _is_key(key) is None:
        raise InvalidRequest("1-128 printable ASCII characters", field=_FIELD)
    return key


Idempotency = Annotated[IdempotentRequest, Depends(idempotency)]
