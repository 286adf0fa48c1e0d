"""`jobfinders rebuild`: make every row anew from nothing but the log.

For rows of an older fold, and for whoever does not trust a row. The flow must be stopped:
this takes over its partitions. It may be stopped and started again at any moment.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from flows.analytics import now_us
from flows.commands.publish import rebuild_warehouse
from flows.context import database, settings_of
from flows.partition import take_over
from models.batch import Batch, Change, Counts, Held
from models.instant import to_rfc3339
from models.intake import analytics_updated
from storage.postgres import batch as batches
from storage.postgres import rebuild as stored
from storage.postgres import rescores
from storage.postgres.connect import Connection, connect
from storage.postgres.encoding import Encoder
from storage.postgres.outbox import partition_of

_PAGE = 500


class Rebuilt(msgspec.Struct):
    """How many applications were looked at, and how many rows were not as the log says."""

    applications: int = 0
    mended: int = 0


class _Writer(msgspec.Struct):
    place: batches.Place
    next_offset: int


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rebuild)


def rebuild(
    context: typer.Context,
    warehouse: Annotated[
        bool, typer.Option("--warehouse", help="The DuckDB warehouse instead, with its history.")
    ] = False,
) -> None:
    """Make every row of analytics anew from the log, mending what differs.

    Stop all processes of the flow first (`jobfinders down` stops `jobfinders up`); a row that
    is mended is told to the live feed as analytics_updated without event types.
    """
    settings = settings_of(context)
    if warehouse:
        with database(settings) as url, connect(url, autocommit=True) as connection:
            manifest = rebuild_warehouse(settings, connection)
        typer.echo(settings.warehouse_folder / manifest.file)
        return
    with (
        database(settings) as url,
        connect(url, autocommit=True) as connection,
        Progress(console=Console(stderr=True)) as progress,
    ):
        bar = progress.add_task("applications", total=stored.count_applications(connection))
        result = run(connection, lambda count: progress.update(bar, advance=count))
    typer.echo(f"{result.applications:,} applications refolded, {result.mended:,} rows mended")


def run(connection: Connection, tell: Callable[[int], object] = lambda _: None) -> Rebuilt:
    """Refold all; `tell` hears of each page's applications."""
    count = stored.count_partitions(connection)
    owned = [take_over(connection, index) for index in range(count)]
    writers = [_Writer(place, start.log_offset) for place, start in owned]
    result = Rebuilt()
    for page in stored.pages(connection, _PAGE):
        refolded = stored.refold(connection, page)
        differing = stored.differing(connection, refolded)
        by_partition: dict[int, list[str]] = defaultdict(list)
        for application_id in differing:
            by_partition[partition_of(application_id, count)].append(application_id)
        for index, application_ids in by_partition.items():
            mended = {name: refolded[name] for name in application_ids}
            _mend(connection, writers[index], mended, differing)
        result.applications += len(page)
        result.mended += len(differing)
        tell(len(page))
    return result


def _mend(
    connection: Connection,
    writer: _Writer,
    mended: dict[str, Held],
    differing: dict[str, list[str]],
) -> None:
    now = now_us()
    time = to_rfc3339(now)
    changes = [
        Change(name, held, analytics_updated(name, held, time, [], differing[name]))
        for name, held in mended.items()
    ]
    batch = Batch(
        now=now,
        counts=Counts(),
        runs={},
        changed=mended,
        changes=changes,
        dead=[],
        judged=[],
        entities=set(mended),
        listed={name for name, held in mended.items() if not held.row.orphan},
        clock=0,
    )
    # A mended row has no chance until it is predicted anew.
    rescores.ask(connection, dict.fromkeys(mended, writer.place.partition))
    prepared = Encoder(writer.place.partition, writer.next_offset).finish(batch)
    batches.write(connection, writer.place, prepared)
    writer.next_offset += prepared.log_count
