"""`jobfinders publish`: the warehouse as the log is now, for whoever cannot wait."""

import time

import typer

from flows.context import database, settings_of
from flows.log_pages import LogPages
from models.errors import AlreadyRunning, NotFound, Unavailable
from models.settings import Settings
from storage.duckdb.folder import Claim, Folder
from storage.duckdb.manifest import Manifest, read_manifest
from storage.duckdb.publisher import Publisher
from storage.duckdb.warehouse import Warehouse, remove
from storage.postgres.connect import Connection, connect
from storage.postgres.consumers import LogReader, ask_for_publication

_PATIENCE_S = 600.0
_ASK_AGAIN_S = 1.0
_POLL_S = 0.05


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(publish)


def publish(context: typer.Context) -> None:
    """Publish a warehouse that has everything that is in the log now; prints its path.

    The running flow is asked; where none runs, this does its work.
    """
    settings = settings_of(context)
    with database(settings) as url, connect(url, autocommit=True) as connection:
        manifest = up_to_date(settings, connection)
    typer.echo(settings.warehouse_folder / manifest.file)


def up_to_date(settings: Settings, connection: Connection) -> Manifest:
    """The manifest of a version that has all lines that are in the log now, and the tables that
    are copied whole as they are now or later.

    Raises Unavailable when the running flow does not publish within 10 minutes.
    """
    folder = Folder(settings.warehouse_folder)
    wanted = _Wanted(folder, LogReader(connection))
    log_id = wanted.log_id
    deadline = time.monotonic() + _PATIENCE_S
    while not (manifest := wanted.published()):
        try:
            claim = Claim(folder)
        except AlreadyRunning:
            _ask(connection, wanted)
            if time.monotonic() > deadline:
                raise Unavailable("the warehouse flow does not publish: see its log") from None
            continue
        try:
            _publish(folder, connection, log_id)
        finally:
            claim.release()
    return manifest


def rebuild_warehouse(settings: Settings, connection: Connection) -> Manifest:
    """A version made from nothing but the log; raises AlreadyRunning while the flow runs."""
    folder = Folder(settings.warehouse_folder)
    claim = Claim(folder)
    try:
        remove(folder)
        return _publish(folder, connection, LogReader(connection).log_id())
    finally:
        claim.release()


class _Wanted:
    """What a version must have for whoever asks now."""

    def __init__(self, folder: Folder, reader: LogReader) -> None:
        self._folder = folder
        self._reader = reader
        self.log_id, self._heads = reader.log_id(), reader.heads()
        manifest = self._manifest()
        # One that is being made now may have copied the tables already; the one behind it not.
        self._later = (0 if manifest is None else manifest.version) + 2

    def published(self) -> Manifest | None:
        """The present version, if it has all that and its stable name."""
        manifest = self._manifest()
        if manifest is None or manifest.log_id != self.log_id:
            return None
        if any(manifest.positions.get(each, 0) < head for each, head in self._heads.items()):
            return None
        try:
            if not self._folder.latest.samefile(self._folder.path / manifest.file):
                return None
        except FileNotFoundError:
            return None
        if manifest.version < self._later and manifest.copied != self._reader.tables_digest():
            return None
        return manifest

    def _manifest(self) -> Manifest | None:
        try:
            return read_manifest(self._folder.manifest)
        except NotFound:
            return None


def _ask(connection: Connection, wanted: _Wanted) -> None:
    ask_for_publication(connection)
    again = time.monotonic() + _ASK_AGAIN_S
    while time.monotonic() < again and not wanted.published():
        time.sleep(_POLL_S)


def _publish(folder: Folder, connection: Connection, log_id: str) -> Manifest:
    """What the flow does, until a publication."""
    warehouse = Warehouse(folder, log_id)
    try:
        publisher = Publisher(warehouse)
        pages = LogPages(connection, folder, warehouse.positions(), publish_s=0)
        while (page := pages.next()) and not warehouse.store(page).whole:
            pass
        return publisher.publish()
    finally:
        warehouse.close()
