"""An API write: the entity's row, its events in the outbox and their pending entries, together
or not at all (docs: Entity rows)."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec
from msgspec.structs import astuple, replace

from models.entity import Entity, after, event_time
from models.errors import Unavailable
from models.events import Envelope
from models.instant import from_datetime, to_rfc3339
from models.writes import Draft, check_room
from storage.postgres import outbox
from storage.postgres.ids import new_id
from storage.postgres.queries import load

SQL = load("writes")
APPLICATIONS = load("applications")

_LOCK_PATIENCE_S = 2.0
_SOURCE = "/jobfinders/api"
_STORED = Entity.__struct_fields__[: Entity.__struct_fields__.index("created_at")]


class Horizon(msgspec.Struct, frozen=True):
    """What a new event must be later than, and how much the application holds."""

    now: datetime
    partitions: int
    last_fact_at: datetime | None
    facts: int


async def lock(connection: asyncpg.Connection, application_id: str) -> Entity | None:
    """The entity, held until the caller's transaction ends; None where there is none.

    Raises Unavailable when another transaction holds it for longer than 2 s.
    """
    try:
        record = await connection.fetchrow(SQL.lock, application_id, timeout=_LOCK_PATIENCE_S)
    except TimeoutError as error:
        raise Unavailable("another change of this application is under way") from error
    return None if record is None else Entity(**dict(record))


async def create(connection: asyncpg.Connection, entity: Entity, drafts: Sequence[Draft]) -> Entity:
    """A new application within the caller's transaction; returns it as stored."""
    created = await _emit(connection, entity, drafts)
    await connection.execute(APPLICATIONS.insert, *_columns(created))
    return created


async def change(connection: asyncpg.Connection, entity: Entity, drafts: Sequence[Draft]) -> Entity:
    """A change of a locked application within the caller's transaction; returns it as stored.

    Raises ApplicationTooLarge when it has no room for more events.
    """
    changed = await _emit(connection, entity, drafts)
    await connection.execute(APPLICATIONS.update, *_columns(changed))
    return changed


async def _emit(connection: asyncpg.Connection, entity: Entity, drafts: Sequence[Draft]) -> Entity:
    record = await connection.fetchrow(SQL.horizon, entity.id)
    horizon = Horizon(**dict(record))
    check_room(horizon.facts, len(drafts))
    entity = replace(
        entity,
        revision=entity.revision + 1,
        created_at=entity.created_at or horizon.now,
        updated_at=horizon.now,
    )
    for draft in drafts:
        at = event_time(horizon.now, entity.last_write_at, horizon.last_fact_at)
        event = Envelope(
            id=new_id("evt"),
            source=_SOURCE,
            type=draft.type,
            subject=entity.id,
            time=to_rfc3339(from_datetime(at)),
            userid=entity.user_id,
            data=draft.data,
        )
        seq = await outbox.insert(
            connection, entity.id, event.encode(), partitions=horizon.partitions
        )
        await connection.execute(SQL.pend, entity.id, event.id, entity.revision, seq)
        entity = replace(after(entity, draft.data, at), last_write_at=at)
    return entity


def _columns(entity: Entity) -> tuple[object, ...]:
    return astuple(entity)[: len(_STORED)]


async def unfolded(pool: asyncpg.Pool, application_ids: list[str]) -> dict[str, int]:
    """Of these applications those with writes that the flow has not judged, and the least
    revision among them."""
    records = await pool.fetch(SQL.unfolded, application_ids)
    return {record["application_id"]: record["revision"] for record in records}
