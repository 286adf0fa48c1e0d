"""Messages that could not become facts: seen and sent back by admins, with a trail."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from api.auth import Principal, Role
from api.dependencies import Database, require
from api.idempotency import Idempotency
from api.models import Body, Model
from api.strict import StrictRoute
from models.decoder import Reason
from models.errors import NotFound
from storage.postgres import audit, ingest
from storage.postgres.dead_letters import SQL

router = APIRouter(prefix="/api/dead-letters", tags=["dead letters"], route_class=StrictRoute)

_BIGINT_MAX = 2**63 - 1
_REDRIVEN_MAX = 1_000

Admin = Annotated[Principal, require(Role.ADMIN)]
LetterId = Annotated[int, Path(ge=1, le=_BIGINT_MAX)]
Id = Annotated[int, Field(strict=True, ge=1, le=_BIGINT_MAX)]


class DeadLetter(Model):
    """A message and why it is no fact; `size` in bytes."""

    id: int
    source: str
    partition: int
    offset: int
    stage: str
    reason: str
    detail: str
    received_at: datetime
    size: int


class DeadLetterInFull(DeadLetter):
    """With the message as it came; `text` only where it is UTF-8."""

    run: UUID | None
    recorded_at: datetime
    text: str | None
    base64: str


class DeadLetterPage(Model):
    """Newest first; `next` is the `before` of the following page."""

    items: list[DeadLetter]
    total: int
    has_more: bool
    next: int | None


class Redrive(Body):
    """Which to send back."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=_REDRIVEN_MAX)]


class Redriven(Model):
    """How many were there and are in the outbox now."""

    redriven: int


@router.get("")
async def read_page(
    admin: Admin,
    database: Database,
    reason: Reason | None = None,
    before: Annotated[int, Query(ge=1, le=_BIGINT_MAX)] = _BIGINT_MAX,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeadLetterPage:
    """A page of them. Audited."""
    async with database.acquire() as connection, connection.transaction():
        await _record(connection, admin, "dead_letters.list", reason or "all")
        rows = await connection.fetch(SQL.list, before, reason, limit + 1)
        counts = await connection.fetch(SQL.counts)
    items = [DeadLetter(**_named(row)) for row in rows[:limit]]
    more = len(rows) > limit
    total = sum(row["count"] for row in counts if reason is None or row["reason"] == reason)
    return DeadLetterPage(
        items=items, total=total, has_more=more, next=items[-1].id if more else None
    )


@router.get("/{letter_id}")
async def read(letter_id: LetterId, admin: Admin, database: Database) -> DeadLetterInFull:
    """One in full. Audited."""
    async with database.acquire() as connection, connection.transaction():
        await _record(connection, admin, "dead_letters.read", str(letter_id))
        row = await connection.fetchrow(SQL.show, letter_id)
    if row is None:
        raise NotFound("there is no such dead letter")
    fields = dict(row)
    payload: bytes = fields.pop("payload")
    return DeadLetterInFull(
        **fields, size=len(payload), text=_text(payload), base64=b64encode(payload).decode()
    )


@router.post("/redrive", response_model=Redriven)
async def redrive(
    body: Redrive, admin: Admin, idempotency: Idempotency, database: Database
) -> Response:
    """Back into the outbox and gone from here, in one transaction. Audited."""
    async with database.acquire() as connection, connection.transaction():
        if kept := await idempotency.replay(connection):
            return kept
        taken = await connection.fetch(SQL.take, body.ids)
        await ingest.store_lines(connection, [row["payload"] for row in taken])
        await _record(connection, admin, "dead_letters.redrive", ",".join(map(str, body.ids)))
        answer = Redriven(redriven=len(taken)).model_dump_json(by_alias=True)
        response = Response(answer, media_type="application/json")
        await idempotency.keep(connection, response)
    return response


async def _record(
    connection: asyncpg.Connection, admin: Principal, action: str, resource: str
) -> None:
    await audit.record(connection, admin.user_id, admin.role, action, resource)


def _named(row: asyncpg.Record) -> dict[str, object]:
    """asyncpg has no name for the length of the payload."""
    fields = dict(row)
    fields["size"] = fields.pop("length")
    return fields


def _text(payload: bytes) -> str | None:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None
