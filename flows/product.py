"""The whole product on one data folder: its servers, and the parts that need them."""

import os
import shlex
import shutil
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from flows.commands.kafka import broker as local_broker
from flows.figures import Watch
from flows.running import Claim, Running
from flows.screen import Screen
from flows.servers import Watchable, Watched
from flows.supervisor import Part, stop_all
from models.demo import DEMO_USER
from models.errors import Unavailable
from models.settings import Settings
from storage.postgres.embedded import Server
from storage.postgres.migrate import migrate

_TICK_S = 0.1
_DEMO = ("simulate", "--days", "90", "--live", "--rate", "3")


class Product:
    """What `up` runs on one data folder."""

    def __init__(
        self, settings: Settings, claim: Claim, *, demo: bool, kafka: bool = False
    ) -> None:
        self._settings = settings
        self._claim = claim
        self._demo = demo
        self._url = settings.postgres_url or ""
        self._bootstrap = settings.kafka_bootstrap
        self._own_kafka = kafka and self._bootstrap is None
        self._servers: list[Watched] = []
        self._api = settings.api_url
        self._parts: list[Part] = []
        self._watch: Watch | None = None
        self._screen = Screen()

    def start(self) -> None:
        """The servers first, then the parts that need them."""
        if not self._url:
            server = Server(self._settings.postgres_folder)
            self._url = self._start_server("Postgres", server, server.start)
        if self._own_kafka:
            broker = local_broker(self._settings)
            self._bootstrap = self._start_server(
                "Kafka", broker, lambda: broker.start(self._screen.say)
            )
        migrate(self._url, partitions=self._settings.partitions)
        logs = self._settings.data / "logs"
        self._parts = [
            Part("flow", ("flow", "analytics"), logs),
            Part("learning", ("flow", "learning"), logs),
            Part("api", ("api",), logs),
            Part("warehouse", ("flow", "warehouse"), logs),
        ]
        if self._bootstrap is not None:
            self._parts.insert(0, Part("relay", ("relay",), logs))
        if self._demo:
            self._parts.append(Part("demo", _DEMO, logs))
        for part in self._parts:
            part.start(self._environment())
        self._tell()
        self._watch = Watch(self._url, self._api)

    def run(self) -> NoReturn:
        """Tend the parts and show the figures until a signal comes."""
        while not self._answers():
            self._tend()
            time.sleep(_TICK_S)
        self._screen.say(f"ready: {self._api} (data in {self._settings.data})")
        self._screen.say(f"a token: {_program()} token --user {DEMO_USER}")
        next_line = 0.0
        while True:
            self._tend()
            if time.monotonic() >= next_line:
                next_line = time.monotonic() + self._screen.interval_s
                self._show_figures()
            time.sleep(_TICK_S)

    def stop(self) -> None:
        """Stop the parts within 5 s, then the servers, all at once, within 8 s."""
        self._screen.say("stopping")
        if self._watch is not None:
            self._watch.close()
        stop_all(self._parts)
        with ThreadPoolExecutor() as each:
            list(each.map(Watched.stop, self._servers))
        self._claim.release()

    def _start_server(self, name: str, server: Watchable, start: Callable[[], str]) -> str:
        watched = Watched(name, server, start, self._screen.say)
        self._servers.append(watched)
        return watched.start()

    def _answers(self) -> bool:
        """Whether the API can be reached."""
        try:
            with socket.create_connection((self._settings.host, self._settings.port), _TICK_S):
                return True
        except OSError:
            return False

    def _tend(self) -> None:
        """Start again what has ended."""
        for server in self._servers:
            server.tend()
        for part in self._parts:
            report = part.tend(self._environment())
            if report is not None:
                self._screen.say(report)
                self._tell()

    def _environment(self) -> dict[str, str]:
        """The environment of the parts: ours, and what was decided here. With Kafka for all of
        them or for none, whatever broker runs on the folder."""
        kafka = {} if self._bootstrap is None else {"JOBFINDERS_KAFKA_BOOTSTRAP": self._bootstrap}
        demo = {"JOBFINDERS_DEMO": "true"} if self._demo else {}
        return {
            **os.environ,
            **kafka,
            **demo,
            "JOBFINDERS_DATA": str(self._settings.data),
            "JOBFINDERS_POSTGRES_URL": self._url,
            "JOBFINDERS_PORT": str(self._settings.port),
        }

    def _tell(self) -> None:
        parts = {part.name: part.pid for part in self._parts if part.pid is not None}
        self._claim.tell(Running(os.getpid(), self._api, parts))

    def _show_figures(self) -> None:
        if self._watch is None:
            return
        try:
            self._screen.refresh(self._watch.read().text())
        except Unavailable as error:
            self._screen.refresh(error.message)


def _program() -> str:
    """This command as it can be typed again, found on PATH or not."""
    typed = Path(sys.argv[0])
    if typed.name != "jobfinders" or shutil.which("jobfinders") == str(typed):
        return "jobfinders"
    here = Path.cwd()
    return shlex.quote(str(typed.relative_to(here) if typed.is_relative_to(here) else typed))
