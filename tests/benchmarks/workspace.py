"""What all measurements share: a durable Postgres, generated histories, the product's parts."""

import secrets
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

import jwt
from psycopg import sql

from flows.simulator import generate
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from storage.postgres.ingest_runs import flow_is_running
from storage.postgres.migrate import migrate
from tests.benchmarks.processes import Process

END_US = 1_767_225_600_000_000
"""Every generated history ends at 2026-01-01T00:00:00Z."""
_DAYS = 365
_SEED = 1
_EVENTS_PER_APPLICATION = 11.7  # a little less than the simulator makes, so that none lack
_UNLIMITED = 10**9
_START_S = 60.0

Told = Callable[[str], None]


class Workspace:
    """A folder with a running server. `quick` asks for small sizes; `tell` shows progress."""

    def __init__(self, folder: Path, *, quick: bool, tell: Told) -> None:
        self.folder = folder
        self.quick = quick
        self.tell = tell
        self.server = Server(folder / "postgres")
        self._secret = secrets.token_hex(32)
        self._numbers = count(1)

    def size(self, full: int, quick: int) -> int:
        """How much of something to take."""
        return quick if self.quick else full

    def history(self, events: int) -> Path:
        """NDJSON of the first so many events of a simulated year, made at the first call."""
        path = self.folder / f"{events}.ndjson"
        if not path.exists():
            self.tell(f"simulating {events:,} events")
            lines = generate(
                seed=_SEED,
                applications=max(100, int(events / _EVENTS_PER_APPLICATION)),
                days=_DAYS,
                end=END_US,
            )
            draft = path.with_suffix(".draft")
            with draft.open("wb") as file:
                file.writelines(line + b"\n" for line in islice(lines, events))
            draft.rename(path)
        return path

    def head(self, path: Path, lines: int) -> Path:
        """A file of the first lines of another."""
        head = path.with_name(f"{path.stem}-{lines}.ndjson")
        with path.open("rb") as file, head.open("wb") as out:
            out.writelines(islice(file, lines))
        return head

    @contextmanager
    def database(self) -> Iterator[str]:
        """URL of a fresh migrated database, dropped in the end."""
        name = f"benchmark_{next(self._numbers)}"
        with connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = self.server.url(name)
        try:
            migrate(url)
            yield url
        finally:
            with connect(self.server.url("postgres"), autocommit=True) as connection:
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )

    def settings(self, url: str, **more: object) -> dict[str, object]:
        """For a part on this database: its own secret, and no limit of requests in the way."""
        return {
            "data": self.folder / "data",
            "postgres_url": url,
            "jwt_secret": self._secret,
            "rate_limit_requests": _UNLIMITED,
            "rate_limit_other_requests": _UNLIMITED,
            "rate_limit_analyst_requests": _UNLIMITED,
            "rate_limit_stream_requests": _UNLIMITED,
            "rate_limit_address_requests": _UNLIMITED,
            **more,
        }

    @contextmanager
    def flow(self, url: str) -> Iterator[Process]:
        """The analytics flow; it owns the log when this returns."""
        with Process("flows.cli", "flow", "analytics", settings=self.settings(url)) as flow:
            with connect(url, autocommit=True) as connection:
                self._wait(flow, lambda: flow_is_running(connection, "analytics"))
            yield flow

    @contextmanager
    def api(self, url: str) -> Iterator[tuple[Process, int]]:
        """One API process that answers, and its port."""
        port = free_port()
        settings = self.settings(url, port=port, log_level="WARNING")
        with Process("flows.cli", "api", settings=settings) as api:
            self._wait(api, lambda: _answers(port))
            yield api, port

    def bearer(self, user: str, role: str = "user") -> dict[str, str]:
        """The header of a user's token."""
        defaults = Settings.model_fields
        now = int(time.time())
        claims = {
            "sub": user,
            "role": role,
            "iat": now,
            "exp": now + 3_600,
            "aud": defaults["jwt_audience"].default,
            "iss": defaults["jwt_issuer"].default,
        }
        return {"Authorization": f"Bearer {jwt.encode(claims, self._secret, algorithm='HS256')}"}

    def load(self, url: str, path: Path) -> None:
        """Have the flow fold a whole file."""
        self.tell("loading a history")
        settings = self.settings(url)
        with self.flow(url), Process("flows.cli", "ingest", str(path), settings=settings) as ingest:
            if ingest.popen.wait() != 0:
                raise RuntimeError("the ingest failed")

    def _wait(self, process: Process, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_S
        while not true():
            process.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{process.popen.args!r} did not come up")
            time.sleep(0.02)


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code != 503
    except OSError:
        return False
