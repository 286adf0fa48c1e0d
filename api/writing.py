"""A write's one transaction: the earlier answer where its key was used, else the work."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import asyncpg
from fastapi import Depends, Request
from starlette.responses import Response

from api.dependencies import Caller, Database, Process
from api.etag import if_match
from api.idempotency import Idempotency
from api.services import applications, notes
from models.entity import Entity
from storage.postgres.notes import Note

Work = Callable[[asyncpg.Connection], Awaitable[Response]]
Change = Callable[[asyncpg.Connection, Entity], Awaitable[Response]]
ChangeOfNote = Callable[[asyncpg.Connection, Note], Awaitable[Response]]


class Writing:
    """One request's transaction; committed when its answer is there, undone by any error."""

    def __init__(
        self,
        request: Request,
        caller: Caller,
        process: Process,
        database: Database,
        idempotency: Idempotency,
    ) -> None:
        self._turns = process.turns
        self.ghosted_after = process.ghosting.after_hours
        """Hours of silence; what an answer needs to show the application."""
        self._request = request
        self._caller = caller
        self._database = database
        self._idempotency = idempotency

    async def run(self, work: Work) -> Response:
        """The work's answer, kept for a repeat in the same transaction."""
        async with self._database.acquire() as connection, connection.transaction():
            answer = await self._idempotency.replay(connection)
            if answer is None:
                answer = await work(connection)
                await self._idempotency.keep(connection, answer)
        return answer

    async def change(self, application_id: str, change: Change) -> Response:
        """Work on an application, locked; `If-Match` names its revision."""

        async def work(connection: asyncpg.Connection) -> Response:
            expected = if_match(self._request)
            entity = await applications.take(connection, self._caller, application_id, expected)
            return await change(connection, entity)

        async with self._turns.of(application_id):
            return await self.run(work)

    async def change_note(
        self, application_id: str, note_id: str, change: ChangeOfNote
    ) -> Response:
        """Work on a note, locked; `If-Match` names the note's revision."""

        async def work(connection: asyncpg.Connection) -> Response:
            note = await notes.take(connection, application_id, note_id, if_match(self._request))
            return await change(connection, note)

        return await self.run(work)


Write = Annotated[Writing, Depends()]
