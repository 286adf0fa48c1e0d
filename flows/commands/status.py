"""`jobfinders status`: what the product is doing."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from flows.context import postgres_url, settings_of
from flows.running import Running, running
from storage.postgres.connect import connect
from storage.postgres.status import Status, read_status

_TABLES_SHOWN = 6
_UNIT = 1024


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For other programs.")] = False,
) -> None:
    """Show positions, lag, log heads, counts, dead letters and sizes."""
    settings = settings_of(context)
    found = running(settings)
    with connect(postgres_url(settings)) as connection:
        state = read_status(connection)
    if as_json:
        text = msgspec.json.encode({"running": found, **msgspec.structs.asdict(state)})
        typer.echo(msgspec.json.format(text).decode())
        return
    _show(Console(highlight=False), state, found)


def _show(console: Console, state: Status, found: Running | None) -> None:
    if found is None:
        console.print("not running (start it with [bold]jobfinders up[/])")
    else:
        console.print(f"running as process {found.pid}, {found.api}")
    console.print(f"log {state.log_id}, partitions: {state.partitions}")
    console.print(
        f"lag: {state.waiting.messages:,} messages waiting, "
        f"the oldest for {state.waiting.oldest_s:.1f} s"
    )
    console.print(_positions(state))
    counts = msgspec.structs.asdict(state.counts)
    console.print("rows: " + ", ".join(f"{k.replace('_', ' ')} {v:,}" for k, v in counts.items()))
    if state.dead_letters:
        reasons = ", ".join(f"{k} {v:,}" for k, v in state.dead_letters.items())
        console.print(f"dead letters: {reasons}")
    largest = list(state.sizes.items())[:_TABLES_SHOWN]
    console.print("sizes: " + ", ".join(f"{name} {_size(size)}" for name, size in largest))


def _positions(state: Status) -> Table:
    columns = ("flow", "partition", "log head", "accepted", "duplicate", "dead", "log clock")
    table = Table(*columns, box=None, pad_edge=False)
    for p in state.positions:
        head = state.log_heads.get(p.partition, 0)
        numbers = (p.partition, head, p.accepted, p.duplicates, p.dead_lettered)
        clock = p.clock.isoformat(timespec="seconds") if p.clock else "-"
        table.add_row(p.flow, *(f"{n:,}" for n in numbers), clock)
    return table


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < _UNIT:
            return f"{size:.0f} {unit}"
        size /= _UNIT
    return f"{size:.1f} TB"
