"""`jobfinders dead-letters`: look at what could not be a fact, and send it back."""

from typing import Annotated

import typer

from flows.context import postgres_url, settings_of
from models.decoder import Reason
from models.errors import NotFound
from storage.postgres import dead_letters as letters
from storage.postgres.connect import Connection, connect

_DETAIL_WIDTH = 60

OfReason = Annotated[Reason | None, typer.Option(help="Only those of this reason.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Messages that could not become facts, each with its reason.", no_args_is_help=True
    )
    group.command("list")(list_)
    group.command()(show)
    group.command()(redrive)
    app.add_typer(group, name="dead-letters")


def list_(
    context: typer.Context,
    reason: OfReason = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    before: Annotated[int | None, typer.Option(help="Only ids below: the next page.")] = None,
) -> None:
    """List them, the newest first."""
    with _connect(context) as connection:
        for letter in letters.page(connection, before=before, reason=reason, limit=limit):
            place = f"{letter.source}/{letter.partition}/{letter.offset}"
            detail = letter.detail[:_DETAIL_WIDTH].replace("\n", " ")
            when = letter.received_at.isoformat(timespec="seconds")
            typer.echo(f"{letter.id}  {when}  {letter.reason:<24} {place:<24} {detail}")


def show(context: typer.Context, letter_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Show one in full, its message as it came last."""
    with _connect(context) as connection:
        letter = letters.find(connection, letter_id)
    if letter is None:
        raise NotFound(f"there is no dead letter {letter_id}")
    for name in ("id", "source", "partition", "offset", "stage", "reason", "detail", "run"):
        typer.echo(f"{name + ':':<13}{getattr(letter, name)}")
    typer.echo(f"{'recorded:':<13}{letter.recorded_at.isoformat()}")
    typer.echo(f"{'received:':<13}{letter.received_at.isoformat()}")
    typer.echo("")
    typer.echo(letter.payload)


def redrive(
    context: typer.Context,
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are here now.")] = False,
    reason: OfReason = None,
) -> None:
    """Send them through the flow again, once their cause is gone; safe to repeat.

    Give ids, --all, or --reason.
    """
    if bool(ids) == (everything or reason is not None):
        raise typer.BadParameter("give ids, or --all, or --reason")
    with _connect(context) as connection:
        if ids:
            count = letters.redrive(connection, ids)
        else:
            count = letters.redrive_all(connection, reason=reason)
    typer.echo(f"{count} sent back")


def _connect(context: typer.Context) -> Connection:
    return connect(postgres_url(settings_of(context)), autocommit=True)
