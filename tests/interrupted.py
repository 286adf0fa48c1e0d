"""A signal that comes just as a server's program has been started, and what is left then.

`python -m tests.interrupted KIND FOLDER WORD` starts the server of that kind on the folder; the
signal comes once the program is there whose command has the word.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import psutil

from models.settings import Settings
from storage.kafka.broker import Broker
from storage.postgres.embedded import Server

_ENDED = 7


def left_behind(kind: str, folder: Path, word: str) -> list[str]:
    """The processes that still name the folder when all is over."""
    command = [sys.executable, "-m", "tests.interrupted", kind, str(folder), word]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert ended.returncode == _ENDED, ended.stderr
    told = [str(one.info) for one in psutil.process_iter(["name", "cmdline", "environ"])]
    return [one for one in told if str(folder) in one]


class _Stop(BaseException): ...


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Stop


class _Interrupted(subprocess.Popen[Any]):
    def __init__(self, command: list[str], **more: Any) -> None:
        super().__init__(command, **more)
        if not any(Path(one).name == sys.argv[3] for one in command):
            return
        while sys.argv[3] == "initdb" and not psutil.Process(self.pid).children():
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGTERM)


def main(kind: str, folder: Path) -> None:
    """Start, be interrupted, stop."""
    signal.signal(signal.SIGTERM, _stop)
    subprocess.Popen = _Interrupted  # type: ignore[misc]
    postgres, kafka = Server(folder), Broker(folder, Settings().cache)
    try:
        if kind == "postgres":
            postgres.start()
        else:
            kafka.start(print)
    except _Stop:
        (postgres if kind == "postgres" else kafka).stop()
        sys.exit(_ENDED)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
