"""The published warehouse, opened for reading: always the newest version, never a lock."""

import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from models.errors import NotFound, WarehouseNotReady
from storage.duckdb.folder import Folder
from storage.duckdb.manifest import Manifest, read_manifest
from storage.postgres.queries import load

SQL = load("metrics", "storage.duckdb")

_OPENING: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "1GB",
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_TRIES = 3


class Freshness(NamedTuple):
    """Of a published version: the log clock, when it was published, and its position in the log
    as `partition:offset` of the last event in it, comma-separated."""

    clock: datetime
    published_at: datetime
    as_of: str


class Version:
    """One published version; immutable, and readable for as long as this lives."""

    def __init__(self, folder: Folder, manifest: Manifest) -> None:
        self.manifest = manifest
        path = folder.path / manifest.file
        self._connection = duckdb.connect(str(path), read_only=True, config=_OPENING)
        self._lock(folder.history)
        ((clock,),) = self._connection.execute(SQL.clock).fetchall()
        positions = self._connection.execute(SQL.positions).fetchall()
        self.freshness = Freshness(
            datetime.fromtimestamp(0, UTC) if clock is None else clock.replace(tzinfo=UTC),
            datetime.fromisoformat(manifest.published_at),
            ",".join(f"{partition}:{next_offset - 1}" for partition, next_offset in positions),
        )

    def reader(self) -> "closing[duckdb.DuckDBPyConnection]":
        """A connection of one's own, for one thread."""
        return closing(self._connection.cursor())

    def _lock(self, history: Path) -> None:
        """No statement reaches a file but those of the history; in this order, since the last
        makes it final. Versions opened twice share a database, which is locked already."""
        if self._connection.execute(SQL.is_locked).fetchall() == [(True,)]:
            return
        quoted = str(history.absolute()).replace("'", "''")
        self._connection.execute(f"SET allowed_directories = ['{quoted}']")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")


class Published:
    """The versions of a warehouse's folder. Safe for many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)
        self._turn = threading.Lock()
        self._version: Version | None = None

    def newest(self) -> Version:
        """The version that the manifest names. Raises WarehouseNotReady for none."""
        with self._turn:
            for _ in range(_TRIES):
                manifest = self._manifest()
                if self._version is not None and self._version.manifest == manifest:
                    return self._version
                try:
                    self._version = Version(self._folder, manifest)
                except duckdb.IOException:
                    continue  # deleted since: the manifest names another
                return self._version
        raise WarehouseNotReady("the warehouse cannot be opened")

    def _manifest(self) -> Manifest:
        try:
            return read_manifest(self._folder.manifest)
        except NotFound:
            raise WarehouseNotReady("no warehouse has been published yet") from None
