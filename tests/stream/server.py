"""The API as a real process on a port of its own, which stays the same across restarts."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import jwt

from models.settings import Settings

ROOT = Path(__file__).parents[2]
ENDED = (0, -signal.SIGTERM)
"""Exit codes of a good end: uvicorn raises the signal again once it has cleaned up."""
_START_PATIENCE_S = 60


class Api:
    """uvicorn with `api.app:create`, set up through the environment only."""

    def __init__(self, settings: Settings, secret: str, **overrides: object) -> None:
        self.port = _free_port()
        self._secret = secret
        self._settings = settings
        environment = {
            "DATA": settings.data,
            "POSTGRES_URL": settings.postgres_url,
            "JWT_SECRET": secret,
            "PORT": self.port,
            "RATE_LIMIT_STREAM_REQUESTS": 100_000,
            "RATE_LIMIT_ADDRESS_REQUESTS": 100_000,
        } | {name.upper(): value for name, value in overrides.items()}
        self._environment = os.environ | {
            f"JOBFINDERS_{name}": str(value) for name, value in environment.items()
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._prober = httpx.Client(timeout=1)  # kept: making one costs more than asking

    def start(self) -> None:
        """Returns once it answers; where it does not, it is ended."""
        self.launch()
        try:
            self.wait()
        except BaseException:
            self.stop(signal.SIGKILL)
            raise

    def launch(self) -> None:
        """Begin to start it."""
        command = "-m uvicorn api.app:create --factory --no-access-log --log-level warning"
        self.process = subprocess.Popen(
            [
                sys.executable,
                *command.split(),
                *("--port", str(self.port), "--timeout-graceful-shutdown", "5"),
            ],
            cwd=ROOT,
            env=self._environment,
        )

    def wait(self) -> None:
        """Returns once it answers."""
        assert self.process is not None
        deadline = time.monotonic() + _START_PATIENCE_S
        while not self._answers():
            assert self.process.poll() is None, "the API has ended"
            assert time.monotonic() < deadline, "the API does not answer"
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM, patience_s: float = 10) -> int:
        """Ends it; returns its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(patience_s)
        self.process = None
        return code

    def token(
        self,
        user: str = "ada",
        role: str = "user",
        lifetime_s: float = 3_600,
        issued_ago_s: float = 0,
    ) -> str:
        """A bearer token that this server takes."""
        now = time.time() - issued_ago_s
        claims = {
            "sub": user,
            "role": role,
            "iss": self._settings.jwt_issuer,
            "aud": self._settings.jwt_audience,
            "iat": now,
            "exp": now + lifetime_s,
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def bearer(self, user: str = "ada", role: str = "user", **more: float) -> dict[str, str]:
        """The header with such a token."""
        return {"Authorization": f"Bearer {self.token(user, role, **more)}"}

    def url(self, path: str) -> str:
        """Where a path is."""
        return f"http://127.0.0.1:{self.port}{path}"

    def request(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        """One plain request."""
        return httpx.request(method, self.url(path), headers=headers)

    def _answers(self) -> bool:
        try:
            return self._prober.get(self.url("/healthz")).status_code == 200
        except httpx.TransportError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
