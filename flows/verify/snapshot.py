"""Everything verify reads, from one moment of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import IsolationLevel, sql

from storage.postgres.connect import Connection, connect
from storage.postgres.queries import load

SQL = load("verify")
CHUNK_FACTS = 20_000
_PAGE = 5_000
_FIRST = ""

Rows = list[tuple[Any, ...]]
Range = tuple[str, str | None]


class Snapshot:
    """Reads of one REPEATABLE READ transaction on the database at `url`."""

    def __init__(self, url: str, connection: Connection) -> None:
        self.url = url
        self._connection = connection

    def ranges(self, facts: int = CHUNK_FACTS) -> list[Range]:
        """The applications cut into ranges of about so many facts; together they cover
        every id there can be, so that a log entry without a row is met too."""
        edges = [row[0] for row in self.rows(SQL.edges, facts)]
        starts = [_FIRST, *edges[1:]]
        return list(zip(starts, [*starts[1:], None], strict=True))

    def share(self) -> str:
        """A name under which other connections see the same moment while this one is open."""
        name: str = self.rows(SQL.share)[0][0]
        return name

    def rows(self, statement: str, *parameters: object) -> Rows:
        """All rows of a statement."""
        with self._connection.cursor(binary=True) as cursor:
            return cursor.execute(statement, parameters).fetchall()

    def dead_letters(self) -> Iterator[Rows]:
        """Pages of dead letters in order of id."""
        return self._pages(SQL.dead_letters)

    def outbox(self) -> Iterator[Rows]:
        """Pages of messages that wait, in order of seq."""
        return self._pages(SQL.waiting)

    def _pages(self, statement: str) -> Iterator[Rows]:
        last = 0
        while page := self.rows(statement, last, _PAGE):
            yield page
            last = page[-1][0]


@contextmanager
def snapshot(url: str, shared: str | None = None) -> Iterator[Snapshot]:
    """One moment of the database, whatever is written meanwhile: now, or that of the snapshot
    that was `shared` under this name. Raises Unavailable."""
    with connect(url) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        if shared is not None:
            connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(shared))
        yield Snapshot(url, connection)
