"""`jobfinders migrate`, `url` and `settings`: the database, where things are, what is set."""

import re
from typing import Literal

import typer

from flows.context import database, kafka_address, postgres_url, settings_of
from flows.running import running
from storage.duckdb.folder import Folder
from storage.postgres.migrate import migrate as bring_up_to_date

_PASSWORD = re.compile(r"(://[^:/@]*):[^@]*@")

Place = Literal["api", "postgres", "warehouse", "kafka"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(migrate)
    app.command()(url)
    app.command()(settings)


def migrate(context: typer.Context) -> None:
    """Bring the database up to this version (`up` does it by itself)."""
    settings = settings_of(context)
    with database(settings) as url:
        bring_up_to_date(url, partitions=settings.partitions)


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
            typer.echo(Folder(settings.warehouse_folder).latest)
        case "kafka":
            typer.echo(kafka_address(settings))


def settings(context: typer.Context) -> None:
    """List every setting: its variable, its present value, what it means."""
    present = settings_of(context)
    for name, field in type(present).model_fields.items():
        value = getattr(present, name)
        shown = "" if value is None else _PASSWORD.sub(r"\1:***@", str(value))
        meaning = f"  # {field.description}" if field.description else ""
        typer.echo(f"JOBFINDERS_{name.upper()}={shown}{meaning}")
