"""Changes of notes. The text stays in its table; the event says only that there is a note."""

import asyncpg
from msgspec import UNSET

from models.entity import Entity
from models.errors import InvalidRequest, NotFound, PreconditionFailed
from models.events import EventType, NoteAdded
from models.instant import from_datetime, to_rfc3339
from models.writes import Draft
from storage.postgres import notes, writes
from storage.postgres.notes import Note

_REMINDER = "REMINDER"


async def add(connection: asyncpg.Connection, entity: Entity, note: Note) -> Note:
    """A new note on a locked application, with its event."""
    stored = await notes.insert(connection, note, entity.user_id)
    date = note.reminder_date
    added = NoteAdded(
        note_id=note.id,
        type=note.type,
        priority=note.priority,  # type: ignore[arg-type]  # the body has checked it
        reminder_date=UNSET if date is None else to_rfc3339(from_datetime(date)),
    )
    await writes.change(connection, entity, [Draft(EventType.NOTE_ADDED, added)])
    return stored


async def change(connection: asyncpg.Connection, note: Note) -> Note:
    """Store a changed note, as it is then. Raises InvalidRequest for a reminder without date."""
    if note.type == _REMINDER and note.reminder_date is None:
        raise InvalidRequest("A reminder needs a date", field="body.reminderDate")
    return await notes.update(connection, note)


async def take(
    connection: asyncpg.Connection, application_id: str, note_id: str, if_match: int | None
) -> Note:
    """The note, locked for a change. Raises NotFound, PreconditionFailed."""
    note = await notes.lock(connection, application_id, note_id)
    if note is None:
        raise NotFound("The application has no such note")
    if if_match is not None and if_match != note.revision:
        raise PreconditionFailed("The note has changed since", details={"revision": note.revision})
    return note
