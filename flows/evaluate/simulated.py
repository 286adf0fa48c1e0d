"""A simulated world to evaluate on: its messages, and what was true at each moment."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from flows.evaluate.replay import Arrived
from flows.simulator.ghosting import neglect_for
from flows.simulator.life import Life, Silence
from flows.simulator.plan import Plan
from flows.simulator.stream import arrivals
from flows.simulator.truth import probability_of
from models.instant import parse

DAYS = 365
END = parse("2026-01-01T00:00:00Z")


class Fate(NamedTuple):
    """What is true of an application."""

    silences: list[Silence]
    hired: bool

    def probability_at(self, time: int) -> float:
        """Of being hired, as far as it could be known at `time` (microseconds)."""
        index = bisect_right(self.silences, time, key=lambda silence: silence.since)
        return probability_of(self.silences[max(index, 1) - 1], time)


class World:
    """The messages of a plan; `fates` fills up as they come."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.fates: dict[str, Fate] = {}

    def messages(self) -> Iterator[Arrived]:
        """In order of arrival, each recorded when it arrives."""
        last: Life | None = None
        for arrival in arrivals(self.plan, until=self.plan.end):
            life = arrival.life
            if life is not last and life.id.decode() not in self.fates:
                self.fates[life.id.decode()] = Fate(life.silences, life.hired)
            last = life
            yield Arrived(arrival.at, arrival.line())


def plan_of(
    applications: int, seed: int, *, ghosted: float | None = None, changes: bool = False
) -> Plan:
    """A year's applications. `ghosted`: the share that shall end in silence, None as it comes;
    `changes`: from the middle of the year on employers behave otherwise."""
    return Plan(
        seed=seed,
        applications=applications,
        days=DAYS,
        end=END,
        disorder=0.0,
        duplicates=0.0,
        neglect=1.0 if ghosted is None else neglect_for(seed, ghosted),
        change_day=DAYS // 2 if changes else None,
    )
