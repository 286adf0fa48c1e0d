"""Messages of one HTTP body into the outbox, within the caller's transaction (asyncpg)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from storage.postgres import ingest_runs
from storage.postgres.outbox import SQL, partition_of, subject_of
from storage.postgres.queries import load

RUNS = load("ingest_status")


class Run(msgspec.Struct):
    """An ingest and what became of its messages so far."""

    run: UUID
    source: str
    received: int
    accepted: int
    duplicates: int
    dead_lettered: int
    started_at: datetime
    finished_at: datetime | None

    @property
    def waiting(self) -> int:
        """Messages that the flow has not taken yet."""
        return self.received - self.accepted - self.duplicates - self.dead_lettered


async def store_lines(
    connection: asyncpg.Connection, lines: Sequence[bytes], *, run: UUID | None = None
) -> None:
    """Put raw messages into the outbox as they are; the flow judges them."""
    partitions: int = await connection.fetchval(SQL.partitions)
    subjects = [subject_of(line) for line in lines]
    await connection.copy_records_to_table(
        "outbox",
        columns=["partition", "application_id", "run", "payload"],
        records=[
            (partition_of(subject, partitions), subject, run, line)
            for subject, line in zip(subjects, lines, strict=True)
        ],
    )


async def store_run(
    connection: asyncpg.Connection, run: UUID, source: str, lines: Sequence[bytes]
) -> None:
    """The same as one whole run; `source` says for a person where it came from."""
    await connection.execute(ingest_runs.SQL.begin, run, source)
    await store_lines(connection, lines, run=run)
    await connection.execute(ingest_runs.SQL.received, run, len(lines))
    await connection.execute(ingest_runs.SQL.finish, run)


async def find_run(connection: asyncpg.Connection, run: UUID) -> Run | None:
    """A run as it stands, None for one that never began."""
    row = await connection.fetchrow(RUNS.run, run)
    return None if row is None else Run(**row)
