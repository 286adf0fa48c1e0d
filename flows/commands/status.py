"""`jobfinders status`: what the product is doing."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from flows.context import postgres_url, settings_of, with_kafka
from flows.running import Running, running
from models.errors import JobfindersError
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.status import OF_THE_LOG, Status, read_status

_TABLES_SHOWN = 6
_UNIT = 1024
_KAFKA_S = 3.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For other programs.")] = False,
) -> None:
    """Show positions, lag, log heads, counts, dead letters and sizes."""
    settings = with_kafka(settings_of(context))
    found = running(settings)
    with connect(postgres_url(settings)) as connection:
        state = read_status(connection)
    unread = _unread(settings, state)
    if as_json:
        known = unread if isinstance(unread, dict) else None
        told = {"running": found, "unread": known, **msgspec.structs.asdict(state)}
        text = msgspec.json.encode(told)
        typer.echo(msgspec.json.format(text).decode())
        return
    _show(Console(highlight=False), state, found, unread)


def _unread(settings: Settings, state: Status) -> dict[int, int] | str | None:
    """Offsets of the events topic that the flow has before it, by partition, or why they are not
    known; None without Kafka. A topic's markers of transactions count as well."""
    if settings.kafka_bootstrap is None:
        return None
    from storage.kafka.client import EVENTS, topic_name  # noqa: PLC0415  loads the Kafka client
    from storage.kafka.scan import ends  # noqa: PLC0415

    topic = topic_name(settings, EVENTS)
    read = {
        p.partition: p.position
        for p in state.positions
        if p.flow == "analytics" and p.source.partition("/")[0] == topic
    }
    try:
        found = ends(settings, topic, _KAFKA_S)
    except JobfindersError as error:
        return error.message
    return {index: max(0, end - read.get(index, 0)) for index, end in found.items()}


def _show(
    console: Console, state: Status, found: Running | None, unread: dict[int, int] | str | None
) -> None:
    if found is None:
        console.print("not running (start it with [bold]jobfinders up[/])")
    else:
        console.print(f"running as process {found.pid}, {found.api}")
    console.print(f"log {state.log_id}, partitions: {state.partitions}")
    console.print(
        f"lag: {state.waiting.messages:,} messages waiting, "
        f"the oldest for {state.waiting.oldest_s:.1f} s"
    )
    if isinstance(unread, dict):
        offsets = f"{sum(unread.values()):,} offsets unread"
        console.print(f"topic: {offsets} (the end of a transaction is one, and stays)")
    elif unread is not None:
        console.print(f"topic: {unread}")
    if state.learning_anew is not None:
        console.print(f"learning anew, no chance is told meanwhile: {state.learning_anew}")
    console.print(_positions(state))
    counts = msgspec.structs.asdict(state.counts)
    console.print("rows: " + ", ".join(f"{k.replace('_', ' ')} {v:,}" for k, v in counts.items()))
    if state.dead_letters:
        reasons = ", ".join(f"{k} {v:,}" for k, v in state.dead_letters.items())
        console.print(f"dead letters: {reasons}")
    largest = list(state.sizes.items())[:_TABLES_SHOWN]
    console.print("sizes: " + ", ".join(f"{name} {_size(size)}" for name, size in largest))


def _positions(state: Status) -> Table:
    columns = ("flow", "partition", "position", "log head", "accepted", "duplicate", "dead")
    table = Table(*columns, "clock (UTC)", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for p in state.positions:
        head = f"{state.log_heads.get(p.partition, 0):,}" if p.source == OF_THE_LOG else "-"
        folded = (p.accepted, p.duplicates, p.dead_lettered)
        counts = (f"{n:,}" if any(folded) else "-" for n in folded)
        clock = f"{p.clock:%m-%d %H:%M}" if p.clock else "-"
        table.add_row(p.flow, str(p.partition), f"{p.position:,}", head, *counts, clock)
    return table


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < _UNIT:
            return f"{size:.0f} {unit}"
        size /= _UNIT
    return f"{size:.1f} TB"
