"""The warehouse's own file: pages of the log in, tables and positions out, together or not."""

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from uuid import uuid4

import msgspec

from models.errors import JobfindersError
from storage.duckdb.folder import Folder, writing
from storage.duckdb.history import History
from storage.duckdb.session import Session
from storage.postgres.consumers import Positions, Range

SCHEMA_VERSION = 3
"""Another layout is made anew from the log, which has everything."""


class Page(msgspec.Struct):
    """Lines of the log, as Postgres copied them to a file.

    `whole` says that it ends where the log ended at one moment; `due` that it is to be
    published then. `path` is None where there are no new lines; `tables` are those that are
    copied whole, by name, where it is due, and `digest` changes with them.
    """

    path: Path | None
    ranges: list[Range]
    whole: bool
    due: bool
    tables: dict[str, Path] = msgspec.field(default_factory=dict)
    digest: str = ""


class Identity(msgspec.Struct):
    """What the warehouse says of itself; `clock` in microseconds since 1970, `copied` the
    digest of the tables that are copied whole."""

    log_id: str
    schema_version: int
    generation: str
    first_version: int
    version: int
    clock: int | None
    copied: str


class TornPage(JobfindersError):
    """A page that does not hold the lines that it should: the log is not dense."""

    code = "TORN_PAGE"


class Warehouse:
    """Belongs to one process, which holds the folder's `Claim`.

    A file of another log, or of another layout, is left for a new one.
    """

    def __init__(
        self, folder: Folder, log_id: str, open_session: Callable[[Path], Session] = Session
    ) -> None:
        self.folder = folder
        self._open_session = open_session
        self.session = open_session(folder.database)
        with writing(folder.path):
            if not self._is_of(log_id):
                self._begin_anew(log_id)
            self._make_views()
            self.history = History(folder, self.session, self.identity().generation)
            if not self.history.counts():
                self._begin_history()

    def positions(self) -> Positions:
        """Where it reads next, as committed."""
        return dict(self.session.rows("positions"))

    def identity(self) -> Identity:
        """Its log, layout, generation, version and clock."""
        return Identity(*self.session.rows("identity")[0])

    def store(self, page: Page) -> Page:
        """Take the page in, with the positions behind it, in one transaction."""
        with writing(self.folder.path):
            if page.path is not None:
                self._take_in(page, page.path)
            if page.tables:
                self._copy_tables(page.tables, page.digest)
        return page

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        tables = ("applications", "events", "predictions")
        return dict(zip(tables, self.session.rows("counts")[0], strict=True))

    def close(self) -> None:
        """Let the file go."""
        self.session.close()

    def _take_in(self, page: Page, path: Path) -> None:
        self._stage(path, page.ranges)
        done = sum(self.positions().values())
        with self.session.transaction():
            self.session.run("delete_older")
            self.session.run("insert_newest")
            self.session.run("insert_events")
            self.session.run("insert_predictions")
            self.session.run("advance_clock")
            self.history.add(done, done + sum(one.last - one.first for one in page.ranges))
            self._move({one.partition: one.last for one in page.ranges})
        path.unlink()

    def _copy_tables(self, tables: Mapping[str, Path], digest: str) -> None:
        with self.session.transaction():
            for table, path in tables.items():
                self.session.run("empty_copied", table=table)
                self.session.run("fill_copied", table=table, path=path)
            self.session.run("set_copied", (digest,))

    def _stage(self, path: Path, ranges: Sequence[Range]) -> None:
        self.session.run("read_lines", path=path)
        expected = sum(one.last - one.first for one in ranges)
        found = self.session.rows("count_lines")[0][0]
        if found != expected:
            raise TornPage(f"the log has {found} lines where {expected} must be: {ranges}")
        for name in ("read_versions", "shape_versions", "newest"):
            self.session.run(name)

    def _make_views(self) -> None:
        with self.session.transaction():
            self.session.script(_text("views.sql"))
            self.session.script(_text("comments.sql"))
            for column, comment in self.session.rows("columns_of_applications"):
                self.session.run("comment_view", column=column, comment=comment)

    def _begin_history(self) -> None:
        self._stage(Path(os.devnull), ())
        with self.session.transaction():
            self.history.begin()

    def _move(self, positions: Mapping[int, int]) -> None:
        for partition, offset in positions.items():
            self.session.run("forget_position", (partition,))
            self.session.run("set_position", (partition, offset))

    def _is_of(self, log_id: str) -> bool:
        if not self.session.rows("has_tables")[0][0]:
            return False
        return self.session.rows("made_of") == [(log_id, SCHEMA_VERSION)]

    def _begin_anew(self, log_id: str) -> None:
        """An empty file, numbered on behind whatever was published before."""
        self.session.close()
        remove(self.folder)
        self.session = self._open_session(self.folder.database)
        last = max(self.folder.version_numbers(), default=0)
        with self.session.transaction():
            self.session.script(_text("schema.sql"))
            self.session.run("found", (log_id, SCHEMA_VERSION, uuid4().hex[:8], last))


def remove(folder: Folder) -> None:
    """Delete the flow's own file, never a published one."""
    for path in _files(folder):
        path.unlink(missing_ok=True)


def _files(folder: Folder) -> Sequence[Path]:
    return [folder.database.with_name(f"{folder.database.name}.wal"), folder.database]


def _text(name: str) -> str:
    return (resources.files("storage.duckdb") / name).read_text("utf-8")
