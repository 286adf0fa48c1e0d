"""The long-running parts, as `up` starts them; each can be run by itself in production."""

import os
from typing import Annotated

import typer

from flows.context import database, postgres_url, settings_of, with_kafka
from flows.reset import reset
from flows.sources import source_of
from models.settings import Settings

_GRACE_S = 3  # for open requests and streams when the API is told to stop


def register(app: typer.Typer) -> None:
    """Add the commands."""
    flow = typer.Typer(help="Run one dataflow.", no_args_is_help=True)
    flow.command()(analytics)
    flow.command()(learning)
    flow.command()(warehouse)
    app.add_typer(flow, name="flow")
    app.command()(api)


def analytics(
    context: typer.Context,
    reset_to: Annotated[
        str | None,
        typer.Option(
            metavar="earliest|latest|OFFSET",
            help="Set where the flow reads on, and exit. `latest` passes over what is unread.",
        ),
    ] = None,
    partition: Annotated[
        int | None, typer.Option(min=0, help="The only one to reset; all without it.")
    ] = None,
) -> None:
    """Fold events into rows and the log, until stopped.

    From the topic with JOBFINDERS_KAFKA_BOOTSTRAP, else from the outbox. Several processes share
    the partitions: start one more, or stop one, at any time.
    """
    from flows.analytics import now_us, run  # noqa: PLC0415  the engine is slow to import

    settings = settings_of(context)
    if reset_to is None:
        # A broker that merely runs on the folder decides nothing: who fills its topic?
        run(settings, postgres_url(settings))
        return
    settings = with_kafka(settings)
    with database(settings) as url:
        source = source_of(settings, url, now_us)
        for index, position in reset(url, source, reset_to, partition).items():
            typer.echo(f"partition {index} goes on at {position} of {source.name}")


def learning(context: typer.Context) -> None:
    """Learn the chance of success from the log, until stopped."""
    from flows.learning import run  # noqa: PLC0415

    settings = settings_of(context)
    run(settings, postgres_url(settings))


def warehouse(context: typer.Context) -> None:
    """Keep the DuckDB warehouse up to the log and publish it, until stopped."""
    from flows.warehouse import run  # noqa: PLC0415

    settings = settings_of(context)
    run(settings, postgres_url(settings))


def api(context: typer.Context) -> None:
    """Serve the API, until stopped."""
    import uvicorn  # noqa: PLC0415  slow to import

    settings = settings_of(context)
    os.environ.update(_environment(settings))
    uvicorn.run(
        "api.app:create",
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_level=settings.log_level.lower(),
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _environment(settings: Settings) -> dict[str, str]:
    """What the app's factory, which reads settings by itself, cannot know."""
    return {
        "JOBFINDERS_DATA": str(settings.data),
        "JOBFINDERS_POSTGRES_URL": postgres_url(settings),
    }
