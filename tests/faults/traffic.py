"""What is thrown at the flow: simulated lives out of order, doubled, corrected and spoilt."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from uuid import uuid4

import asyncpg

from flows.simulator import generate
from models import instant
from models.entity import Entity
from models.events import Changes, Created, EventType, Updated
from models.writes import Draft, change_status
from storage.postgres import ingest_runs, writes
from storage.postgres.connect import connect
from storage.postgres.ids import new_id
from storage.postgres.outbox import copy_lines, partition_count

_SCATTER = """UPDATE outbox SET partition = floor(random() * $1)
    WHERE xmin = pg_current_xact_id()::xid"""
_CUT_OFF = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says when the cut falls into a commit
)
_END = instant.parse("2026-01-31T00:00:00Z")


class Traffic:
    """Everything that goes into one database.

    `sent` counts messages; `uncertain` counts those whose commit was never answered;
    `file` keeps the lines.
    """

    def __init__(
        self, url: str, seed: int, file: Path, applications: int = 150, bad: float = 0.05
    ) -> None:
        self.url = url
        self.file = file
        self.sent = 0
        self.uncertain = 0
        self.random = Random(seed)
        self._lines = generate(
            seed=seed,
            applications=applications,
            days=40,
            end=_END,
            disorder=0.3,
            duplicates=0.3,
            bad=bad,
        )
        self._owned: list[str] = []
        file.write_bytes(b"")

    def take(self, count: int) -> list[bytes]:
        """The next lines; the world never runs out while a test is reasonable."""
        return [next(self._lines) for _ in range(count)]

    def feed(self, count: int) -> None:
        """Put so many messages in, half of the times as an ingest with a run."""
        self.put(self.take(count), as_run=self.random.random() < 0.5)

    def put(self, lines: list[bytes], *, as_run: bool = False, scatter: bool = False) -> None:
        """These messages; `scatter` puts them into partitions at random (a misrouting)."""
        with self.file.open("ab") as file:
            file.writelines(line + b"\n" for line in lines)
        run = uuid4() if as_run else None
        with connect(self.url) as connection:
            partitions = partition_count(connection)
            if run is not None:
                ingest_runs.begin(connection, run, "faults")
                ingest_runs.add_received(connection, run, len(lines))
            copy_lines(connection, lines, partitions=partitions, run=run)
            if scatter:
                connection.execute(_SCATTER, (partitions,))
        self.sent += len(lines)

    def write(self, count: int) -> None:
        """So many writes as the API makes them: applications created and changed."""
        asyncio.run(self._write(count))

    @contextmanager
    def held(self, share: float = 0.5) -> Iterator[None]:
        """A slow API transaction that holds this share of the entity rows."""
        with connect(self.url) as connection:
            connection.execute(
                "SELECT id FROM applications WHERE random() < $1 FOR UPDATE SKIP LOCKED", (share,)
            )
            yield

    def write_until_cut(self, stop: threading.Event) -> None:
        """Writes without end; the one that is cut off may or may not be there afterwards."""
        while not stop.is_set():
            try:
                self.write(5)
            except _CUT_OFF:
                self.uncertain += 1
                return

    async def _write(self, count: int) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            for _ in range(count):
                async with connection.transaction():
                    entity = await self._write_one(connection)
                self.sent += 1
                if entity.revision == 1:
                    self._owned.append(entity.id)
        finally:
            connection.terminate()

    async def _write_one(self, connection: asyncpg.Connection) -> Entity:
        if len(self._owned) < 3 or self.random.random() < 0.2:
            entity = Entity(id=new_id("app"), user_id="ada")
            created = Created(job_id="j1", job_title="Engineer", company="Acme")
            return await writes.create(connection, entity, [Draft(EventType.CREATED, created)])
        found = await writes.lock(connection, self.random.choice(self._owned))
        assert found is not None, "an application that was confirmed is gone"
        if found.allowed_transitions and self.random.random() < 0.5:
            draft = change_status(found, self.random.choice(found.allowed_transitions))
        else:
            changes = Changes(job_title=f"Engineer {self.random.randrange(99)}")
            draft = Draft(EventType.UPDATED, Updated(changes=changes))
        return await writes.change(connection, found, [draft])
