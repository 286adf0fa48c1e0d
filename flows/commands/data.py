"""`jobfinders migrate` and `jobfinders url`: the database, and where things are."""

from typing import Literal

import typer

from flows.context import postgres_url, settings_of
from flows.running import running
from models.errors import ConfigurationError
from storage.postgres.migrate import migrate as bring_up_to_date

Place = Literal["api", "postgres", "warehouse", "kafka"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(migrate)
    app.command()(url)


def migrate(context: typer.Context) -> None:
    """Bring the database up to this version (`up` does it by itself)."""
    settings = settings_of(context)
    bring_up_to_date(postgres_url(settings), partitions=settings.partitions)


def url(context: typer.Context, place: Place) -> None:
    """Print where something is, for other tools: `psql "$(jobfinders url postgres)"`."""
    settings = settings_of(context)
    match place:
        case "api":
            found = running(settings)
            typer.echo(found.api if found and found.api else settings.api_url)
        case "postgres":
            typer.echo(postgres_url(settings))
        case "warehouse":
            raise ConfigurationError("this version writes no warehouse yet")
        case "kafka":
            raise ConfigurationError("no Kafka is used: events come in by outbox, API and files")
