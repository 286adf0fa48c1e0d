"""Messages that could not be facts: looked at, and sent back once their cause is gone."""

from datetime import datetime
from uuid import UUID

import msgspec

from storage.postgres.connect import Connection
from storage.postgres.outbox import PIECE_BYTES, copy_lines, partition_count
from storage.postgres.queries import load

SQL = load("dead_letters")

_BATCH = 1_000
_NO_ID = 2**63 - 1


class Refusal(msgspec.Struct):
    """A dead letter's place, and why it is one."""

    id: int
    source: str
    partition: int
    offset: int
    stage: str
    reason: str
    detail: str


class Line(Refusal):
    """A dead letter in a list; `size` in bytes."""

    received_at: datetime
    size: int


class Letter(Refusal):
    """One dead letter with its message as it came."""

    run: UUID | None
    recorded_at: datetime
    received_at: datetime
    payload: bytes


def page(
    connection: Connection, *, before: int | None = None, reason: str | None = None, limit: int
) -> list[Line]:
    """The newest `limit` dead letters with an id below `before`."""
    rows = connection.execute(SQL.list, (before or _NO_ID, reason, limit))
    return [Line(*row) for row in rows]


def find(connection: Connection, letter_id: int) -> Letter | None:
    """One dead letter, None when it is not (or no longer) there."""
    row = connection.execute(SQL.show, (letter_id,)).fetchone()
    return None if row is None else Letter(*row)


def uncopied(connection: Connection, limit: int) -> list[Letter]:
    """The oldest that the relay has not published, fewer of long ones."""
    wanted = limit, PIECE_BYTES
    with connection.cursor(binary=True) as cursor:
        return [Letter(*row) for row in cursor.execute(SQL.uncopied, wanted)]


def mark_copied(connection: Connection, ids: list[int]) -> None:
    """Kafka has these."""
    connection.execute(SQL.mark_copied, (ids,))


def redrive(connection: Connection, ids: list[int]) -> int:
    """Put these back into the outbox and forget them here; returns how many were there.

    One transaction, so a second call, or one at the same time, finds nothing more to do.
    """
    with connection.transaction():
        return _send_back(connection, connection.execute(SQL.take, (ids,)).fetchall())


def redrive_all(connection: Connection, *, reason: str | None = None) -> int:
    """Put all that are here now (of one reason) back, a thousand to a transaction.

    Those that die again meanwhile are left for the next call.
    """
    row = connection.execute(SQL.newest).fetchone()
    newest = row[0] if row else 0
    total = 0
    while True:
        with connection.transaction():
            taken = connection.execute(SQL.take_batch, (newest, reason, _BATCH)).fetchall()
            total += _send_back(connection, taken)
        if not taken:
            return total


def _send_back(connection: Connection, rows: list[tuple[bytes]]) -> int:
    lines = [bytes(payload) for (payload,) in rows]
    return copy_lines(connection, lines, partitions=partition_count(connection), run=None)
