"""The history as Parquet: raw events and every row version, by UTC day of recording.

A part is written, made durable, and then listed in the transaction of the lines that it holds;
a file that no table lists is a crash's leftover. Small parts are put together sixteen at a time,
a finished day into one. What was replaced stays an hour for whoever is reading it.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from storage.duckdb.folder import Folder, sync
from storage.duckdb.session import Session

KINDS = ("events", "versions")
_FAN_IN = 16
_FULL_ROWS = 2_000_000
"""A part of so many rows is left as it is."""
_GRACE_S = 3_600.0
BEFORE_ALL = date(1970, 1, 1)
"""Of the parts that hold nothing and say what the columns are."""


class History:
    """The parts of one generation of the warehouse."""

    def __init__(self, folder: Folder, session: Session, generation: str) -> None:
        self._folder = folder
        self._session = session
        self._generation = generation
        self._sweep_leftovers()

    def add(self, first: int, last: int) -> None:
        """Write and list what the staged page holds; within the page's transaction.

        `first` and `last` count the lines of all partitions before and behind the page, which
        names its parts.
        """
        for kind in KINDS:
            for day, rows in self._session.rows(f"days_of_{kind}"):
                self._write(kind, day, rows, first, last)

    def begin(self) -> None:
        """Write and list a part of each kind that holds nothing: so there always is one, which
        says what the columns are. Within the first transaction, an empty page being staged."""
        for kind in KINDS:
            self._write(kind, BEFORE_ALL, rows=0, first=0, last=0)

    def compact(self) -> None:
        """Put small parts together where there are enough of them."""
        for kind, day, level, names, rows in self._session.rows(
            "compactable", (_FAN_IN, _FULL_ROWS)
        ):
            first, last = _ends(names[0])[0], _ends(names[-1])[1]
            name = self._name(kind, day, first, last, level + 1)
            paths = [str(self._path(each)) for each in names]
            self._session.run("merge_parts", (paths,), path=self._path(name))
            self._durable(name)
            with self._session.transaction():
                self._session.run("retire_parts", (names,))
                self._session.run("unlist_parts", (names,))
                self._session.run("list_part", (name, kind, day, level + 1, rows))

    def counts(self) -> dict[str, int]:
        """Rows by kind."""
        return dict(self._session.rows("count_parts"))

    def sweep(self) -> None:
        """Delete replaced parts that no kept version lists and nobody can be reading any more."""
        oldest = min(self._folder.version_numbers(), default=0)
        gone = [row[0] for row in self._session.rows("deletable", (oldest, _GRACE_S))]
        if gone:
            self._unlink(self._path(name) for name in gone)
            self._session.run("forget_parts", (gone,))

    def _write(self, kind: str, day: date, rows: int, first: int, last: int) -> None:
        name = self._name(kind, day, first, last, level=0)
        self._session.run(f"write_{kind}", path=self._path(name), day=day)
        self._durable(name)
        self._session.run("list_part", (name, kind, day, 0, rows))

    def _sweep_leftovers(self) -> None:
        known = {self._path(row[0]) for row in self._session.rows("known_parts")}
        found = (self._folder.history / self._generation).rglob("*.parquet")
        self._unlink(path for path in found if path not in known)

    def _unlink(self, paths: Iterable[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    def _name(self, kind: str, day: date, first: int, last: int, level: int) -> str:
        folder = self._folder.history / self._generation / kind / f"day={day}"
        folder.mkdir(parents=True, exist_ok=True)
        relative = folder.relative_to(self._folder.path)
        return f"{relative}/{first:012d}-{last:012d}-{level}.parquet"

    def _path(self, name: str) -> Path:
        return self._folder.path / name

    def _durable(self, name: str) -> None:
        path = self._path(name)
        path.chmod(0o444)
        sync(path)
        for folder in path.parents[:3]:
            sync(folder)


def _ends(name: str) -> tuple[int, int]:
    first, last, _ = name.rpartition("/")[2].split("-")
    return int(first), int(last)
