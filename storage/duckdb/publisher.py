"""Publishing: an immutable copy of the warehouse that anybody can open at any moment.

gate → CHECKPOINT → copy → fsync → rename of the file → rename of the manifest (it is published)
→ stable name. A crash at any point leaves the present version as it is.
"""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from models.instant import to_rfc3339
from storage.duckdb.folder import sync, writing
from storage.duckdb.manifest import Manifest, read_manifest, write_manifest
from storage.duckdb.warehouse import Warehouse

_KEPT = 3
"""Versions on disk, the present one included."""


class Publisher:
    """Publishes a warehouse; the writer waits meanwhile, which is the gate."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._folder = warehouse.folder
        self._sweep()

    def publish(self) -> Manifest:
        """Publish what is committed. Raises Unavailable, the present version as it was, when
        there is no room."""
        with writing(self._folder.path):
            self._warehouse.history.compact()
            self._warehouse.session.run("advance_version")
            self._warehouse.session.run("checkpoint")
            draft = self._folder.private / "draft.duckdb"
            try:
                _copy(self._folder.database, draft)
            except OSError:
                draft.unlink(missing_ok=True)
                raise
            manifest = self._manifest(draft)
            os.replace(draft, self._folder.path / manifest.file)
            sync(self._folder.versions)
            write_manifest(self._folder, manifest)
            self._sweep()
        return manifest

    def _manifest(self, draft: Path) -> Manifest:
        identity = self._warehouse.identity()
        file = self._folder.version(identity.version).relative_to(self._folder.path)
        return Manifest(
            file=str(file),
            version=identity.version,
            schema_version=identity.schema_version,
            log_id=identity.log_id,
            generation=identity.generation,
            positions=self._warehouse.positions(),
            rows=self._warehouse.counts(),
            parts=self._warehouse.history.counts(),
            bytes=draft.stat().st_size,
            sha256=_sha256(draft),
            clock=None if identity.clock is None else to_rfc3339(identity.clock),
            published_at=to_rfc3339(time.time_ns() // 1_000),
        )

    def _sweep(self) -> None:
        """The stable name follows the manifest; what no manifest named, and old versions, go."""
        if not self._folder.manifest.exists():
            return
        present = self._folder.path / read_manifest(self._folder.manifest).file
        if not (self._folder.latest.exists() and self._folder.latest.samefile(present)):
            draft = self._folder.private / "latest.duckdb"
            draft.unlink(missing_ok=True)
            os.link(present, draft)
            os.replace(draft, self._folder.latest)
            sync(self._folder.path)
        number = int(present.stem)
        for other in self._folder.version_numbers():
            if other > number or other <= number - _KEPT:
                self._folder.version(other).unlink()
        self._warehouse.history.sweep()
        self._forget_older_generations()

    def _forget_older_generations(self) -> None:
        """Their parts go with the last version that lists them."""
        identity = self._warehouse.identity()
        if min(self._folder.version_numbers()) >= identity.first_version:
            for older in self._folder.history.iterdir():
                if older.name != identity.generation:
                    shutil.rmtree(older)


def _copy(source: Path, target: Path) -> None:
    """In a child: closing a second handle of the file in here would drop DuckDB's lock on it."""
    command = ["/bin/cp", "--reflink=auto", "--", str(source), str(target)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise OSError(f"cannot copy the warehouse: {ended.stderr.strip() or ended.returncode}")
    target.chmod(0o444)
    sync(target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
