"""The published warehouse for readers who may not see more than it: the newest version, or as it
was. Read-only, no file but the history's within reach, nothing to be configured any more."""

import threading
from collections.abc import Callable, Hashable, Sized
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import duckdb

from models.errors import NotFound, WarehouseNotReady
from storage.duckdb import reader
from storage.duckdb.folder import Folder
from storage.duckdb.manifest import Manifest, read_manifest
from storage.duckdb.metrics import Reader
from storage.duckdb.session import quoted
from storage.duckdb.warehouse import SCHEMA_VERSION
from storage.postgres.queries import load

SQL = load("metrics", "storage.duckdb")

_KNOWN_MAX = 100
_ITEMS_MAX = 2_000
MEMORY_MB = 400
"""Most of it that a version takes while it is asked."""

Found = TypeVar("Found")


class Freshness(NamedTuple):
    """Of a version: the log clock, when it was published, and its position in the log as
    `partition:offset` of the last event in it, comma-separated."""

    clock: datetime
    published_at: datetime
    as_of: str


class Version:
    """The warehouse at one moment; immutable, and readable for as long as this lives."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, manifest: Manifest, places: str, history: Path
    ) -> None:
        self._connection = connection
        self._known: dict[Hashable, object] = {}
        _lock(connection, history)
        found = connection.execute(places).fetchall()
        clock = max((clock for *_, clock in found if clock is not None), default=None)
        self.freshness = Freshness(
            datetime.fromtimestamp(0, UTC) if clock is None else clock.replace(tzinfo=UTC),
            datetime.fromisoformat(manifest.published_at),
            ",".join(f"{partition}:{offset}" for partition, offset, _ in found),
        )

    def reader(self) -> "closing[duckdb.DuckDBPyConnection]":
        """A connection of one's own, for one thread."""
        return closing(self._connection.cursor())

    def once(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What `find` finds, found once for this version unless it is long; the key must say what
        was asked."""
        with suppress(KeyError):  # another thread may clear it at any time
            return cast("Found", self._known[key])
        found = find()
        if isinstance(found, Sized) and len(found) > _ITEMS_MAX:
            return found
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known[key] = found
        return found


class Published:
    """The versions of a warehouse's folder. Safe for many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)
        self._turn = threading.Lock()
        self._newest: Version | None = None
        self._manifest: Manifest | None = None

    def newest(self) -> Version:
        """The version that the manifest names. Raises WarehouseNotReady for none, or for one of
        another layout."""
        with self._turn:
            manifest = self._read_manifest()
            if self._newest is None or self._manifest != manifest:
                connection = reader.open_latest(self._folder.path)
                self._newest = Version(connection, manifest, SQL.positions, self._folder.history)
                self._manifest = manifest
            return self._newest

    def as_of(self, time: datetime, opened: Callable[[Reader], object]) -> Version:
        """What had been recorded by that time. Where to look takes a while: `opened` is told of
        the connection before. Raises WarehouseNotReady as `newest` does."""
        manifest = self._read_manifest()
        connection = reader.as_of(time, self._folder.path)
        opened(connection)
        return Version(connection, manifest, SQL.places_of_events, self._folder.history)

    def _read_manifest(self) -> Manifest:
        try:
            manifest = read_manifest(self._folder.manifest)
        except NotFound:
            raise WarehouseNotReady("no warehouse has been published yet") from None
        if manifest.schema_version != SCHEMA_VERSION:
            raise WarehouseNotReady("the warehouse is of another release, and is being made anew")
        return manifest


def _lock(connection: duckdb.DuckDBPyConnection, history: Path) -> None:
    """In this order: the last makes it final. A version that is open already is locked already:
    DuckDB hands the same database out again."""
    if connection.execute(SQL.is_locked).fetchall() == [(True,)]:
        return
    for setting in (
        f"memory_limit = '{MEMORY_MB}MB'",
        "temp_directory = ''",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        f"allowed_directories = ['{quoted(history.absolute())}']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
