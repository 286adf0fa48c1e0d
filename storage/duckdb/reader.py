"""For analysts: the published warehouse, as it is and as it was.

from storage.duckdb.reader import open_latest, as_of
open_latest().sql("SELECT status, count(*) FROM v_applications GROUP BY status")
as_of(datetime(2026, 3, 1, tzinfo=UTC)).sql("FROM v_daily_funnel")
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import duckdb

from models.errors import InvalidRequest, Unavailable
from storage.duckdb.folder import Folder
from storage.duckdb.history import BEFORE_ALL
from storage.duckdb.manifest import Manifest, read_manifest
from storage.duckdb.session import quoted

HERE = Path("data/warehouse")
_TRIES = 5


def present(folder: Path = HERE) -> tuple[Manifest, Path]:
    """The manifest and the file that it names. Raises NotFound before the first publication."""
    manifest = read_manifest(Folder(folder).manifest)
    return manifest, folder / manifest.file


def open_latest(folder: Path = HERE) -> duckdb.DuckDBPyConnection:
    """The newest version, read-only; it stays as it is however long it is open.

    The one that the manifest names, which the stable name follows a moment later. Raises
    NotFound before the first publication.
    """
    for _ in range(_TRIES):
        _, path = present(folder)
        try:
            return duckdb.connect(str(path), read_only=True)
        except duckdb.IOException:
            if path.exists():
                raise
            # Three more have been published between two lines: there is a newer one.
    raise Unavailable(f"versions in {folder} come and go too fast")


def as_of(time: datetime, folder: Path = HERE) -> duckdb.DuckDBPyConnection:
    """The tables `applications`, `events`, `predictions`, `warehouse` and every v_* view as they
    were; the model's scores are those of the published file.

    `time` is aware; what had been recorded up to then counts, whenever it happened. Raises
    NotFound before the first publication.
    """
    if time.tzinfo is None:
        raise InvalidRequest("as_of needs a time with an offset")
    at = time.astimezone(UTC).replace(tzinfo=None)
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    _attach(connection, folder)
    last = max(at.date(), BEFORE_ALL)
    found = connection.execute(
        "SELECT kind, name FROM published.history_parts WHERE day <= $1 ORDER BY name", [last]
    ).fetchall()
    lists = {
        kind: _list(folder / name for of, name in found if of == kind)
        for kind in ("events", "versions")
    }
    text = (resources.files("storage.duckdb") / "as_of.sql").read_text("utf-8")
    for part, value in {**lists, "at": at.isoformat(sep=" ")}.items():
        text = text.replace(f"{{{part}}}", value)
    connection.execute(text)
    connection.execute((resources.files("storage.duckdb") / "views.sql").read_text("utf-8"))
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for _ in range(_TRIES):
        _, path = present(folder)
        try:
            connection.execute(f"ATTACH '{quoted(path)}' AS published (READ_ONLY)")
        except duckdb.IOException:
            if path.exists():
                raise
        else:
            return
    raise Unavailable(f"versions in {folder} come and go too fast")


def _list(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(f"'{quoted(path)}'" for path in paths) + "]"
