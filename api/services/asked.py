"""What a metric is asked about: which applications, and in what groups."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from models.periods import Per, starts
from storage.duckdb import metrics
from storage.duckdb.metrics import By, Grouping, Reader, Selection


@dataclass(frozen=True, slots=True)
class Asked:
    """Which applications, whose days, how few cases say nothing, what to group by, and how many
    companies or applications to show."""

    selection: Selection
    zone: tzinfo
    cases_min: int
    by: By = By.NONE
    limit: int = 20

    def grouping(self, reader: Reader) -> Grouping:
        """The groups that there are."""
        selection = self.selection
        match self.by:
            case By.COMPANY:
                found = metrics.companies(reader, selection, cases=self.cases_min, limit=self.limit)
                return Grouping(self.by, names=tuple(found))
            case By.SOURCE:
                return Grouping(self.by, names=tuple(metrics.sources(reader, selection)))
            case By.WEEK:
                between = metrics.applied_between(reader, selection)
                if between is None:
                    return Grouping(self.by)
                first, last = between
                after = last + timedelta(microseconds=1)
                return Grouping(self.by, starts=tuple(starts(Per.WEEK, self.zone, first, after)))
            case _:
                return Grouping()


def names(grouping: Grouping) -> list[str | None]:
    """What each group is called; a week by its Monday."""
    match grouping.by:
        case By.NONE:
            return [None]
        case By.WEEK:
            return [begin.date().isoformat() for begin in grouping.starts[:-1]]
        case _:
            return list(grouping.names)
