"""Rows of a diary → what each application's events ought to be. Pure."""

import hashlib
from collections import defaultdict

import msgspec
from msgspec import UNSET

from flows.diary.cells import Cells
from flows.diary.mapping import Mapping
from flows.diary.table import Row, Table, plain, without_empty
from models.application import Status
from models.events import (
    AHEAD_US_MAX,
    Created,
    Data,
    EventType,
    InterviewScheduled,
    OfferReceived,
    StatusChanged,
    Withdrawn,
)
from models.instant import to_rfc3339

UNKNOWN = "unknown"
"""Job title or company where the diary has none."""
_TEXT_MAX = 1_000
STATUS_SLOT = "status."
"""Slots of the status column: it has no memory, so what it no longer says still happened."""


class Planned(msgspec.Struct, frozen=True):
    """An event that ought to stand. `slot` is where in the row it comes from, whatever it says."""

    slot: str
    type: EventType
    data: Data
    time: int
    floating: bool = False
    """The diary does not say when: a time given at an earlier import stays."""


class Story(msgspec.Struct, frozen=True):
    """All that the diary tells of one application."""

    application_id: str
    planned: list[Planned]


class Teller(msgspec.Struct):
    """Reads a table by its mapping. Times in microseconds; `as_of` dates undated statuses."""

    mapping: Mapping
    cells: Cells
    user: str
    now: int
    as_of: int | None = None

    def tell(self, table: Table) -> list[Story]:
        """A story for each application; what is left out is in the remarks of `cells`."""
        tell = self._one_each if self.mapping.shape == "applications" else self._many_each
        return tell(without_empty(table, self.mapping.empty).rows)

    def _one_each(self, rows: list[Row]) -> list[Story]:
        """One row an application; equal rows are told apart by the order of their days."""
        found: dict[str, list[tuple[int, Row]]] = defaultdict(list)
        for row in rows:
            key = self._key(row)
            began = self._began(row) if key is not None else None
            if key is not None and began is not None:
                found[key].append((began, row))
        stories = []
        for key, same in found.items():
            for occurrence, (began, row) in enumerate(
                sorted(same, key=lambda pair: (pair[0], pair[1].number))
            ):
                planned = [self._created([row], began), *self._dated(row, began)]
                planned += self._status(row, began, planned)
                stories.append(Story(self._application_id(key, occurrence), planned))
        return stories

    def _many_each(self, rows: list[Row]) -> list[Story]:
        """One row an event; rows of one id, or one company and job, belong together."""
        column, day = self.mapping.columns.status or "", self.mapping.columns.status_date or ""
        found: dict[str, list[tuple[int, Row, Status | None]]] = defaultdict(list)
        for row in rows:
            key = self._key(row)
            times = self.cells.times(row, day)
            if key is not None and times:
                found[key].append((times[0], row, self.cells.status(row, column)))
            elif key is not None and day not in row.cells:
                self.cells.remark(row, day, "no date: row left out")
        stories = []
        for key, same in found.items():
            same.sort(key=lambda event: (event[0], event[1].number))
            planned = [self._created([row for _, row, _ in same], same[0][0])]
            counts: dict[str, int] = defaultdict(int)
            for time, row, status in same:
                if status is not None:
                    slot = f"event.{status.value}.{counts[status]}"
                    counts[status] += 1
                    planned += self._reached(row, day, slot, status, time)
            stories.append(Story(self._application_id(key, 0), planned))
        return stories

    def _key(self, row: Row) -> str | None:
        columns = self.mapping.columns
        if columns.id is not None and columns.id in row.cells:
            return f"id\n{row.cells[columns.id]}"
        company = row.cells.get(columns.company)
        if company is None:
            self.cells.remark(row, columns.company, "no company: row left out")
            return None
        return f"{plain(company)}\n{plain(row.cells.get(columns.job_title or '', ''))}"

    def _application_id(self, key: str, occurrence: int) -> str:
        return f"diary_{digest(self.user, key, str(occurrence))}"

    def _began(self, row: Row) -> int | None:
        """The day of the application, else the row's first day."""
        applied = self.mapping.columns.applied
        times = self.cells.times(row, applied) if applied else []
        if times and times[0] > self.now + AHEAD_US_MAX:
            self.cells.remark(row, applied or "", "in the future: row left out")
            return None
        if times:
            return times[0]
        others = [
            time
            for column in self.mapping.dates
            for time in self.cells.times(row, column, quietly=True)
            if time <= self.now
        ]
        what = "first other day taken" if others else "row left out"
        self.cells.remark(row, applied or "", f"no day of application: {what}")
        return min(others, default=None)

    def _created(self, rows: list[Row], time: int) -> Planned:
        columns = self.mapping.columns

        def first(column: str | None) -> str | None:
            cells = (row.cells[column] for row in rows if column and column in row.cells)
            return next(cells, UNKNOWN)[:_TEXT_MAX] if column else None

        company = first(columns.company) or UNKNOWN
        title = first(columns.job_title) or UNKNOWN
        location = next((c for row in rows if (c := row.cells.get(columns.location or ""))), None)
        data = Created(
            job_id=f"diary_job_{digest(plain(company), plain(title))}",
            job_title=title,
            company=company,
            location=location[:_TEXT_MAX] if location else UNSET,
            source=self.cells.source(rows[0]) or UNSET,
        )
        score = self.cells.score(rows[0])
        if score is not None:
            data.match_score = score
        return Planned("created", EventType.CREATED, data, time)

    def _dated(self, row: Row, began: int) -> list[Planned]:
        planned = []
        for column, status in self.mapping.dates.items():
            for number, time in enumerate(self.cells.times(row, column)):
                if time < began:
                    self.cells.remark(
                        row, column, "before the day of the application; taken as it is"
                    )
                planned += self._reached(row, column, f"date.{column}.{number}", status, time)
        return planned

    def _status(self, row: Row, began: int, planned: list[Planned]) -> list[Planned]:
        """The status column's news, unless a dated column has told it."""
        columns = self.mapping.columns
        column = columns.status
        status = self.cells.status(row, column) if column else None
        if column is None or status is None or status is Status.APPLIED:
            return []
        if any(_tells(event, status) for event in planned):
            return []
        times = self.cells.times(row, columns.status_date) if columns.status_date else []
        slot = STATUS_SLOT + status.value
        if times:
            if times[0] < began:
                self.cells.remark(
                    row,
                    columns.status_date or "",
                    "before the day of the application; taken as it is",
                )
            return self._reached(row, columns.status_date or "", slot, status, times[0])
        if self.as_of is None:
            self.cells.remark(
                row, column, "no date for this status: left out (--as-of DATE dates it)"
            )
            return []
        time = max(self.as_of, began)
        return self._reached(row, column, slot, status, time, floating=True)

    def _reached(
        self, row: Row, column: str, slot: str, status: Status, time: int, *, floating: bool = False
    ) -> list[Planned]:
        """The events of reaching a status; an interview may lie ahead, nothing else."""
        if status is Status.APPLIED:
            return []
        at = time
        if time > self.now + AHEAD_US_MAX:
            if status is not Status.INTERVIEW_SCHEDULED:
                self.cells.remark(row, column, "in the future: left out")
                return []
            time, floating = self.now, True
        if status is Status.WITHDRAWN:
            return [Planned(slot, EventType.WITHDRAWN, Withdrawn(), time, floating)]
        changed = StatusChanged(new_status=status)
        planned = [Planned(slot, EventType.STATUS_CHANGED, changed, time, floating)]
        if status is Status.INTERVIEW_SCHEDULED:
            interview = InterviewScheduled(
                scheduled_at=to_rfc3339(at), interview_id=slot[:_TEXT_MAX]
            )
            planned.append(
                Planned(
                    f"{slot}.interview", EventType.INTERVIEW_SCHEDULED, interview, time, floating
                )
            )
        if status is Status.OFFER_RECEIVED:
            offer = OfferReceived(offer_id=slot[:_TEXT_MAX])
            planned.append(
                Planned(f"{slot}.offer", EventType.OFFER_RECEIVED, offer, time, floating)
            )
        return planned


def digest(*parts: str) -> str:
    """24 hexadecimal digits that stand for these texts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def _tells(event: Planned, status: Status) -> bool:
    if isinstance(event.data, StatusChanged):
        return event.data.new_status is status
    return isinstance(event.data, Withdrawn) and status is Status.WITHDRAWN
