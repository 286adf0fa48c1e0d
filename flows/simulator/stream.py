"""The world's events in the order in which they arrive, for ever or up to a moment.

Lives are begun day by day and their events put into the day of their arrival, so that only
what is still to come is held in memory.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import NamedTuple

from flows.simulator.disorder import bad_line, crowd, delay
from flows.simulator.life import Event, Life, life_of
from flows.simulator.plan import Plan
from flows.simulator.wire import Clock, line_of
from models.decoder import Reason
from models.events import FACTS_MAX
from models.instant import US_PER_DAY, US_PER_HOUR, US_PER_SECOND


class Arrival(NamedTuple):
    """An event on its way in; times are simulated microseconds."""

    at: int
    order: int
    life: Life
    event: Event
    bad: Reason | None = None
    """Set where a line that must become a dead letter is made from the event."""

    def line(self, clock: Clock | None = None) -> bytes:
        """NDJSON without newline; `clock` turns simulated into real time."""
        if self.bad is not None:
            return bad_line(self.life, self.event, self.bad, self.order, clock)
        return line_of(self.life, self.event, clock)


_REASONS = (
    Reason.INVALID,
    Reason.INVALID,
    Reason.OUTPUT_ONLY,
    Reason.UNKNOWN_TYPE,
    Reason.TIME_OUT_OF_RANGE,
    Reason.ID_CONFLICT,
    Reason.OWNER_MISMATCH,
)


def arrivals(plan: Plan, *, first: int = 0, until: int | None = None) -> Iterator[Arrival]:
    """Everything that arrives, in order of arrival.

    `first` leaves out lives begun before that day; `until` (microseconds) ends the stream,
    None lets it go on for ever.
    """
    days: defaultdict[int, list[Arrival]] = defaultdict(list)
    limit = 1 << 62 if until is None else until
    for day in count(first):
        begins = plan.start + day * US_PER_DAY
        if begins >= limit:
            return
        for number in plan.begun_on(day):
            life = life_of(plan, number, day)
            _send(plan, life, number, begins, day, limit, days)
        if day == 0 and plan.crowded:
            for number in range(plan.crowded):
                life = crowd(plan, number)
                for order, event in enumerate(life.events, number * FACTS_MAX * 2):
                    arrival = Arrival(event.time, -order - 1, life, event)
                    days[(event.time - plan.start) // US_PER_DAY].append(arrival)
        today = days.pop(day, [])
        today.sort()
        yield from today


def _send(
    plan: Plan,
    life: Life,
    number: int,
    begins: int,
    day: int,
    limit: int,
    days: defaultdict[int, list[Arrival]],
) -> None:
    """Put a life's events, their duplicates and bad lines into the days of their arrival."""
    random = Random(plan.seed << 40 ^ number ^ 1 << 39).random
    late, twice, bad = plan.disorder, plan.duplicates, plan.bad
    order = number << 12
    for event in life.events:
        order += 4
        at = event.time
        if random() < late:
            at += delay(random)
        if at > limit:
            continue
        days[day + (at - begins) // US_PER_DAY].append(Arrival(at, order, life, event))
        if random() < twice:
            again = at + int(random() * US_PER_HOUR)
            if again <= limit:
                arrival = Arrival(again, order + 1, life, event)
                days[day + (again - begins) // US_PER_DAY].append(arrival)
        if bad and random() < bad:
            after = at + US_PER_SECOND
            reason = _REASONS[int(random() * len(_REASONS))]
            arrival = Arrival(after, order + 2, life, event, reason)
            days[day + (after - begins) // US_PER_DAY].append(arrival)
