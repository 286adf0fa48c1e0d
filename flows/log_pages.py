"""What is next of the log, as files that DuckDB reads: the reading side of the warehouse flow."""

import time
from collections.abc import Callable
from pathlib import Path

from storage.duckdb.folder import Folder, writing
from storage.duckdb.warehouse import Page
from storage.postgres.connect import Connection
from storage.postgres.consumers import COPIED, LogReader, Positions, Range

PAGE_LINES = 100_000
"""Most lines of one transaction; so many that wait are read before a publication is due."""


class LogPages:
    """Reads behind `positions`; `publish_s` is the longest wait between two publications.

    A publication is due when that time is over, when the flow has just begun, and when
    somebody asks (`Connection` hears the channel `warehouse`); if there is something new, be it
    in the log or in the tables that are copied whole, which are looked at as often.
    """

    def __init__(
        self,
        connection: Connection,
        folder: Folder,
        positions: Positions,
        publish_s: float,
        clock: Callable[[], float] = time.monotonic,
        page_lines: int = PAGE_LINES,
    ) -> None:
        self._connection = connection
        self._reader = LogReader(connection)
        connection.execute("LISTEN warehouse")
        self._folder = folder
        self._positions = positions
        self._target = positions
        self._publish_s = publish_s
        self._clock = clock
        self._page_lines = page_lines
        self._due_at = self._look_at = clock()
        self._tables_digest = ""
        self._unpublished = True
        self._number = 0

    def next(self, *, may_publish: bool = True) -> Page | None:
        """The next page, or None while there is nothing to do. Nothing is due before it
        `may_publish`."""
        if self._asked():
            self._due_at = self._look_at = self._clock()
        due = may_publish and self._clock() >= self._due_at
        if not self._waiting():
            self._target = self._reader.heads()
            waiting = self._waiting()
            if not due and waiting < self._page_lines:
                return None
            if not waiting and not self._unpublished and not self._tables_changed():
                return None
        return self._read(due)

    def _read(self, due: bool) -> Page:
        ranges = self._ranges()
        page = Page(None, ranges, whole=False, due=due)
        if ranges:
            self._number += 1
            page.path = self._folder.private / f"page-{self._number % 4}.csv"
            with writing(self._folder.path), page.path.open("wb") as file:
                self._reader.copy(ranges, file)
            self._positions = {**self._positions, **{one.partition: one.last for one in ranges}}
            self._unpublished = True
        page.whole = not self._waiting()
        if page.whole and due:
            # First: what comes in between is copied, and taken for new at the next look.
            page.digest = self._tables_digest = self._reader.tables_digest()
            page.tables = self._copy_tables()
            self._due_at = self._look_at = self._clock() + self._publish_s
            self._unpublished = False
        return page

    def _tables_changed(self) -> bool:
        if self._clock() < self._look_at:
            return False
        self._look_at = self._clock() + self._publish_s
        return self._reader.tables_digest() != self._tables_digest

    def _copy_tables(self) -> dict[str, Path]:
        paths = {name: self._folder.private / f"{name}.csv" for name in COPIED}
        for name, path in paths.items():
            with writing(self._folder.path), path.open("wb") as file:
                self._reader.copy_table(name, file)
        return paths

    def _ranges(self) -> list[Range]:
        """Up to a page of lines on the way to the target."""
        ranges, room = [], self._page_lines
        for partition, end in sorted(self._target.items()):
            first = self._positions.get(partition, 0)
            last = min(end, first + room)
            if last > first:
                ranges.append(Range(partition, first, last))
                room -= last - first
        return ranges

    def _waiting(self) -> int:
        """Lines between here and the target."""
        return sum(
            end - self._positions.get(partition, 0) for partition, end in self._target.items()
        )

    def _asked(self) -> bool:
        heard = list(self._connection.notifies(timeout=0))
        return any(one.channel == "warehouse" for one in heard)
