"""What the database says about the state of the product."""

from datetime import datetime

import msgspec
from psycopg.rows import TupleRow

from storage.postgres import dead_letters
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("status")
LEARNING_ANEW = "learning anew: "
"""What the learning flow tells of itself begins so, while it does."""


OF_THE_LOG = "event_log"
"""Source of a position that the head of the log is ahead of."""


class Position(msgspec.Struct):
    """How far a flow is in one partition, and what it made of the messages so far."""

    flow: str
    partition: int
    source: str
    position: int
    log_offset: int
    epoch: int
    accepted: int
    duplicates: int
    dead_lettered: int
    clock: datetime | None
    updated_at: datetime


class Waiting(msgspec.Struct):
    """Messages that the flow has not taken yet; `oldest_s` in seconds."""

    messages: int
    oldest_s: float


class Counts(msgspec.Struct):
    """Rows of the tables that a person wants to know of."""

    applications: int
    analytics: int
    notes: int
    pending_writes: int
    entity_stale: int
    dead_letters: int


class Status(msgspec.Struct):
    """Everything that `jobfinders status` shows; sizes in bytes."""

    log_id: str
    partitions: int
    positions: list[Position]
    log_heads: dict[int, int]
    waiting: Waiting
    counts: Counts
    dead_letters: dict[str, int]
    sizes: dict[str, int]
    learning_anew: str | None
    """How far the learning flow is in learning all outcomes anew; None where it is not."""


class Live(msgspec.Struct):
    """Figures of this moment; `oldest_s` in seconds."""

    accepted: int
    waiting: int
    oldest_s: float
    applications: int


def read_status(connection: Connection) -> Status:
    """The state at one moment; needs a connection that is not in autocommit mode."""
    (log_id,) = _one(connection, SQL.log)
    log_heads: dict[int, int] = dict(connection.execute(SQL.heads).fetchall())
    return Status(
        log_id=log_id,
        partitions=len(log_heads),
        positions=[Position(*row) for row in connection.execute(SQL.positions)],
        log_heads=log_heads,
        waiting=Waiting(*_one(connection, SQL.waiting)),
        counts=Counts(*_one(connection, SQL.counts)),
        dead_letters=dict(connection.execute(dead_letters.SQL.counts).fetchall()),
        sizes=dict(connection.execute(SQL.sizes).fetchall()),
        learning_anew=_learning_anew(connection),
    )


def tell(connection: Connection, doing: str) -> None:
    """Let others see what this session does: its first 63 bytes, at once, until it ends."""
    connection.execute(SQL.tell, (doing,))


def _learning_anew(connection: Connection) -> str | None:
    told = connection.execute(SQL.told, (LEARNING_ANEW,)).fetchone()
    return None if told is None else str(told[0]).removeprefix(LEARNING_ANEW)


WAITING_MOST = 100_000
"""`Live.waiting` is not counted beyond."""


def be_impatient(connection: Connection) -> None:
    """Let no statement of this session take longer than 2 s, whatever locks are held."""
    connection.execute(SQL.impatient)


def read_live(connection: Connection) -> Live:
    """Figures cheap enough for every second."""
    return Live(*_one(connection, SQL.live))


def _one(connection: Connection, statement: str) -> TupleRow:
    row = connection.execute(statement).fetchone()
    if row is None:
        raise LookupError("a statement that always gives a row gave none")
    return row
