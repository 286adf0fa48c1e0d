"""Lines in the order of their times, sorted on disk."""

import sqlite3
from collections.abc import Iterator

from storage.postgres.queries import load

SQL = load("sorter", "storage.sqlite")
_READ = 1_000


class Sorter:
    """Holds any number of lines; its file goes with it."""

    def __init__(self) -> None:
        # A database without a name is a file of its own that goes with the connection.
        self._connection = sqlite3.connect("")
        self._connection.execute(SQL.make)

    def put(self, at: int, number: int, line: bytes) -> None:
        """A line with its time; of one time the smaller number comes first."""
        self._connection.execute(SQL.put, (at, number, line))

    def in_order(self) -> Iterator[tuple[int, bytes]]:
        """Each with its time."""
        rows = self._connection.execute(SQL.in_order)
        while chunk := rows.fetchmany(_READ):
            yield from chunk
