"""`jobfinders ingest`: files and pipes of events into the outbox."""

from contextlib import ExitStack
from typing import Annotated

import typer

from flows.context import postgres_url, settings_of
from flows.feed import WAITING_MAX, Feed
from flows.lines import Input
from flows.progress import Display
from models.errors import UnreadableInput
from storage.postgres.ingest_runs import Counts

_INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ingest)


def ingest(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="NDJSON, also gzipped; - for a pipe.")
    ],
    wait: Annotated[bool, typer.Option(help="Wait until all of it is folded.")] = True,
) -> None:
    """Put NDJSON events in; prints how many were accepted, duplicate and dead-lettered.

    Feeding the same file again is harmless: its events are recognised as duplicates.
    """
    url = postgres_url(settings_of(context))
    with ExitStack() as stack:
        # All are opened first: where one is missing, nothing is put in.
        inputs = [stack.enter_context(Input(name)) for name in files]
        display = stack.enter_context(Display())
        feed = stack.enter_context(Feed(url, " ".join(files), tell=display.tell))
        try:
            for source in inputs:
                _feed_input(feed, source, display)
            feed.finish()
            counts = feed.wait(0, display.folded) if wait else feed.counts()
        except KeyboardInterrupt:
            display.close()
            typer.echo(
                f"interrupted; {feed.received} messages were put in and will be folded", err=True
            )
            raise typer.Exit(_INTERRUPTED) from None
        except UnreadableInput as error:
            raise UnreadableInput(
                f"{error.message}; {feed.received} messages before it were put in"
            ) from error
    typer.echo(summary(counts))


def summary(counts: Counts) -> str:
    """One line that says what became of a run's messages."""
    line = (
        f"accepted {counts.accepted}, duplicate {counts.duplicates}, "
        f"dead-lettered {counts.dead_lettered}"
    )
    return f"{line}, waiting {counts.waiting}" if counts.waiting else line


def _feed_input(feed: Feed, source: Input, display: Display) -> None:
    task = display.add(source.name, source.size)
    for chunk in source.chunks():
        feed.wait(WAITING_MAX, display.folded)
        feed.put(chunk)
        display.read(task, source.position, feed.received)
