"""`jobfinders kafka up|down` and `jobfinders relay`: a broker for trials, and the way to it."""

import typer

from flows.context import postgres_url, settings_of
from models.settings import Settings
from storage.kafka.broker import Broker


def register(app: typer.Typer) -> None:
    """Add the commands."""
    kafka = typer.Typer(help="A local Kafka broker, without Docker or root.", no_args_is_help=True)
    kafka.command()(up)
    kafka.command()(down)
    app.add_typer(kafka, name="kafka")
    app.command()(relay)


def broker(settings: Settings) -> Broker:
    """The local broker of the data folder."""
    return Broker(settings.kafka_folder, settings.cache, port=settings.kafka_port)


def up(context: typer.Context) -> None:
    """Start a broker on the data folder and leave it running; prints its address.

    The first start on a machine fetches Kafka (44 MB) into `~/.cache/jobfinders`.
    """
    typer.echo(broker(settings_of(context)).start(lambda text: typer.echo(text, err=True)))


def down(context: typer.Context) -> None:
    """Stop the broker of the data folder."""
    local = broker(settings_of(context))
    running = local.pid() is not None
    local.stop()
    typer.echo("stopped" if running else "nothing was running")


def relay(context: typer.Context) -> None:
    """Publish outbox, analytics and dead letters to Kafka, until stopped.

    Needs JOBFINDERS_KAFKA_BOOTSTRAP; makes the topics that are not there.
    """
    from flows.relay import run  # noqa: PLC0415  loads the Kafka client

    settings = settings_of(context)
    run(settings, postgres_url(settings))
