"""What every command gets from the entry point: the settings, and where Postgres is."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from flows.running import Claim, running
from models.errors import Unavailable
from models.settings import Settings
from storage.kafka.broker import Broker
from storage.postgres.embedded import Server
from storage.postgres.migrate import check_version


def settings_of(context: typer.Context) -> Settings:
    """The settings that the entry point read."""
    settings = context.find_object(Settings)
    if settings is None:
        raise RuntimeError("a command ran without the entry point")
    return settings


def postgres_url(settings: Settings) -> str:
    """libpq URL of one's own Postgres, or of the running embedded one.

    Raises Unavailable when the embedded one does not run.
    """
    if settings.postgres_url is not None:
        return settings.postgres_url
    server = Server(settings.postgres_folder)
    if server.pid() is None:
        raise Unavailable(f"nothing is running on {settings.data}: start it with `jobfinders up`")
    return server.url()


def kafka_address(settings: Settings) -> str:
    """One's own brokers, or the running local one.

    Raises Unavailable when the local one does not run.
    """
    if settings.kafka_bootstrap is not None:
        return settings.kafka_bootstrap
    local = Broker(settings.kafka_folder, settings.cache)
    if local.pid() is None:
        raise Unavailable(
            f"no Kafka is running on {settings.data}: start it with `jobfinders kafka up` or "
            "`jobfinders up --kafka`"
        )
    return local.address()


def with_kafka(settings: Settings) -> Settings:
    """The same, with the data folder's own broker where that one runs, no other is named, and
    no `up` runs beside it without Kafka."""
    local = Broker(settings.kafka_folder, settings.cache)
    if settings.kafka_bootstrap is not None or local.pid() is None:
        return settings
    found = running(settings)
    if found is not None and "relay" not in found.parts:
        return settings
    return settings.model_copy(update={"kafka_bootstrap": local.address()})


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """`postgres_url`, for which the embedded server is started where it does not run.

    It is stopped again at the end. Raises Unavailable where there is no database yet,
    AlreadyRunning while an `up` is just starting, SchemaTooNew for a database of a newer version.
    """
    server = Server(settings.postgres_folder)
    if settings.postgres_url is not None or server.pid() or not server.folder.exists():
        url = postgres_url(settings)
        check_version(url)
        yield url
        return
    claim = Claim(settings)
    try:
        url = server.start()
        check_version(url)
        yield url
    finally:
        server.stop()
        claim.release()
