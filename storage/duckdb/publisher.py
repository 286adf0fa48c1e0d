"""Publishing: an immutable copy of the warehouse that anybody can open at any moment.

The writer waits for the gate, which is a CHECKPOINT, and goes on while a thread makes the
version: copy → fsync → rename of its folder → rename of the manifest (it is published) → stable
name. A crash at any point leaves the present version as it is.
"""

import os
import shutil
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import pairwise

from models.instant import to_rfc3339
from storage.duckdb.folder import sync, writing
from storage.duckdb.manifest import Manifest, read_manifest, write_manifest
from storage.duckdb.session import CHECKPOINT
from storage.duckdb.snapshot import copy_checkpointed, sha256
from storage.duckdb.warehouse import Warehouse

_KEPT = 3
"""Versions on disk, the present one included."""
GRACE_S = 10.0
"""So long a replaced version stays for whoever has followed the stable name to it, but not yet
opened it."""
_NEVER = "1000TB"


class Publisher:
    """Publishes a warehouse, one version at a time. All methods are for the writer's thread."""

    def __init__(self, warehouse: Warehouse, grace_s: float = GRACE_S) -> None:
        self._warehouse = warehouse
        self._grace_s = grace_s
        self._folder = warehouse.folder
        self._thread = ThreadPoolExecutor(1, "publisher")
        self._making: Future[Manifest] | None = None
        if self._folder.manifest.exists():
            self._tidy_files()
            self._tidy_history()

    def publish(self) -> Manifest:
        """Publish what is committed. Raises Unavailable, the present version as it was, when
        there is no room."""
        making = self.begin()
        self.finish()
        return making.result()

    def begin(self) -> Future[Manifest]:
        """Make what is committed the next version, behind the one that is being made; once it is
        published the result is there. Until `finish` there is no further checkpoint."""
        self.finish()
        session = self._warehouse.session
        with writing(self._folder.path):
            self._warehouse.history.compact()
            session.run("advance_version")
            session.run("checkpoint")
            session.run("checkpoint_at", size=_NEVER)
            self._making = self._thread.submit(self._make, self._manifest())
        return self._making

    def idle(self) -> bool:
        """Whether no version is being made; one that is ready is finished. Raises Unavailable
        for one that could not be made."""
        if self._making is not None and self._making.done():
            self.finish()
        return self._making is None

    def finish(self) -> None:
        """Wait for the version that is being made, if one is, and tidy up behind it."""
        if self._making is None:
            return
        self._making.result()
        self._making = None
        with writing(self._folder.path):
            self._warehouse.session.run("checkpoint_at", size=CHECKPOINT)
            self._tidy_history()

    def close(self) -> None:
        """Wait for the version that is being made, whatever becomes of it."""
        self._thread.shutdown()

    def _manifest(self) -> "partial[Manifest]":
        """What the gate fixes; the rest is known behind the copy."""
        identity = self._warehouse.identity()
        file = self._folder.version(identity.version).relative_to(self._folder.path)
        return partial(
            Manifest,
            file=str(file),
            version=identity.version,
            schema_version=identity.schema_version,
            log_id=identity.log_id,
            generation=identity.generation,
            positions=self._warehouse.positions(),
            rows=self._warehouse.counts(),
            parts=self._warehouse.history.counts(),
            bytes=self._folder.database.stat().st_size,
            clock=None if identity.clock is None else to_rfc3339(identity.clock),
            copied=identity.copied,
        )

    def _make(self, fixed: "partial[Manifest]") -> Manifest:
        """In the other thread, so without DuckDB."""
        file = self._folder.path / fixed.keywords["file"]
        # Its own name: a copying child that outlived a killed writer may still write to its own.
        draft = self._folder.private / f"draft-{file.parent.name}"
        with writing(self._folder.path):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            copy = draft / file.name
            try:
                copy_checkpointed(self._folder.database, copy, fixed.keywords["bytes"])
            except OSError:
                shutil.rmtree(draft)
                raise
            sync(draft)
            now = to_rfc3339(time.time_ns() // 1_000)
            manifest = fixed(sha256=sha256(copy), published_at=now)
            os.replace(draft, file.parent)
            sync(self._folder.versions)
            write_manifest(self._folder, manifest)
            self._tidy_files()
        return manifest

    def _tidy_files(self) -> None:
        """The stable name follows the manifest; what no manifest named, and old versions, go."""
        manifest = read_manifest(self._folder.manifest)
        self._folder.name_latest(manifest.file)
        numbers = self._folder.version_numbers()
        spent = [number for number in numbers if number > manifest.version]
        for number, next_number in pairwise(numbers):
            if number <= manifest.version - _KEPT and self._is_settled(next_number):
                spent.append(number)
        for folder in (
            *(self._folder.version(number).parent for number in spent),
            *self._folder.private.glob("draft-*"),
        ):
            shutil.rmtree(folder)

    def _is_settled(self, number: int) -> bool:
        """Whether it is so old that nobody is about to open the one before it any more."""
        made_at = self._folder.version(number).parent.stat().st_mtime
        return time.time() - made_at >= self._grace_s

    def _tidy_history(self) -> None:
        """Parts that were replaced go, and those of older generations with the last version that
        lists them."""
        self._warehouse.history.sweep()
        identity = self._warehouse.identity()
        if min(self._folder.version_numbers(), default=0) >= identity.first_version:
            for older in self._folder.history.iterdir():
                if older.name != identity.generation:
                    shutil.rmtree(older)
