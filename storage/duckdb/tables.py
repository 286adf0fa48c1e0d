"""Rows of single applications, a page of applications at a time."""

from enum import StrEnum
from typing import NamedTuple

import polars as pl

from storage.duckdb.metrics import Reader, Selection
from storage.duckdb.statements import Statements

_STATEMENTS = Statements("metrics", "tables")


class Table(StrEnum):
    """What can be had; columns are those of the v_* view of that name."""

    APPLICATIONS = "applications"
    STATUS_CHANGES = "status_changes"
    STAGE_DURATIONS = "stage_durations"
    RESPONSE_TIMES = "response_times"
    EVENTS = "events"


EVENTS_MAX = 50_000
"""Of the applications on a page, which bounds its rows: each tells of one event at least."""


class Page(NamedTuple):
    """All rows of at most `limit` applications in order of their ids; `last` is the last of
    them where more may follow; `total` counts applications."""

    rows: pl.DataFrame
    last: str | None
    total: int


def page(
    reader: Reader,
    table: Table,
    selection: Selection,
    after: str | None,
    limit: int,
    events_max: int = EVENTS_MAX,
) -> Page:
    """The rows of the applications behind `after`; of fewer than `limit` where they have more
    than `events_max` events together, of one at least."""
    parameters = selection.parameters() | {"after": after, "limit": limit}
    ((total,),) = _STATEMENTS.execute(reader, "total", parameters).fetchall()
    parameters |= {"events": events_max}
    ((count, last, found),) = _STATEMENTS.execute(reader, "end", parameters).fetchall()
    rows = _STATEMENTS.table(reader, table, parameters | {"last": last})
    return Page(rows, last if count == limit or count < found else None, total)
