"""The product as an ordinary user, also where the tests are run as root."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.platform.driving import STOP_S, Up, command, environment, wait_until

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def prefix() -> list[str]:
    """What makes a command run as an ordinary user."""
    if os.geteuid() != 0:
        return []
    become = ["setpriv", "--reuid=nobody", f"--regid={NOBODY.pw_gid}", "--clear-groups"]
    # An interpreter under /root is not readable by others: let this user read, not write.
    read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    nested = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', '']))"
    for choice in (become, [*become, *read]):
        tried = [*choice, sys.executable, "-c", nested]
        if subprocess.run(tried, capture_output=True, check=False).returncode == 0:
            return choice
    pytest.fail("no way to run this interpreter as an ordinary user")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of that user's own."""
    folder = Path(mkdtemp(prefix="jobfinders-home-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    yield folder
    shutil.rmtree(folder)


def test_an_ordinary_user_runs_and_stops_it(home: Path, prefix: list[str]) -> None:
    with Up(home / "data", prefix=prefix) as up:
        up.feed(1)
        wait_until(lambda: up.accepted() == 1, STOP_S, "folded")
        assert up.owners() == {os.geteuid() or NOBODY.pw_uid}
        assert up.interrupt() < STOP_S
        assert up.left() == []


def test_a_folder_that_cannot_be_written_is_a_clear_error(home: Path, prefix: list[str]) -> None:
    home.chmod(0o555)
    if os.geteuid() == 0:
        os.chown(home, 0, 0)
    ended = subprocess.run(
        [*prefix, *command("up", "--port", "0")],
        env=environment(home / "data"),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        f"jobfinders: cannot use the data folder {home / 'data'}: Permission denied\n"
    )


def test_a_folder_of_another_user_is_a_clear_error(home: Path, prefix: list[str]) -> None:
    """By a command that would write a secret there."""
    data = home / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o555)
    ended = subprocess.run(
        [*prefix, *command("token", "--user", "ada")],
        env=environment(data),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert ended.stderr.endswith(": permission denied\n")
