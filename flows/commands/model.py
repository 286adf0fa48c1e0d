"""`jobfinders model`: versions of the success model, and which of them is used."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from flows.context import postgres_url, settings_of
from models.errors import NotFound
from models.success import Version
from storage.postgres import versions
from storage.postgres.connect import Connection, connect

Number = Annotated[int, typer.Argument(metavar="VERSION", help="As `model list` shows it.")]
_STANDARD_OUTPUT = Path("-")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="The chance of success: versions of the model, and which one is used.",
        no_args_is_help=True,
    )
    group.command("list")(list_)
    for command in (show, export, pin, unpin):
        group.command()(command)
    app.add_typer(group, name="model")


def list_(context: typer.Context, limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """List them, the newest first."""
    with _connect(context) as connection:
        for one in versions.versions(connection, limit):
            notes = (("cold", one.cold), ("pinned", one.pinned), ("pruned", not one.kept))
            said = " ".join(name for name, holds in notes if holds)
            typer.echo(
                f"{one.number:>10}  {one.published_at.isoformat(timespec='seconds')}  "
                f"{one.labels} outcomes, {one.hired} hired  {said}".rstrip()
            )


def show(context: typer.Context, number: Number) -> None:
    """Show what a version has learned: its counts, and its weights by strength."""
    from models.features import GROUP_STARTS, GROUPS, STARTS  # noqa: PLC0415

    with _connect(context) as connection:
        version = _find(connection, number)
    typer.echo(f"version:    {version.number}\noutcomes:   {version.labels}")
    typer.echo(f"hired:      {version.hired}\nbase rate:  {version.base_rate:.4f}")
    known = len(version.transitions.employers)
    typer.echo(f"cold start: {version.cold}")
    typer.echo(f"share:      {1 - version.share:.4f} of how applications go on, {known} employers")
    typer.echo("\nsum of |weights| by factor:")
    begins = [int(STARTS[slot]) for slot in GROUP_STARTS]
    for group, start, end in zip(GROUPS, begins, [*begins[1:], None], strict=True):
        typer.echo(f"  {group:<10}{abs(version.weights[start:end]).sum():10.3f}")


def export(
    context: typer.Context,
    number: Number,
    file: Annotated[Path, typer.Argument(help="Where to; - for standard output.")] = (
        _STANDARD_OUTPUT
    ),
) -> None:
    """Write a version as JSON: its counts, and its arrays in full."""
    with _connect(context) as connection:
        version = _find(connection, number)
    text = msgspec.json.encode(version, enc_hook=lambda array: array.tolist()) + b"\n"
    if file == _STANDARD_OUTPUT:
        sys.stdout.buffer.write(text)
    else:
        file.write_bytes(text)


def pin(context: typer.Context, number: Number) -> None:
    """Predict with this version from now on, whatever is learned; running flows follow."""
    with _connect(context) as connection:
        if not versions.pin(connection, number):
            raise _unknown(number)
    typer.echo(f"predicting with version {number} until `jobfinders model unpin`")


def unpin(context: typer.Context) -> None:
    """Predict with the newest version again."""
    with _connect(context) as connection:
        versions.unpin(connection)
    typer.echo("predicting with the newest version")


def _find(connection: Connection, number: int) -> Version:
    version = versions.version(connection, number)
    if version is None:
        raise _unknown(number)
    return version


def _unknown(number: int) -> NotFound:
    return NotFound(f"there are no weights of a version {number}: see `jobfinders model list`")


def _connect(context: typer.Context) -> Connection:
    return connect(postgres_url(settings_of(context)), autocommit=True)
