"""What every command gets from the entry point: the settings, and where Postgres is."""

import typer

from models.errors import Unavailable
from models.settings import Settings
from storage.postgres.embedded import Server


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
