"""`jobfinders up` and `jobfinders down`: the whole product, started and stopped."""

import os
import signal
import socket
import sys
import time
from types import FrameType
from typing import Annotated, NoReturn

import typer

from flows.context import settings_of
from flows.figures import Watch
from flows.running import Claim, Running, running
from flows.supervisor import Backoff, Part, stop_all
from models.errors import ConfigurationError, Unavailable
from models.settings import Settings
from storage.postgres.embedded import Server
from storage.postgres.migrate import migrate
from storage.secret import load_secret

_TICK_S = 0.1
_DOWN_S = 15.0
_PLAIN_LINE_S = 10.0
_LIVE_LINE_S = 1.0
_DEMO = ("simulate", "--days", "90", "--live", "--rate", "3")


class _Stop(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP, wherever we are."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)


def up(
    context: typer.Context,
    demo: Annotated[
        bool, typer.Option("--demo", help="With traffic: 90 simulated days, then 3 events/s.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Of the API; 0 takes a free one.")
    ] = None,
) -> None:
    """Run everything on one data folder until Ctrl-C: Postgres, flow, API.

    A part that dies is restarted and reported here. Logs of the parts: `logs/` in the folder.
    """
    settings = settings_of(context)
    claim = Claim(settings)
    chosen = settings.port if port is None else port
    settings = settings.model_copy(update={"port": _free_port(settings.host, chosen)})
    load_secret(settings)
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(how, _on_signal)
    product = Product(settings, claim, demo=demo)
    try:
        product.start()
        product.run()
    except _Stop:
        pass
    finally:
        product.stop()


def down(context: typer.Context) -> None:
    """Stop a running `up` of this data folder, and a Postgres that it left behind."""
    settings = settings_of(context)
    found = running(settings)
    if found is not None:
        os.kill(found.pid, signal.SIGTERM)
        deadline = time.monotonic() + _DOWN_S
        while running(settings) is not None:
            if time.monotonic() > deadline:
                raise Unavailable(f"process {found.pid} does not stop")
            time.sleep(_TICK_S)
    server = Server(settings.postgres_folder)
    left_over = server.pid() is not None
    server.stop()
    typer.echo("stopped" if found or left_over else "nothing was running")


class Product:
    """What `up` runs on one data folder."""

    def __init__(self, settings: Settings, claim: Claim, *, demo: bool) -> None:
        self._settings = settings
        self._claim = claim
        self._demo = demo
        self._server = None if settings.postgres_url else Server(settings.postgres_folder)
        self._url = settings.postgres_url or ""
        self._server_pid: int | None = None
        self._server_backoff = Backoff()
        self._api = f"http://{settings.host}:{settings.port}"
        self._parts: list[Part] = []
        self._watch: Watch | None = None
        self._screen = Screen()

    def start(self) -> None:
        """Database first, then the parts that need it."""
        if self._server is not None:
            self._screen.say("starting Postgres")
            self._url = self._server.start()
            self._server_pid = self._server.pid()
            self._server_backoff.started(time.monotonic())
        migrate(self._url, partitions=self._settings.partitions)
        logs = self._settings.data / "logs"
        self._parts = [
            Part("flow", ("flow", "analytics"), logs),
            Part("api", ("api",), logs),
        ]
        if self._demo:
            self._parts.append(Part("demo", _DEMO, logs))
        for part in self._parts:
            part.start(self._environment())
        self._tell()
        self._watch = Watch(self._url, self._api)
        self._screen.say(f"ready: {self._api} (data in {self._settings.data})")
        self._screen.say("a token: jobfinders token --user demo-user --role user")

    def run(self) -> NoReturn:
        """Tend the parts and show the figures until a signal comes."""
        next_line = 0.0
        while True:
            self._tend_server()
            for part in self._parts:
                report = part.tend(self._environment())
                if report is not None:
                    self._screen.say(report)
                    self._tell()
            if time.monotonic() >= next_line:
                next_line = time.monotonic() + self._screen.interval_s
                self._show_figures()
            time.sleep(_TICK_S)

    def stop(self) -> None:
        """Stop the parts, then Postgres, within 10 s."""
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(how, signal.SIG_IGN)
        self._screen.say("stopping")
        if self._watch is not None:
            self._watch.close()
        stop_all(self._parts)
        if self._server is not None:
            self._server.stop()
        self._claim.release()

    def _tend_server(self) -> None:
        """Start Postgres again when it has gone."""
        if self._server is None:
            return
        now = time.monotonic()
        if self._server_pid is not None and self._server.pid() != self._server_pid:
            self._server_pid = None
            delay = self._server_backoff.ended(now)
            self._screen.say(f"postgres was killed: again in {delay:.1f} s")
        if self._server_pid is None and now >= self._server_backoff.due:
            try:
                self._server.start()
            except Unavailable as error:
                delay = self._server_backoff.ended(now)
                self._screen.say(f"{error.message}: again in {delay:.1f} s")
                return
            self._server_pid = self._server.pid()
            self._server_backoff.started(time.monotonic())
            self._screen.say(f"postgres started again as process {self._server_pid}")

    def _environment(self) -> dict[str, str]:
        """The environment of the parts: ours, and what was decided here."""
        return {
            **os.environ,
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


class Screen:
    """Reports on lines of their own, figures on one line that is overwritten on a terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self.interval_s = _LIVE_LINE_S if self._terminal else _PLAIN_LINE_S

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(f"\r\x1b[K{text}\n" if self._terminal else f"{text}\n")

    def refresh(self, text: str) -> None:
        """The line of figures."""
        self._write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:  # the terminal has gone; the product goes on
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def _free_port(host: str, port: int) -> int:
    """`port`, or a free one for 0. Raises ConfigurationError when it is taken."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            number: int = probe.getsockname()[1]
            return number
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}; choose "
            "another with --port or JOBFINDERS_PORT"
        ) from error


def _on_signal(_signum: int, _frame: FrameType | None) -> NoReturn:
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(how, signal.SIG_IGN)
    raise _Stop
