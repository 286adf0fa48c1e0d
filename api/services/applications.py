"""Changes of applications. Each runs in its caller's transaction, on a locked entity.

What a change may be and which events it emits is decided under `models/`.
"""

import asyncpg
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from api import access
from api.auth import Principal
from models import writes as rules
from models.application import Status
from models.entity import Entity
from models.errors import PreconditionFailed
from models.events import (
    Changes,
    Created,
    EventType,
    InterviewScheduled,
    OfferReceived,
    Updated,
)
from models.writes import Draft
from storage.postgres import writes
from storage.postgres.ids import new_id


async def create(
    connection: asyncpg.Connection, user_id: str, created: Created, cover_letter: str | None
) -> Entity:
    """A new application."""
    entity = Entity(id=new_id("app"), user_id=user_id, cover_letter=cover_letter)
    return await writes.create(connection, entity, [Draft(EventType.CREATED, created)])


async def take(
    connection: asyncpg.Connection, caller: Principal, application_id: str, if_match: int | None
) -> Entity:
    """The entity, locked for a change by this caller.

    Raises AccessDenied for another's or none, PreconditionFailed when `if_match` is not its
    revision.
    """
    entity = await writes.lock(connection, application_id)
    access.check_write(caller, None if entity is None else entity.user_id)
    assert entity is not None  # noqa: S101
    if if_match is not None and if_match != entity.revision:
        raise PreconditionFailed(
            "The application has changed since", details={"revision": entity.revision}
        )
    return entity


async def update(
    connection: asyncpg.Connection,
    entity: Entity,
    changes: Changes,
    cover_letter: str | UnsetType | None = UNSET,
) -> Entity:
    """Other facts about the application. An event goes out for a new cover letter too, without
    its text, and for values that are there already: a write must win over what comes late."""
    if cover_letter is not UNSET:
        entity = replace(entity, cover_letter=cover_letter)
    return await writes.change(
        connection, entity, [Draft(EventType.UPDATED, Updated(changes=changes))]
    )


async def change_status(
    connection: asyncpg.Connection, entity: Entity, to: Status, reason: str | None
) -> Entity:
    """A transition; raises InvalidTransition outside the table."""
    draft = rules.change_status(entity, to, UNSET if reason is None else reason)
    return await writes.change(connection, entity, [draft])


async def schedule_interview(
    connection: asyncpg.Connection, entity: Entity, interview: InterviewScheduled
) -> Entity:
    """An interview, and the status that it brings where that is allowed."""
    drafts = rules.schedule_interview(entity, interview)
    return await writes.change(connection, entity, drafts)


async def receive_offer(
    connection: asyncpg.Connection, entity: Entity, offer: OfferReceived
) -> Entity:
    """An offer, and the status that it brings where that is allowed."""
    return await writes.change(connection, entity, rules.receive_offer(entity, offer))
