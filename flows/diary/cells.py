"""Cells of a diary → times, statuses, sources and scores, or a remark on why not."""

from datetime import tzinfo

import msgspec

from flows.diary import dates
from flows.diary.mapping import Mapping
from flows.diary.table import Row, plain
from models.application import Source, Status
from models.events import EARLIEST_US


class Remark(msgspec.Struct, frozen=True, order=True):
    """A cell that was not taken as it stands."""

    row: int
    column: str
    cell: str
    what: str


class Cells(msgspec.Struct):
    """Reads cells by a mapping and keeps what it could not take in `remarks`."""

    mapping: Mapping
    zone: tzinfo
    remarks: list[Remark] = msgspec.field(default_factory=list)

    def source(self, row: Row) -> Source | None:
        """Where the job was found; `other` for an unknown word."""
        cell = row.cells.get(self.mapping.columns.source or "")
        if cell is None:
            return None
        words = {plain(word): source for word, source in self.mapping.sources.items()}
        known = words | {source.value: source for source in Source}
        return known.get(plain(cell), Source.OTHER)

    def score(self, row: Row) -> float | None:
        """The match score from 0 to 100."""
        column = self.mapping.columns.match_score or ""
        cell = row.cells.get(column)
        if cell is None:
            return None
        try:
            score = float(cell.rstrip("% ").replace(",", "."))
        except ValueError:
            score = -1.0
        if not 0 <= score <= 100:
            self.remark(row, column, "not a score from 0 to 100")
            return None
        return score

    def status(self, row: Row, column: str) -> Status | None:
        """The status that the cell's word means; None where it tells nothing."""
        cell = row.cells.get(column)
        if cell is None or plain(cell) in map(plain, self.mapping.no_news):
            return None
        words = {plain(s.value.replace("_", " ")): s for s in Status} | {s.value: s for s in Status}
        words |= {plain(word): status for word, status in self.mapping.statuses.items()}
        status = words.get(plain(cell))
        if status is None:
            self.remark(
                row, column, "unknown status: left out (name it under [statuses] or in no_news)"
            )
        return status

    def times(self, row: Row, column: str, *, quietly: bool = False) -> list[int]:
        """Microseconds since 1970 of the dates in a cell, none where it holds something else."""
        cell = row.cells.get(column)
        if cell is None:
            return []
        mapping = self.mapping
        try:
            times = dates.parse(cell, mapping.date_order, self.zone, mapping.midday())
        except (ValueError, OverflowError) as error:
            if not quietly:
                self.remark(row, column, f"left out: {error}")
            return []
        if any(time < EARLIEST_US for time in times):
            self.remark(row, column, "left out: before the year 2000")
            return []
        return times

    def remark(self, row: Row, column: str, what: str) -> None:
        """Note that a cell was not taken as it stands."""
        self.remarks.append(Remark(row.number, column, row.cells.get(column, ""), what))
