"""`jobfinders simulate`: demo traffic, into the product or into a file."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import msgspec
import typer

from flows.context import postgres_url, settings_of
from flows.feed import Feed
from flows.ingest import summary
from flows.progress import Display
from flows.simulator.plan import Plan
from flows.simulator.stream import arrivals
from flows.simulator.truth import lives, moments
from flows.simulator.world import EVENTS_PER_APPLICATION, REAL_TIME, Simulation
from models import instant
from models.errors import ConfigurationError
from models.settings import Settings
from storage.postgres import simulations
from storage.postgres.connect import connect

_STANDARD_OUTPUT = "-"
_LIVE_RATE = 3.0
_DAYS = 90
"""Over which applications are spread where there is no history."""
_WRITE_LINES = 1_000
_INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    context: typer.Context,
    days: Annotated[
        int, typer.Option(min=0, help="Length of the history; 0 with --live: none.")
    ] = 90,
    applications: Annotated[
        int, typer.Option(min=1, help="Begun within 90 days, or within --days.")
    ] = 2_000,
    rate: Annotated[
        float, typer.Option(min=0, help="Events/s; 0: as fast as possible, live 3.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, max=2**20, help="Same seed, same world.")] = 1,
    out: Annotated[
        str | None, typer.Option(help="NDJSON file, - for standard output; else straight in.")
    ] = None,
    end: Annotated[
        str | None, typer.Option(help="RFC 3339 end of the history, now if not given.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="After the history go on for ever.")] = False,
    truth: Annotated[
        Path | None, typer.Option(help="NDJSON file for the true probabilities.")
    ] = None,
    bad_lines: Annotated[
        float, typer.Option(min=0, max=1, help="Share of lines to be refused.")
    ] = 0.002,
    disorder: Annotated[
        float, typer.Option(min=0, max=1, help="Share of events that come late.")
    ] = 0.05,
    duplicates: Annotated[
        float, typer.Option(min=0, max=1, help="Share of events that come twice.")
    ] = 0.01,
    crowded: Annotated[int, typer.Option(min=0, help="Applications with too many events.")] = 0,
) -> None:
    """Simulate applications whose hazards are known (docs/simulator.md).

    With --live a world that this database already holds goes on where it stopped; its
    history is never loaded twice.
    """
    if days == 0 and not live:
        raise ConfigurationError("without --live there is nothing to simulate in 0 days")
    if live and (out is not None or end is not None):
        raise ConfigurationError("--live goes on from now in the product: no --out, no --end")
    plan = Plan(
        seed=seed,
        applications=applications,
        days=days or _DAYS,
        end=REAL_TIME.now() if end is None else _end_of(end),
        disorder=disorder,
        duplicates=duplicates,
        bad=bad_lines,
        crowded=crowded,
    )
    if out is not None:
        _write_truth(plan, truth)
        _write_events(plan, out, rate)
        return
    try:
        _put_in(settings_of(context), plan, rate, truth, history=days > 0, live=live)
    except KeyboardInterrupt:
        raise typer.Exit(0 if live else _INTERRUPTED) from None


def _end_of(text: str) -> int:
    try:
        return instant.parse(text)
    except ValueError as error:
        raise ConfigurationError(f"--end {text}: {error}") from error


def _put_in(
    settings: Settings, plan: Plan, rate: float, truth: Path | None, *, history: bool, live: bool
) -> None:
    url = postgres_url(settings)
    with Display() as display, Feed(url, f"simulator, seed {plan.seed}", tell=display.tell) as feed:
        with connect(url, autocommit=True) as connection:
            # A demo must not date its past into a log that is in use.
            past = history and (not live or simulations.log_is_empty(connection))
            simulation = Simulation.open(feed, connection, plan, history=past)
        if not simulation.behind and not live:
            raise ConfigurationError(
                f"the world of seed {plan.seed} is in this database already: take another "
                "--seed, or let it go on with --live"
            )
        _write_truth(simulation.plan, truth)
        task = display.add("simulated", plan.applications * EVENTS_PER_APPLICATION)
        simulation.load_history(
            0 if live else rate, lambda done: display.read(task, done, feed.received)
        )
        display.done(task)
        if live:
            display.close()
            simulation.go_on(rate or _LIVE_RATE)
        counts = feed.wait(0, display.folded)
    typer.echo(summary(counts))


def _write_events(plan: Plan, out: str, rate: float) -> None:
    lines = (arrival.line() + b"\n" for arrival in arrivals(plan, until=plan.end))
    began = time.monotonic()
    done = 0
    at_once = _WRITE_LINES if rate == 0 else 1
    with _opened(out) as file, Display() as display:
        task = display.add("simulated", plan.applications * EVENTS_PER_APPLICATION)
        for chunk in _chunks(lines, at_once):
            file.write(b"".join(chunk))
            done += len(chunk)
            display.read(task, done, done)
            if rate:
                file.flush()
                time.sleep(max(0.0, began + done / rate - time.monotonic()))
        display.done(task)


def _write_truth(plan: Plan, path: Path | None) -> None:
    if path is None:
        return
    encode = msgspec.json.Encoder().encode
    with _opened(str(path)) as file:
        for life in lives(plan):
            for moment in moments(life, plan.end):
                file.write(encode(moment) + b"\n")


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    try:
        if name == _STANDARD_OUTPUT:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with Path(name).open("wb") as file:
                yield file
    except BrokenPipeError:
        # Who reads the pipe has seen enough; nothing must be flushed into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise ConfigurationError(f"cannot write {name}: {error.strerror}") from error


def _chunks(lines: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
