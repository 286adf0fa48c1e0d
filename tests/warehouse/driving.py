"""Drives the warehouse in the test's own process and as a process: real log, real DuckDB."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from flows.commands.publish import up_to_date
from models.errors import NotFound
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.manifest import Manifest, read_manifest
from storage.postgres.connect import connect
from tests.platform.driving import command, environment, wait_until

_PATIENCE_S = 60.0
GOLDEN = Path(__file__).parents[1] / "contract" / "golden" / "events.ndjson"
"""One application's life in 16 events."""


def publish(settings: Settings) -> Manifest:
    """A published version with all that is in the log now."""
    with connect(str(settings.postgres_url), autocommit=True) as connection:
        return up_to_date(settings, connection)


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    """All rows of a statement on a published file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(statement).fetchall()


class Flow:
    """`jobfinders flow warehouse` as a process; what it says is in its log."""

    def __init__(self, settings: Settings, publish_s: float = 0.2) -> None:
        self.folder = Folder(settings.warehouse_folder)
        self.log = settings.data.parent / "flow.log"
        self._environment = environment(
            settings.data,
            postgres_url=str(settings.postgres_url),
            warehouse_publish_s=str(publish_s),
        )
        settings.data.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """Start it, again where it has ended."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command("flow", "warehouse"), env=self._environment, stdout=log, stderr=log
            )

    def wait_for(self, true: Callable[[Manifest], bool], what: str) -> None:
        """Until a manifest is there of which this is true."""

        def reached() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(self.log.read_text())
            try:
                return true(read_manifest(self.folder.manifest))
            except NotFound:
                return False

        wait_until(reached, _PATIENCE_S, what)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait."""
        self.process.send_signal(how)
        return self.process.wait(_PATIENCE_S)


@contextmanager
def flow(settings: Settings, publish_s: float = 0.2) -> Iterator[Flow]:
    """A flow that is killed in the end, if it still runs."""
    running = Flow(settings, publish_s)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()
