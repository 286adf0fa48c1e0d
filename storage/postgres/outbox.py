"""The road in: messages wait in the outbox until the flow takes them."""

import struct
import time
from collections import deque
from collections.abc import Iterable
from uuid import UUID
from zlib import crc32

import asyncpg
import msgspec
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import TupleRow

from models.batch import Message
from models.errors import PositionLost
from storage.postgres.connect import Connection, connect
from storage.postgres.queries import load

SQL = load("outbox")

_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_COPY_TRAILER = struct.pack(">h", -1)
_COPY_BYTES = 1 << 20
PIECE_BYTES = 8 << 20
"""What is read ends with the message that makes it so long, be there more."""


class _Subject(msgspec.Struct, gc=False):
    subject: str = ""


_subject_of = msgspec.json.Decoder(_Subject).decode


def partition_of(application_id: str, partitions: int) -> int:
    """The outbox partition of an application; 0 for a message that names none."""
    return crc32(application_id.encode()) % partitions if partitions > 1 and application_id else 0


def subject_of(line: bytes) -> str:
    """The application that a raw message names, `""` where it cannot be read or stored."""
    try:
        subject = _subject_of(line).subject
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return subject if len(subject) <= 128 and "\0" not in subject else ""


def copy_lines(
    connection: Connection,
    lines: Iterable[bytes],
    *,
    partitions: int,
    run: UUID | None,
) -> int:
    """Put raw messages into the outbox within the caller's transaction; returns how many.

    Nothing is judged here: the flow decides between fact and dead letter.
    """
    run_field = struct.pack(">i", -1) if run is None else struct.pack(">i", 16) + run.bytes
    count = 0
    with connection.cursor().copy(SQL.copy_lines) as copy:
        parts = [_COPY_HEADER]
        size = 0
        for line in lines:
            subject = subject_of(line).encode()
            partition = crc32(subject) % partitions if partitions > 1 and subject else 0
            parts.append(
                b"\0\4\0\0\0\2%b%b%b%b%b%b"
                % (
                    partition.to_bytes(2, "big"),
                    len(subject).to_bytes(4, "big"),
                    subject,
                    run_field,
                    len(line).to_bytes(4, "big"),
                    line,
                )
            )
            count += 1
            size += len(line)
            if size > _COPY_BYTES:
                copy.write(b"".join(parts))
                parts, size = [], 0
        parts.append(_COPY_TRAILER)
        copy.write(b"".join(parts))
    return count


def partition_count(connection: Connection) -> int:
    """Partitions of the embedded log, fixed when the database was made."""
    row = connection.execute(SQL.partitions).fetchone()
    count: int = row[0] if row else 1
    return count


class OutboxSource:
    """The outbox as a source of the analytics flow."""

    name = "outbox"

    def __init__(self, url: str) -> None:
        self._url = url
        with connect(url, autocommit=True) as connection:
            self._partitions = partition_count(connection)

    def partitions(self) -> int:
        """Fixed when the database was made."""
        return self._partitions

    def bounds(self) -> dict[int, tuple[int, int]]:
        """There is nothing to pass over: what waits is read."""
        return dict.fromkeys(range(self._partitions), (0, 0))

    def reader(self, index: int, source: str, _position: int) -> "Reader":
        """What is in the table is what is left to read. Raises PositionLost while the flow
        is in the midst of a topic."""
        if source != self.name:
            raise PositionLost(
                f"this database is fed through Kafka ({source}): set JOBFINDERS_KAFKA_BOOTSTRAP "
                "or use `jobfinders up --kafka`; to leave Kafka, when all of it is folded: "
                "`jobfinders down`, then `jobfinders flow analytics --reset-to latest`"
            )
        return Reader(connect(self._url, autocommit=True), index)


class Reader:
    """Reads one partition's messages, each once, until they are settled or dropped.

    There is no position to lose: a message is in the table exactly until its effect has
    committed. Ones that committed late, with a lower place than others already taken, are
    found within `_WINDOW` places by a poll that follows an idle one, and anywhere by the sweep.
    No reading takes more than `PIECE_BYTES` and one message.
    `read` may run in another thread than `settled`, but not at the same time as `rewind`.
    """

    _WINDOW = 1_000  # places behind the newest that a poll looks at again
    _SWEEP_S = 1.0
    _SWEEP_SHARE = 20  # of the time at most one part in so many goes into sweeping

    def __init__(self, connection: Connection, partition: int) -> None:
        self._connection = connection
        self._cursor = connection.cursor(binary=True)
        self._cursor.adapters.register_loader("uuid", _RawLoader)
        self._partition = partition
        self._newest = 0
        self._catching_up = False
        self._in_flight: set[int] = set()
        self._settled: deque[Iterable[int]] = deque()
        self._sweep_at = 0.0

    def read(self, limit: int, monotonic_s: float) -> list[Message]:
        """At most `limit` messages that are not in flight, oldest first; fewer of long ones."""
        # Before the statement, never after: what it still sees of a batch that commits
        # meanwhile must count as in flight.
        while self._settled:
            self._in_flight.difference_update(self._settled.popleft())
        if monotonic_s >= self._sweep_at:
            began_s = time.monotonic()
            late = self._late(limit)
            took_s = time.monotonic() - began_s
            self._sweep_at = monotonic_s + max(self._SWEEP_S, took_s * self._SWEEP_SHARE)
            if late:
                wanted = (late, PIECE_BYTES)
                return self._taken(self._cursor.execute(SQL.read_places, wanted).fetchall())
        window = 0 if self._catching_up else min(self._WINDOW, self._newest)
        place = (self._partition, self._newest - window, limit + window, PIECE_BYTES)
        rows = self._cursor.execute(SQL.read, place).fetchall()
        messages = self._taken([row for row in rows if row[0] not in self._in_flight][:limit])
        long = sum(len(row[-1]) for row in rows) >= PIECE_BYTES
        self._catching_up = long or len(messages) == limit
        return messages

    def settled(self, places: Iterable[int]) -> None:
        """Their effect has committed, so they are gone from the table."""
        self._settled.append(places)

    def rewind(self) -> None:
        """Nothing that is in flight will be settled: read it all again."""
        self._settled.clear()
        self._in_flight.clear()
        self._newest = 0

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _late(self, limit: int) -> list[int]:
        before = self._newest - self._WINDOW
        if before <= 0:
            return []
        places = self._cursor.execute(SQL.places, (self._partition, before))
        return [place for (place,) in places if place not in self._in_flight][:limit]

    def _taken(self, rows: list[TupleRow]) -> list[Message]:
        messages = [Message(*row) for row in rows]
        if messages:
            self._in_flight.update(message.offset for message in messages)
            self._newest = max(self._newest, messages[-1].offset)
        return messages


class _RawLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


async def insert(
    connection: asyncpg.Connection,
    application_id: str,
    payload: bytes,
    *,
    partitions: int,
    run: UUID | None = None,
) -> int:
    """One event within the caller's transaction; returns its place (seq)."""
    partition = partition_of(application_id, partitions)
    seq: int = await connection.fetchval(SQL.insert, partition, application_id, run, payload)
    return seq
