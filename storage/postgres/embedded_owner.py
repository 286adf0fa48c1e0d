"""Which system user runs the embedded server: Postgres refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from models.errors import ConfigurationError

_UNPRIVILEGED = "nobody"


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
        """Arguments that make `subprocess.run` become this user."""
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
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def of(folder: Path) -> Owner:
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
