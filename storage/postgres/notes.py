"""A candidate's notes on an application. The text is here and nowhere else."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from storage.postgres.queries import load

SQL = load("notes")


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `notes`; `revision` is its ETag."""

    id: str
    application_id: str
    content: str
    type: str
    priority: str
    reminder_date: datetime | None = None
    tags: Sequence[str] = ()
    completed: bool = False
    revision: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None


async def insert(connection: asyncpg.Connection, note: Note, user_id: str) -> Note:
    """A new note, as stored."""
    record = await connection.fetchrow(
        SQL.insert,
        note.id,
        note.application_id,
        user_id,
        note.content,
        note.type,
        note.priority,
        note.reminder_date,
        list(note.tags),
    )
    return Note(**dict(record))


async def find(
    connection: asyncpg.Connection | asyncpg.Pool, application_id: str, note_id: str
) -> Note | None:
    """The note of this application, None where there is none."""
    record = await connection.fetchrow(SQL.find, application_id, note_id)
    return None if record is None else Note(**dict(record))


async def lock(connection: asyncpg.Connection, application_id: str, note_id: str) -> Note | None:
    """The note, held until the caller's transaction ends; None where there is none."""
    record = await connection.fetchrow(SQL.lock, application_id, note_id)
    return None if record is None else Note(**dict(record))


async def update(connection: asyncpg.Connection, note: Note) -> Note:
    """Store a changed note; returns it with its new revision."""
    record = await connection.fetchrow(
        SQL.update,
        note.id,
        note.content,
        note.priority,
        note.reminder_date,
        list(note.tags),
        note.completed,
    )
    return Note(**dict(record))


async def delete(connection: asyncpg.Connection, note_id: str) -> None:
    """Remove a note."""
    await connection.execute(SQL.delete, note_id)


async def page(
    connection: asyncpg.Connection,
    application_id: str,
    *,
    limit: int,
    offset: int = 0,
    behind: tuple[datetime, str] | None = None,
) -> list[Note]:
    """Newest first, past `offset` rows or behind the note made then with that id."""
    created_at, note_id = behind or (None, None)
    records = await connection.fetch(SQL.page, application_id, created_at, note_id, offset, limit)
    return [Note(**dict(record)) for record in records]


async def count(connection: asyncpg.Connection, application_id: str) -> tuple[int, bytes]:
    """How many notes the application has, and the key that signs cursors."""
    return tuple(await connection.fetchrow(SQL.count, application_id))
