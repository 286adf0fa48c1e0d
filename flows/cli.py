"""The command line: `jobfinders --help`. The only place that reads the environment."""

import logging
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, NoReturn

import typer
from psycopg import OperationalError
from psycopg.errors import UndefinedTable
from pydantic import ValidationError

from flows import ingest, rebuild
from flows.commands import data, dead_letters, parts, schemas, status, token, up
from flows.diary import command as import_
from flows.simulator import command as simulate
from flows.verify import command as verify
from models.errors import ConfigurationError, JobfindersError
from models.settings import Settings

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

for module in (
    up,
    ingest,
    import_,
    simulate,
    status,
    token,
    dead_letters,
    data,
    schemas,
    parts,
    verify,
    rebuild,
):
    module.register(app)


def show_version(asked: bool) -> None:
    """What `--version` does."""
    if not asked:
        return
    try:
        typer.echo(f"jobfinders {version('jobfinders')}")
    except PackageNotFoundError:
        typer.echo("jobfinders (not installed)")
    raise typer.Exit


@app.callback()
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
        app(prog_name="jobfinders")
    except JobfindersError as error:
        _fail(error.message)
    except UndefinedTable:
        _fail("the database has no tables yet: run `jobfinders migrate`")
    except OperationalError as error:
        _fail(f"Postgres: {str(error).strip().splitlines()[0]}")


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"jobfinders: {message}\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
