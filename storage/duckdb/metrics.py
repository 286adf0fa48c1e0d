"""Figures across applications, as the published warehouse has them. Statements only: what is
made of them is in `models/`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt

from models.application import Status
from models.funnel import STAGES, Standing
from models.instant import EPOCH
from models.survival import Floats
from storage.duckdb.statements import Statements

_STATEMENTS = Statements("metrics")
_QUARTER_S = 900
_LEFT = STAGES[:-1]


class By(StrEnum):
    """What to group by."""

    NONE = "none"
    COMPANY = "company"
    SOURCE = "source"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which applications; None means all. Times are of application, half-open."""

    user_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    company: str | None = None
    sources: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None

    def parameters(self) -> dict[str, object]:
        """As the statements name them."""
        return {
            "user_id": self.user_id,
            "since": _naive(self.since),
            "until": _naive(self.until),
            "company": self.company,
            "sources": None if self.sources is None else list(self.sources),
            "statuses": None if self.statuses is None else list(self.statuses),
        }


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups are counted from 0: of `names`, or of weeks between `starts`."""

    by: By = By.NONE
    names: tuple[str | None, ...] = ()
    starts: tuple[datetime, ...] = ()

    def parameters(self) -> dict[str, object]:
        """As the statements name them."""
        return {"names": list(self.names), "starts": _quarters(self.starts)}


class Responses(NamedTuple):
    """Of a group: for each application the hours until the answer, or (negative) until it was
    last seen without one; and how many of these had been withdrawn."""

    watched: Floats
    withdrawn: int


class Stays(NamedTuple):
    """Of a stage: for each application that was ever there its hours, several stays together;
    of those that have left it, and of those that are there still."""

    stage: Status
    left: Floats
    present: Floats


class Silence(NamedTuple):
    """Of the open applications of a group those whose employer has been silent too long."""

    open: int
    silent: int


class Silent(NamedTuple):
    """An open application; hours since its employer last did anything, or since it began."""

    application_id: str
    user_id: str
    company: str | None
    job_title: str | None
    status: str
    applied_at: datetime
    last_employer_activity_at: datetime | None
    hours_of_silence: float


class Volume(NamedTuple):
    """Events of a period, counted from 0; `type` is None for all together."""

    period: int
    type: str | None
    events: int


Reader = duckdb.DuckDBPyConnection


def companies(reader: Reader, selection: Selection, *, cases: int, limit: int) -> list[str | None]:
    """The `limit` companies with most applications, if they have so many `cases`."""
    parameters = {"cases": cases, "limit": limit}
    return [row[0] for row in _rows(reader, "companies", selection.parameters() | parameters)]


def sources(reader: Reader, selection: Selection) -> list[str | None]:
    """Sources, the largest first."""
    return [row[0] for row in _rows(reader, "sources", selection.parameters())]


def applied_between(reader: Reader, selection: Selection) -> tuple[datetime, datetime] | None:
    """First and last time of application; None without any."""
    first, last = _rows(reader, "applied_between", selection.parameters())[0]
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return None
    return first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)


def standings(
    reader: Reader, selection: Selection, grouping: Grouping
) -> dict[int, list[Standing]]:
    """How far applications got and how they stand, by group."""
    found: dict[int, list[Standing]] = {}
    parameters = selection.parameters() | grouping.parameters()
    for group, *standing in _rows(reader, "standings", parameters, grouping.by):
        found.setdefault(group, []).append(Standing(*standing))
    return found


def responses(
    reader: Reader, selection: Selection, grouping: Grouping, groups: int, clock: datetime
) -> list[Responses]:
    """How long each was waited for, up to `clock`, by group."""
    parameters = selection.parameters() | grouping.parameters() | {"clock": _naive(clock)}
    withdrawn = dict(_rows(reader, "withdrawals", parameters, grouping.by))
    columns = _execute(reader, "responses", parameters, grouping.by).fetchnumpy()
    watched = _split(np.asarray(columns["watched"]), np.asarray(columns["group"]), groups)
    return [Responses(part, withdrawn.get(group, 0)) for group, part in enumerate(watched)]


def stays(reader: Reader, selection: Selection, clock: datetime) -> Iterator[Stays]:
    """Each stage that can be left, up to `clock`."""
    parameters = selection.parameters() | {
        "clock": _naive(clock),
        "stages": [stage.value for stage in _LEFT],
    }
    # As tables: a million numbers are handed over in half the time that fetchnumpy takes.
    found = _STATEMENTS.table(reader, "stays", parameters)
    present = _split(found["hours"].to_numpy(), found["stage"].to_numpy(), len(_LEFT))
    for stage, hours in zip(_LEFT, present, strict=True):
        left = _STATEMENTS.table(reader, "stays_left", parameters, stage)
        yield Stays(stage, left["hours"].to_numpy(), hours)


def silences(
    reader: Reader, selection: Selection, grouping: Grouping, clock: datetime, hours: float
) -> dict[int, Silence]:
    """Open applications by group, and whose employer has been silent for more than `hours`."""
    parameters = selection.parameters() | grouping.parameters()
    parameters |= {"clock": _naive(clock), "hours": hours}
    found = _rows(reader, "silences", parameters, grouping.by)
    return {group: Silence(*counts) for group, *counts in found}


def silent_applications(
    reader: Reader, selection: Selection, clock: datetime, hours: float, *, limit: int
) -> list[Silent]:
    """Open applications whose employer has been silent for more than `hours`, the longest first."""
    parameters = selection.parameters()
    parameters |= {"clock": _naive(clock), "hours": hours, "limit": limit}
    rows = _rows(reader, "silent_applications", parameters)
    return [Silent._make(map(_aware, row)) for row in rows]


def volume(
    reader: Reader, selection: Selection, starts: tuple[datetime, ...], *, by_type: bool
) -> list[Volume]:
    """Events between the first and the last of `starts`, or within `selection`'s narrower
    period; periods without events are left out."""
    narrowed = selection.company or selection.sources or selection.statuses
    parameters = selection.parameters() | {"starts": _quarters(starts), "by_type": by_type}
    name = "volume_of_selected" if narrowed else "volume"
    return [Volume(*row) for row in _rows(reader, name, parameters)]


def _split(values: Floats, groups: npt.NDArray[np.integer[Any]], count: int) -> list[Floats]:
    """The values of each group."""
    if count <= 1:
        return [values] * count
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(np.bincount(groups, minlength=count))
    return np.split(values[order], ends[:-1])


def _execute(
    reader: Reader, name: str, parameters: Mapping[str, object], by: By = By.NONE
) -> Reader:
    return _STATEMENTS.execute(reader, name, parameters, f"by_{by}")


def _rows(
    reader: Reader, name: str, parameters: Mapping[str, object], by: By = By.NONE
) -> list[tuple]:  # type: ignore[type-arg]
    return _execute(reader, name, parameters, by).fetchall()


def _naive(moment: datetime | None) -> datetime | None:
    """UTC without saying so, as the tables have it."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def _aware(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _quarters(moments: tuple[datetime, ...]) -> list[int]:
    return [int((moment - EPOCH).total_seconds()) // _QUARTER_S for moment in moments]
