"""`jobfinders import`: a spreadsheet of applications → events."""

import re
import time
from collections import Counter
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from flows.context import postgres_url, settings_of
from flows.diary import dates
from flows.diary.cells import Cells, Remark
from flows.diary.changes import DiaryEvent, Known, changes
from flows.diary.guess import guess
from flows.diary.mapping import Mapping, check, dump, load
from flows.diary.stories import Story, Teller
from flows.diary.table import Table, read_table
from flows.feed import Feed
from flows.ingest import summary
from flows.progress import Display
from models.errors import DiaryError
from models.events import IDENTIFIER_PATTERN
from models.instant import parse
from models.settings import Settings
from storage.postgres import diary
from storage.postgres.connect import connect

_CHUNK = 5_000
_REMARKS_SHOWN = 200


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.")],
    user: Annotated[
        str | None, typer.Option(help="Whose applications they are: a user id.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="TOML file that says what the columns mean.")
    ] = None,
    guess_: Annotated[bool, typer.Option("--guess", help="Guess the mapping and show it.")] = False,
    out: Annotated[Path | None, typer.Option(help="With --guess: write the mapping here.")] = None,
    tz: Annotated[str, typer.Option(help="Zone of the diary's days (IANA name).")] = "UTC",
    as_of: Annotated[
        str | None, typer.Option(help="Day of statuses without a date; else left out.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be put in.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until all of it is folded.")] = True,
) -> None:
    """Import a diary: one row per application with dated columns, or one row per event.

    Importing twice changes nothing; cells that were edited in between become corrections.
    `--guess` alone only shows a mapping. See docs/import.md.
    """
    if mapping is None and not guess_:
        raise DiaryError("say what the columns mean with --mapping FILE, or try --guess")
    zone = _zone(tz)
    read_by = load(mapping) if mapping is not None else None
    table = _read(file, read_by)
    if read_by is None:
        read_by = _show_guess(table, out)
        if user is None:
            return
    check(read_by, table.columns)
    if user is None or re.fullmatch(IDENTIFIER_PATTERN, user) is None:
        raise DiaryError("--user says whose diary it is: 1-128 letters, digits and . _ : -")
    cells = Cells(read_by, zone)
    teller = Teller(read_by, cells, user, time.time_ns() // 1_000, _day(as_of, read_by, zone))
    stories = teller.tell(table)
    _report(table, stories, sorted(cells.remarks))
    if dry_run:
        _show(_sorted([event for story in stories for event in changes(story, user, [])]))
        return
    _put_in(settings_of(context), f"import {file.name}", stories, user, wait=wait)


def _read(file: Path, mapping: Mapping | None) -> Table:
    if mapping is None:
        return read_table(file)
    return read_table(
        file, delimiter=mapping.delimiter, encoding=mapping.encoding, sheet=mapping.sheet
    )


def _zone(name: str) -> tzinfo:
    if name == "UTC":  # also where the machine has no zone files
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DiaryError(f"there is no time zone {name!r}") from error


def _day(text: str | None, mapping: Mapping, zone: tzinfo) -> int | None:
    if text is None:
        return None
    try:
        return dates.parse(text, mapping.date_order, zone, mapping.midday())[0]
    except ValueError as error:
        raise DiaryError(f"--as-of {text}: {error}") from error


def _show_guess(table: Table, out: Path | None) -> Mapping:
    guessed, remarks = guess(table)
    text = dump(guessed, remarks)
    if out is not None:
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            raise DiaryError(f"cannot write {out}: {error.strerror}") from error
    typer.echo(text)
    return guessed


def _report(table: Table, stories: list[Story], remarks: list[Remark]) -> None:
    typer.echo(f"{len(table.rows)} rows, {len(stories)} applications")
    for remark in remarks[:_REMARKS_SHOWN]:
        place = f"row {remark.row}" + (f", {remark.column}" if remark.column else "")
        cell = f": {remark.cell[:80]!r}" if remark.cell else ""
        typer.echo(f"  {place}{cell}: {remark.what}")
    if len(remarks) > _REMARKS_SHOWN:
        for what, count in Counter(r.what for r in remarks[_REMARKS_SHOWN:]).items():
            typer.echo(f"  {count} more: {what}")


def _show(events: list[DiaryEvent]) -> None:
    for event_type, count in sorted(Counter(event.type.value for event in events).items()):
        typer.echo(f"  {event_type}: {count}")
    typer.echo(f"{len(events)} events would be put in (fewer where some are there already)")


def _sorted(events: list[DiaryEvent]) -> list[DiaryEvent]:
    """By time, so that a history is lived through in order."""
    return sorted(events, key=lambda event: (parse(event.time), event.subject))


def _put_in(
    settings: Settings, source: str, stories: list[Story], user: str, *, wait: bool
) -> None:
    url = postgres_url(settings)
    with Display() as display, Feed(url, source, tell=display.tell) as feed:
        events = _sorted(_missing(url, stories, user))
        lines = [event.encode() for event in events]
        for begin in range(0, len(lines), _CHUNK):
            feed.put(lines[begin : begin + _CHUNK])
        feed.finish()
        counts = feed.wait(0, display.folded) if wait else feed.counts()
    if lines:
        typer.echo(summary(counts))
    else:
        typer.echo("nothing has changed since the last import")


def _missing(url: str, stories: list[Story], user: str) -> list[DiaryEvent]:
    """What the log lacks; raises DiaryError while an earlier import is being folded."""
    ids = [story.application_id for story in stories]
    with connect(url) as connection:
        if diary.waiting(connection, ids):
            raise DiaryError("an earlier import is still being folded: try again in a moment")
        payloads = diary.known(connection, ids)
    decode = msgspec.json.Decoder(Known).decode
    return [
        event
        for story in stories
        for event in changes(
            story, user, [decode(text) for text in payloads.get(story.application_id, [])]
        )
    ]
