"""A broker whose log is on a disk of its own of a few megabytes, which can be filled.

The disk is a tmpfs that only a process of ours in a mount namespace sees; ordinary users have
one where the kernel lets them have a user namespace, others need `sudo` without a password.
`python -m tests.kafka.small_disk FOLDER CACHE` is that process; it takes orders from its input
and answers each.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from models.errors import Unavailable
from storage.kafka.broker import Broker

ROOT = Path(__file__).parents[2]
_MEGABYTES = 64
_BLOCK = bytes(4_096)
_WAYS = (["unshare", "--user", "--map-root-user", "--mount"], ["sudo", "-n", "unshare", "--mount"])
_TRIED = "mount -t tmpfs tmpfs /mnt"


class SmallDisk:
    """The test's side."""

    def __init__(self, folder: Path, cache: Path) -> None:
        (folder / "log").mkdir(parents=True)
        self.broker = Broker(folder, cache)
        self._process = subprocess.Popen(
            [*_way(), sys.executable, "-m", "tests.kafka.small_disk", str(folder), str(cache)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> str:
        """Start the broker; returns its address."""
        self._order("start")
        return self.broker.address()

    def fill(self) -> None:
        """Leave no room."""
        self._order("fill")

    def refuse(self) -> None:
        """Start it in vain; it says why."""
        self._order("refuse")

    def clear(self) -> None:
        """Give the room back."""
        self._order("clear")

    def close(self) -> None:
        """Stop the broker; the disk goes with its last process."""
        self._process.communicate()

    def _order(self, word: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == f"{word}: done\n"


def _way() -> list[str]:
    """How a mount of our own is had here. CI never skips; a machine without a way does."""
    for way in _WAYS:
        with suppress(FileNotFoundError):
            if not subprocess.run([*way, *_TRIED.split()], check=False).returncode:
                return way
    if os.environ.get("CI") == "true":
        pytest.fail("no mount namespace is to be had")
    pytest.skip("no mount namespace is to be had: neither as this user nor by sudo")


def main(folder: str, cache: str) -> None:
    """Mount the disk and follow orders until there are no more."""
    disk = Path(folder) / "log"
    mount = ("mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "tmpfs", str(disk))
    subprocess.run(mount, check=True)
    broker = Broker(Path(folder), Path(cache))
    orders = {
        "start": lambda: broker.start(lambda text: None),
        "fill": lambda: _fill(disk / "ballast"),
        "refuse": lambda: _refuse(broker),
        "clear": (disk / "ballast").unlink,
    }
    try:
        for line in sys.stdin:
            orders[line.strip()]()
            sys.stdout.write(f"{line.strip()}: done\n")
            sys.stdout.flush()
    finally:
        broker.stop()


def _fill(file: Path) -> None:
    with suppress(OSError), file.open("ab", buffering=0) as ballast:
        while ballast.write(_BLOCK):
            pass


def _refuse(broker: Broker) -> None:
    with pytest.raises(Unavailable, match="there is no room left in "):
        broker.start(lambda text: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
