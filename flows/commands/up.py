"""`jobfinders up` and `jobfinders down`: the whole product, started and stopped."""

import os
import signal
import socket
import time
from types import FrameType
from typing import Annotated, NoReturn

import typer

from flows.commands.kafka import broker
from flows.context import settings_of
from flows.product import Product
from flows.running import Claim, running
from models.errors import ConfigurationError, Unavailable
from storage.postgres.embedded import Server
from storage.secret import load_secret

_TICK_S = 0.1
_DOWN_S = 15.0
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    kafka: Annotated[
        bool, typer.Option("--kafka", help="With Kafka between outbox and flow, as in production.")
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
    if settings.jwt_jwks_url is None:
        load_secret(settings)
    for how in _STOPPING:
        signal.signal(how, _on_signal)
    product = Product(settings, claim, demo=demo, kafka=kafka)
    try:
        product.start()
        product.run()
    except BaseException as error:
        if not _told_to_stop(error):
            raise
    finally:
        _ignore_signals()
        product.stop()


def down(context: typer.Context) -> None:
    """Stop a running `up` of this data folder, and a Postgres that it left behind."""
    settings = settings_of(context)
    found = running(settings)
    if found is not None:
        try:
            os.kill(found.pid, signal.SIGTERM)
        except PermissionError:
            raise ConfigurationError(f"process {found.pid} belongs to another user") from None
        deadline = time.monotonic() + _DOWN_S
        while running(settings) is not None:
            if time.monotonic() > deadline:
                raise Unavailable(f"process {found.pid} does not stop")
            time.sleep(_TICK_S)
    servers = Server(settings.postgres_folder), broker(settings)
    left_over = any(server.pid() is not None for server in servers)
    for server in servers:
        server.stop()
    typer.echo("stopped" if found or left_over else "nothing was running")


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
    _ignore_signals()
    raise _Stop


def _told_to_stop(error: BaseException | None) -> bool:
    """Whether a signal is behind it: one that cuts a statement short makes the clean-up of its
    connection fail, and that error hides it."""
    while error is not None and not isinstance(error, _Stop):
        error = error.__context__
    return error is not None


def _ignore_signals() -> None:
    for how in _STOPPING:
        signal.signal(how, signal.SIG_IGN)
