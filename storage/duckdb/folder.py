"""What is where in the warehouse's folder, and who may write to it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from models.errors import AlreadyRunning, ConfigurationError, Unavailable


class Folder:
    """`data/warehouse`: the flow's own files, the published ones, the history."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.private = path / "private"
        self.database = self.private / "warehouse.duckdb"
        self.versions = path / "versions"
        self.history = path / "history"
        self.manifest = path / "manifest.json"
        self.latest = path / "latest.duckdb"

    def make(self) -> None:
        """Make what is missing. Raises ConfigurationError where that cannot be."""
        try:
            for folder in (self.private, self.versions, self.history):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"cannot use {self.path}: {error.strerror}") from error

    def version(self, number: int) -> Path:
        """The published file of that number, alone in its folder. All are called as the stable
        name is, for DuckDB names a database after its file."""
        return self.versions / f"{number:09d}" / self.latest.name

    def version_numbers(self) -> list[int]:
        """Numbers of the published files that are kept, ascending."""
        return sorted(int(path.name) for path in self.versions.iterdir() if path.is_dir())

    def name_latest(self, file: str) -> None:
        """Let the stable name stand for this path below the folder. It is a link that DuckDB
        follows before it opens anything: what it opens then, however often, never changes."""
        if self.latest.is_symlink() and os.readlink(self.latest) == file:
            return
        draft = self.private / self.latest.name
        draft.unlink(missing_ok=True)
        os.symlink(file, draft)
        os.replace(draft, self.latest)
        sync(self.path)


class Claim:
    """The folder is ours to write to as long as this lives; it ends with the process."""

    def __init__(self, folder: Folder) -> None:
        """Raises AlreadyRunning while another process has it."""
        folder.make()
        self._handle = os.open(folder.private / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise AlreadyRunning(f"the warehouse {folder.path} has a writer already") from None

    def release(self) -> None:
        """Let the folder go."""
        os.close(self._handle)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What goes wrong when writing to this folder, in words: no room, most of the time."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        reason = str(error).strip().splitlines()[0]
        raise Unavailable(f"cannot write to {path} (is there no room?): {reason}") from error


def sync(path: Path) -> None:
    """What was written to this file, or renamed within this folder, survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
