"""Notes and reminders of an application; each note has an ETag of its own."""

import asyncpg
from fastapi import APIRouter, Request
from msgspec.structs import replace
from starlette.responses import Response

from api import answers, pages
from api.access import Readable, Writable
from api.cursors import encode
from api.dependencies import Database
from api.pages import WantedPage
from api.schemas.fields import moment
from api.schemas.notes import NewNote, NoteChanges, NotePage, NoteView, view
from api.services import notes as service
from api.strict import StrictRoute
from api.writing import Write
from models.entity import Entity
from models.errors import NotFound
from models.instant import from_datetime, to_datetime
from storage.postgres import notes
from storage.postgres.ids import new_id
from storage.postgres.notes import Note

PATH = "/api/applications/{application_id}/notes"
router = APIRouter(prefix=PATH, tags=["notes"], route_class=StrictRoute)


@router.post("", status_code=201, response_model=NoteView)
async def add(application_id: Writable, body: NewNote, write: Write) -> Response:
    """Add a note; emits `application.note_added` without its text."""

    async def change(connection: asyncpg.Connection, entity: Entity) -> Response:
        note = Note(
            id=new_id("note"),
            application_id=entity.id,
            content=body.content,
            type=body.type,
            priority=body.priority,
            reminder_date=None if body.reminder_date is None else moment(body.reminder_date),
            tags=body.tags,
        )
        stored = await service.add(connection, entity, note)
        location = f"{PATH.format(application_id=entity.id)}/{stored.id}"
        return answers.body(view(stored), status=201, revision=stored.revision, location=location)

    return await write.change(application_id, change)


@router.get("", response_model=NotePage)
async def read_page(
    request: Request, application_id: Readable, database: Database, page: WantedPage
) -> Response:
    """The notes, newest first."""
    scope = ("notes", application_id)
    async with database.acquire() as connection:
        total, key = await notes.count(connection, application_id)
        behind = page.behind(key, scope)
        found = await notes.page(
            connection,
            application_id,
            limit=page.limit + 1,
            offset=page.offset,
            behind=None if behind is None else (to_datetime(int(behind[0] or 0)), behind[1]),
        )
    shown, last = page.split(found)
    next_cursor = None
    if last is not None and last.created_at is not None:
        next_cursor = encode(key, scope, (from_datetime(last.created_at), last.id))
    listed = NotePage.model_construct(
        items=[view(note) for note in shown],
        total=total,
        has_more=last is not None,
        next=next_cursor,
    )
    return pages.answer(request, listed, next_cursor)


@router.get("/{note_id}", response_model=NoteView)
async def read(application_id: Readable, note_id: str, database: Database) -> Response:
    """One note."""
    note = await notes.find(database, application_id, note_id)
    if note is None:
        raise NotFound("The application has no such note")
    return _answer(note)


@router.patch("/{note_id}", response_model=NoteView)
async def update(
    application_id: Writable, note_id: str, body: NoteChanges, write: Write
) -> Response:
    """Change it; a date of null removes the reminder's date."""

    async def change(connection: asyncpg.Connection, note: Note) -> Response:
        given = body.model_dump(exclude_unset=True)
        if body.reminder_date is not None:
            given["reminder_date"] = moment(body.reminder_date)
        return _answer(await service.change(connection, replace(note, **given)))

    return await write.change_note(application_id, note_id, change)


@router.post("/{note_id}/complete", response_model=NoteView)
async def complete(application_id: Writable, note_id: str, write: Write) -> Response:
    """Mark it as done; once done it stays so."""

    async def change(connection: asyncpg.Connection, note: Note) -> Response:
        if not note.completed:
            note = await notes.update(connection, replace(note, completed=True))
        return _answer(note)

    return await write.change_note(application_id, note_id, change)


@router.delete("/{note_id}", status_code=204)
async def delete(application_id: Writable, note_id: str, write: Write) -> Response:
    """Remove it and its text; that there was a note stays a fact."""

    async def change(connection: asyncpg.Connection, note: Note) -> Response:
        await notes.delete(connection, note.id)
        return answers.nothing()

    return await write.change_note(application_id, note_id, change)


def _answer(note: Note) -> Response:
    return answers.body(view(note), revision=note.revision)
