"""One `up` per data folder: who it is, kept in a locked file."""

import fcntl
import os
from pathlib import Path
from typing import IO

import msgspec

from models.errors import AlreadyRunning, ConfigurationError
from models.settings import Settings

_BYTES = 1_024  # always written in one piece, so that nobody reads half of it


class Running(msgspec.Struct):
    """A running `up`: its process, its API, and the processes of its parts by name."""

    pid: int
    api: str
    parts: dict[str, int] = msgspec.field(default_factory=dict)


def running(settings: Settings) -> Running | None:
    """The `up` that holds this data folder, None when nobody does."""
    try:
        with _path(settings).open("rb") as file:
            if _lock(file):
                return None
            return msgspec.json.decode(file.read(), type=Running)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


class Claim:
    """The data folder is ours as long as this lives; the kernel lets it go with the process."""

    def __init__(self, settings: Settings) -> None:
        """Raises AlreadyRunning, or ConfigurationError where the folder cannot be used."""
        try:
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Neither needs the file nor wipes what another `up` wrote into it.
            handle = os.open(_path(settings), os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ConfigurationError(
                f"cannot use the data folder {settings.data}: {error.strerror}"
            ) from error
        self._file = os.fdopen(handle, "r+b", buffering=0)
        if not _lock(self._file):
            other = running(settings)
            where = f" (process {other.pid}, {other.api})" if other else ""
            raise AlreadyRunning(
                f"already running on {settings.data}{where}: stop it with `jobfinders down`, or "
                "set JOBFINDERS_DATA to another folder"
            )
        self.tell(Running(os.getpid(), ""))

    def tell(self, state: Running) -> None:
        """Say who we are; read by other commands."""
        os.pwrite(self._file.fileno(), msgspec.json.encode(state).ljust(_BYTES), 0)

    def release(self) -> None:
        """Let the folder go."""
        self._file.close()


def _path(settings: Settings) -> Path:
    return settings.data / "up.lock"


def _lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
