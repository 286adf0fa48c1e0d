"""One ingest of a file or a pipe, and what became of its messages."""

from typing import NamedTuple
from uuid import UUID

from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("ingest_runs")


class Counts(NamedTuple):
    """Messages of a run: put into the outbox, and judged so far."""

    received: int = 0
    accepted: int = 0
    duplicates: int = 0
    dead_lettered: int = 0

    @property
    def waiting(self) -> int:
        """Messages that the flow has not taken yet."""
        return self.received - self.accepted - self.duplicates - self.dead_lettered


def hold(connection: Connection, run: UUID) -> bool:
    """Whether the run is this transaction's alone until it ends: a session whose client lost it
    may live on, and commit what it was told to."""
    row = connection.execute(SQL.hold, (str(run),)).fetchone()
    return bool(row and row[0])


def begin(connection: Connection, run: UUID, source: str) -> None:
    """Note that a run begins; `source` says for a person where its messages come from."""
    connection.execute(SQL.begin, (run, source))


def add_received(connection: Connection, run: UUID, messages: int) -> None:
    """Count messages within the transaction that puts them into the outbox."""
    connection.execute(SQL.received, (run, messages))


def finish(connection: Connection, run: UUID) -> None:
    """Note that everything of the run has been put in."""
    connection.execute(SQL.finish, (run,))


def counts(connection: Connection, run: UUID) -> Counts:
    """What is known of a run at this moment; zeros for one that never began."""
    row = connection.execute(SQL.counts, (run,)).fetchone()
    return Counts(*row) if row else Counts()


def flow_is_running(connection: Connection, flow: str) -> bool:
    """Whether any process owns a partition in this flow."""
    row = connection.execute(SQL.flow_is_running, (flow,)).fetchone()
    return bool(row and row[0])
