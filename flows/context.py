"""What every command gets from the entry point: the settings, and where Postgres is."""

import typer

from models.settings import Settings
from storage.postgres.embedded import Server


def settings_of(context: typer.Context) -> Settings:
    """The settings that the entry point read."""
    settings = context.find_object(Settings)
    if settings is None:
        raise RuntimeError("a command ran without the entry point")
    return settings


def postgres_url(settings: Settings) -> str:
    """libpq URL of one's own Postgres, or of the embedded one (whether it runs or not)."""
    return settings.postgres_url or Server(settings.postgres_folder).url()
