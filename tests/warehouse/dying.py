"""The warehouse flow's work in a process that is killed at a named point.

A point is behind a named statement on DuckDB (`after commit`), or before an act on the file
system as Python announces it (`os.rename manifest.json`); so a new step is a new point without
a word here.
"""

import os
import re
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from flows.log_pages import LogPages
from storage.duckdb.folder import Claim, Folder
from storage.duckdb.manifest import read_manifest
from storage.duckdb.publisher import Publisher
from storage.duckdb.session import Session
from storage.duckdb.warehouse import Warehouse
from storage.postgres.connect import connect
from storage.postgres.consumers import LogReader

PAGE_LINES = 3
_ACTS = {
    "os.rename": 1,
    "os.symlink": 1,
    "os.remove": 0,
    "os.mkdir": 0,
    "os.truncate": 0,
    "os.chmod": 0,
    "shutil.rmtree": 0,
    "subprocess.Popen": 0,
}
"""Audit event → which argument names the file."""
_NUMBER = re.compile(r"[0-9a-f]{6,}|(?<=page-)\d")


class Fate:
    """Counts the passes of one point and dies at the last; or only keeps what is passed."""

    def __init__(self, point: str, passes: int) -> None:
        self.passed: list[str] = []
        self._point = point
        self._left = passes

    def meet(self, point: str) -> None:
        """Pass it, perhaps for the last time."""
        self.passed.append(point)
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python's own announcements of what is about to be done."""
        which = _ACTS.get(event)
        if which is not None:
            name = Path(os.fsdecode(arguments[which])).name
            self.meet(f"{event} {_NUMBER.sub('#', name)}")


class MortalSession(Session):
    """Tells its fate of each statement."""

    fate: Fate

    def rows(
        self, name: str, parameters: Sequence[object] = (), **parts: object
    ) -> list[tuple[Any, ...]]:
        found = super().rows(name, parameters, **parts)
        self.fate.meet(f"after {name}")
        return found


def live(url: str, path: Path, point: str, passes: int, told: Connection | None = None) -> None:
    """Store what the log has in pages of a few lines, while a version of what was there is made,
    and publish; tell the points passed."""
    fate = Fate(point, passes)
    mortal = type("Mortal", (MortalSession,), {"fate": fate})
    folder = Folder(path)
    with connect(url, autocommit=True) as connection:
        log_id = LogReader(connection).log_id()
        sys.addaudithook(fate.audit)
        Claim(folder)
        warehouse = Warehouse(folder, log_id, mortal)
        publisher = Publisher(warehouse, grace_s=0)
        pages = LogPages(
            connection, folder, warehouse.positions(), publish_s=0, page_lines=PAGE_LINES
        )
        published = read_manifest(folder.manifest).positions if folder.manifest.exists() else None
        if published == warehouse.positions():
            publisher.begin()
        while page := pages.next():
            if warehouse.store(page).whole:
                publisher.begin()
        publisher.finish()
    if told is not None:
        told.send(fate.passed)
