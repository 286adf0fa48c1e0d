"""Consumers of the log: each reads behind its positions and moves them in the transaction of
its effect, so that a crash anywhere repeats or loses nothing."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple

from models.errors import Fenced, NotFound
from storage.postgres.batch import Place, acquire, begin_epoch
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("consumers")
COPIED = dict(load("copied_tables"))
"""Tables that the warehouse takes over whole: name → COPY."""
_GROWING = dict(load("growing_tables"))
"""Those that only ever grow: name → COPY of what changes with them."""
_PAGE_BYTES = 32 << 20
"""Much more than a page of usual lines has."""

Positions = dict[int, int]
"""Next offset by log partition; one that is not listed stands at 0."""


class Line(NamedTuple):
    """One line of the log; `recorded_us` and `time_us` in microseconds since 1970."""

    partition: int
    offset: int
    recorded_us: int
    time_us: int
    orphan: bool
    id: str
    application_id: str
    user_id: str
    type: str
    payload: str


class Range(NamedTuple):
    """Lines of one partition from `first` to before `last`."""

    partition: int
    first: int
    last: int


class LogReader:
    """Pages of the log over a connection of its own, which must be in autocommit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def heads(self) -> Positions:
        """Where each partition ends now."""
        return dict(self._connection.execute(SQL.heads).fetchall())

    def page(self, positions: Mapping[int, int], limit: int) -> list[Line]:
        """Lines behind `positions` by partition and offset: at most `limit` of each partition,
        fewer of long ones, at least one where there is any."""
        wanted = {partition: positions.get(partition, 0) for partition in self.heads()}
        room = _PAGE_BYTES // max(1, len(wanted))
        moved = list(wanted), list(wanted.values())
        return [Line(*row) for row in self._connection.execute(SQL.page, (*moved, limit, room))]

    def log_id(self) -> str:
        """Which log this is: a restored one has another id."""
        row = self._connection.execute(SQL.log_id).fetchone()
        if row is None:
            raise NotFound("this database holds no log")
        return str(row[0])

    def copy(self, ranges: Sequence[Range], file: BinaryIO) -> None:
        """Write the lines of the ranges as CSV in the order of `Line`, with times as UTC text."""
        values = ", ".join(f"({one.partition:d}, {one.first:d}, {one.last:d})" for one in ranges)
        self._copy(SQL.copy_lines.format(ranges=values), file)

    def copy_table(self, name: str, file: BinaryIO) -> None:
        """Write one of the `COPIED` tables as CSV."""
        self._copy(COPIED[name], file)

    def tables_digest(self) -> str:
        """SHA-256 of all `COPIED` tables as CSV, or of how far they have grown."""
        digest = hashlib.sha256()
        for name, statement in COPIED.items():
            for block in self._blocks(_GROWING.get(name, statement)):
                digest.update(block)
        return digest.hexdigest()

    def _copy(self, statement: str, file: BinaryIO) -> None:
        for block in self._blocks(statement):
            file.write(block)

    def _blocks(self, statement: str) -> Iterator[bytes | bytearray | memoryview]:
        with self._connection.cursor().copy(statement) as copy:
            yield from copy


def ask_for_publication(connection: Connection) -> None:
    """Tell the warehouse flow, if one runs, that somebody waits for its next version."""
    connection.execute(SQL.ask_for_publication)


def behind(positions: Mapping[int, int], lines: list[Line]) -> Positions:
    """The positions once `lines`, a page read at `positions`, have taken effect."""
    return {**positions, **{line.partition: line.offset + 1 for line in lines}}


class Consumer:
    """A named consumer's place in the log: only one instance holds it, an older one is fenced.

    `connection` writes its effects and must be in autocommit outside `transaction()`.
    Use: `with connection.transaction(): consumer.advance(positions); …effects…`.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._place: Place | None = None
        self.name = name

    def take_over(self) -> bool:
        """Become the consumer; False when another process stays it."""
        if not acquire(self._connection, self.name, 0):
            return False
        self._place, _ = begin_epoch(self._connection, self.name, 0)
        return True

    def positions(self) -> Positions:
        """Where it reads next, as committed."""
        return dict(self._connection.execute(SQL.positions, (self.name,)).fetchall())

    def advance(self, positions: Mapping[int, int]) -> None:
        """First statement of a batch's transaction. Raises Fenced for one who was replaced."""
        epoch = 0 if self._place is None else self._place.epoch
        if self._connection.execute(SQL.fence, (self.name, epoch)).fetchone() is None:
            raise Fenced(f"the consumer {self.name} runs elsewhere now")
        moved = list(positions), list(positions.values())
        self._connection.execute(SQL.advance, (self.name, *moved))
