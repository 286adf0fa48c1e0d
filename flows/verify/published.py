"""The published warehouse as verify reads it: one version and the history that it lists."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from flows.verify.rows import ANNOUNCED, SCHEMA
from flows.verify.snapshot import Range, Rows
from flows.verify.stays import Stays
from models.errors import NotFound, Unavailable
from storage.duckdb.manifest import Manifest
from storage.duckdb.reader import present
from storage.postgres.queries import load

SQL = dict(load("verify", "storage.duckdb"))
_EVENT_KINDS = ("events", "versions")


class Published:
    """Reads of one version, which later publications do not change: the newest, or that of a
    manifest. Raises NotFound before the first publication, Unavailable when it has gone."""

    def __init__(self, folder: Path, manifest: Manifest | None = None) -> None:
        self.folder = folder
        self.manifest = manifest or present(folder)[0]
        self.file = folder / self.manifest.file
        try:
            self._connection = duckdb.connect(str(self.file), read_only=True)
        except duckdb.IOException as error:
            if self.file.exists():
                raise
            raise Unavailable(f"{self.file} was replaced by newer versions: try again") from error
        self._parts = {
            kind: [
                str(folder / name)
                for (name,) in self._connection.execute(SQL["parts"], [kind]).fetchall()
            ]
            for kind in _EVENT_KINDS
        }

    def missing_parts(self) -> list[str]:
        """Parquet files that are listed and not there."""
        return [part for parts in self._parts.values() for part in parts if not Path(part).exists()]

    def sha256(self) -> str:
        """Of the published file."""
        with self.file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def identity(self) -> tuple[str, dict[int, int], dict[str, int], dict[str, int], int | None]:
        """Log id, positions, rows by table, rows of the history by kind, clock in µs."""
        log_id, clock = self._rows("identity")[0]
        tables = ("applications", "events", "predictions")
        rows = dict(zip(tables, self._rows("counts")[0], strict=True))
        positions: dict[int, int] = dict(self._rows("positions"))
        parts: dict[str, int] = dict(self._rows("count_parts"))
        return log_id, positions, rows, parts, clock

    def applications(self, within: Range) -> pl.DataFrame:
        """Rows of v_applications in the shape of a recompute, lists as text."""
        return self._frame(self._rows("applications", within))

    def status_changes(self, within: Range) -> dict[str, list[tuple[Any, ...]]]:
        """Transitions of v_status_changes by application, in order, with their `n`."""
        changes: dict[str, list[tuple[Any, ...]]] = {}
        for application_id, *change in self._rows("status_changes", within):
            changes.setdefault(application_id, []).append(tuple(change))
        return changes

    def stays(self, within: Range) -> dict[str, Stays]:
        """What stands with the row for the figures, by application."""
        return {
            application_id: Stays(*rest) for application_id, *rest in self._rows("stays", within)
        }

    def events(self, partition: int, first: int, last: int) -> Rows:
        """Rows of `events` at these offsets."""
        return self._rows("events", (partition, first, last))

    def predictions(self, partition: int, first: int, last: int) -> Rows:
        """Served probabilities at these offsets."""
        return self._rows("predictions", (partition, first, last))

    def history_events(self, partition: int, first: int, last: int) -> Rows:
        """Events of the history at these offsets, with payload."""
        return self._rows("history_events", (self._parts["events"], partition, first, last))

    def history_versions(self, partition: int, first: int, last: int) -> tuple[Rows, pl.DataFrame]:
        """Row versions of the history at these offsets: their places, and their columns."""
        found = self._rows("history_versions", (self._parts["versions"], partition, first, last))
        return [row[:2] for row in found], self._frame([row[2:] for row in found])

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def _rows(self, name: str, parameters: Sequence[object] = ()) -> Rows:
        return self._connection.execute(SQL[name], list(parameters)).fetchall()

    def _frame(self, rows: Rows) -> pl.DataFrame:
        schema = {name: SCHEMA[name] for name in ANNOUNCED}
        return pl.DataFrame([_as_text(row) for row in rows], schema=schema, orient="row")


_LISTS = (ANNOUNCED.index("status_changes"), ANNOUNCED.index("flags"))


def _as_text(row: Sequence[Any]) -> list[Any]:
    values = list(row)
    changes, flags = _LISTS
    values[changes] = str([tuple(change.values()) for change in values[changes]])
    values[flags] = str(values[flags])
    return values


@contextmanager
def published(folder: Path | None, manifest: Manifest | None = None) -> Iterator[Published | None]:
    """The present version or that of a manifest, None before the first publication."""
    try:
        found = None if folder is None else Published(folder, manifest)
    except NotFound:
        found = None
    try:
        yield found
    finally:
        if found is not None:
            found.close()
