"""`jobfinders verify`: is every stored figure what the log says?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from flows.context import database, settings_of, with_kafka
from flows.verify import verify
from flows.verify.report import Report
from models.errors import UnreadableInput


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(command)


def command(
    context: typer.Context,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="NDJSON that was fed, also gzipped; repeatable."),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="More files for --against."),
    ] = None,
) -> None:
    """Recompute every figure from the log by an independent path and compare exactly.

    Exit code 1 on any difference; the first ones are shown.
    """
    if files and not against:
        raise typer.BadParameter("files to compare with go behind --against")
    settings = with_kafka(settings_of(context))
    screen = Console(stderr=True)
    with (
        database(settings) as url,
        Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar,
    ):
        task = bar.add_task("recomputing", total=None)
        try:
            report = verify(
                url,
                [*(against or ()), *(files or ())],
                lambda done, total: bar.update(task, completed=done, total=total),
                settings if settings.kafka_bootstrap is not None else None,
                settings.warehouse_folder,
            )
        except (OSError, EOFError) as error:
            raise UnreadableInput(f"cannot read {_named(error)}") from error
    show(report)
    if not report.clean:
        raise typer.Exit(1)


def _named(error: OSError | EOFError) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return f"what was fed: {error}"


def show(report: Report) -> None:
    """What was compared, and a table of the first differences."""
    console = Console()
    if not console.is_terminal:
        # In a file or a pipe each difference stays on one line, so that it can be searched.
        console = Console(width=_WIDE)
    if report.differences:
        table = Table("check", "where", "found", "expected", title="First differences")
        for difference in report.differences:
            table.add_row(*(_cell(value) for value in difference))
        console.print(table)
        for check, count in report.counts.items():
            console.print(f"{check}: {count:,}", markup=False, highlight=False)
    fed = f", {report.fed:,} fed lines ({report.unfed:,} other facts)" if report.fed else ""
    published = f", {report.published:,} messages of the topic" if report.published else ""
    predicted = f", {report.probabilities:,} probabilities" if report.probabilities else ""
    if report.unchecked_probabilities:
        predicted += f" ({report.unchecked_probabilities:,} more of pruned versions)"
    waiting = f", {report.waiting:,} messages still wait" if report.waiting else ""
    version = report.warehouse
    warehouse = "no warehouse yet" if version is None else f"warehouse version {version:,}"
    verdict = "exact" if report.clean else f"{report.counts.total():,} DIFFERENCES"
    console.print(
        f"{verdict}: {report.facts:,} facts of {report.applications:,} applications, "
        f"{report.dead_letters:,} dead letters{predicted}{fed}{published}{waiting}"
        f" in {report.seconds:.1f} s; {warehouse}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


_WIDE = 1_000


def _cell(value: str) -> str:
    """Bounded and inert: ids and text of events may hold markup."""
    shown = value if len(value) <= 120 else value[:119] + "…"
    return shown.replace("[", "\\[")
