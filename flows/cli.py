"""The command line: `jobfinders --help`. The only place that reads the environment."""

import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, NoReturn

import typer
from psycopg import OperationalError
from psycopg.errors import UndefinedTable
from pydantic import ValidationError

from models.errors import ConfigurationError, JobfindersError
from models.settings import Settings

_COMMANDS = {
    "up": "flows.commands.up",
    "down": "flows.commands.up",
    "ingest": "flows.ingest",
    "import": "flows.diary.command",
    "simulate": "flows.simulator.command",
    "status": "flows.commands.status",
    "token": "flows.commands.token",
    "dead-letters": "flows.commands.dead_letters",
    "model": "flows.commands.model",
    "migrate": "flows.commands.data",
    "url": "flows.commands.data",
    "settings": "flows.commands.data",
    "schemas": "flows.commands.schemas",
    "flow": "flows.commands.parts",
    "api": "flows.commands.parts",
    "publish": "flows.commands.publish",
    "relay": "flows.commands.kafka",
    "kafka": "flows.commands.kafka",
    "verify": "flows.verify.command",
    "evaluate": "flows.evaluate.command",
    "rebuild": "flows.rebuild",
}
"""Each command's module, in the order of the help."""


def command_line(arguments: Sequence[str]) -> typer.Typer:
    """The command that the arguments name, or all of them.

    Only what is needed is imported: a killed flow is back half a second sooner for it.
    """
    app = typer.Typer(
        name="jobfinders",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        epilog=(
            "Try it: `jobfinders up --demo` in one terminal, `jobfinders status` in another. "
            "Feed it: `jobfinders ingest events.ndjson`. Check it: `jobfinders verify`.\n\n"
            "Settings are variables: JOBFINDERS_DATA (folder, ./data), JOBFINDERS_PORT (8000), "
            "JOBFINDERS_POSTGRES_URL (a Postgres of your own); `jobfinders settings` lists all."
        ),
    )
    app.callback()(entry)
    named = _COMMANDS.get(arguments[0]) if arguments else None
    for module in [named] if named else dict.fromkeys(_COMMANDS.values()):
        import_module(module).register(app)
    return app


def show_version(asked: bool) -> None:
    """What `--version` does."""
    if not asked:
        return
    try:
        typer.echo(f"jobfinders {version('jobfinders')}")
    except PackageNotFoundError:
        typer.echo("jobfinders (not installed)")
    raise typer.Exit


def entry(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Application Analytics: live, exact analytics of job applications."""
    context.obj = read_settings()
    logging.basicConfig(
        level=context.obj.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


def read_settings() -> Settings:
    """Settings of the environment; ConfigurationError names the first wrong variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"JOBFINDERS_{name}: {first['msg'].lower()}") from None
    return settings.model_copy(update={"data": settings.data.expanduser().absolute()})


def main() -> None:
    """Run a command; an error of the product's own is one line on stderr and exit code 1."""
    try:
        command_line(sys.argv[1:])(prog_name="jobfinders")
    except JobfindersError as error:
        _fail(error.message)
    except UndefinedTable:
        _fail("the database has no tables yet: run `jobfinders migrate`")
    except OperationalError as error:
        _fail(f"Postgres: {str(error).strip().splitlines()[0]}")
    except PermissionError as error:
        _fail(f"{error.filename or error}: permission denied")


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"jobfinders: {message}\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
