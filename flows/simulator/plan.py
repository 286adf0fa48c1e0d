"""What a simulated world is made from. Two equal plans give the same world to the byte."""

import msgspec

from models.instant import US_PER_DAY


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A history of `days` days that ends at `end`, with `applications` begun in it."""

    seed: int
    applications: int
    days: int
    end: int
    """Microseconds since 1970."""
    disorder: float = 0.05
    """Share of events that arrive late, some of them by days."""
    duplicates: float = 0.01
    """Share of events that arrive twice."""
    bad: float = 0.0
    """Bad lines per event; they come beside the events."""
    crowded: int = 0
    """Applications with more facts than are allowed, 1,003 events each."""
    neglect: float = 1.0
    """Multiple of every employer's rate of ghosting."""
    change_day: int | None = None
    """Applications begun on or after this day meet employers who behave otherwise."""

    @property
    def start(self) -> int:
        """Microseconds since 1970 of the first day's beginning."""
        return self.end - self.days * US_PER_DAY

    def changed(self, day: int) -> bool:
        """Whether an application begun on this day meets the changed employers."""
        return self.change_day is not None and day >= self.change_day

    def begun_on(self, day: int) -> range:
        """Numbers of the applications begun on a day, counted from 0; days go on for ever."""
        return range(
            self.applications * day // self.days, self.applications * (day + 1) // self.days
        )
