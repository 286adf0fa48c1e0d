"""The moments of an application, rebuilt from its facts in the order of the log: what was
known at each, and nothing later."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models.analytics import Row, fold
from models.application import CLOSED
from models.facts import Fact, State
from models.instant import US_PER_DAY

SILENT_DAYS = (1, 2, 4, 8, 16, 32, 64)
"""Silence is looked at again at these ages: when the model learns, and when it is asked."""
MOMENTS_MAX = 100
"""Learned of one application: its last ones."""
_FOR_EVER = 1 << 62


class Known(NamedTuple):
    """A fact and when it was recorded, microseconds since 1970."""

    fact: Fact
    recorded_at: int


class Moment(NamedTuple):
    """A row and the time at which it stood so, microseconds since 1970."""

    row: Row
    now: int


def moments(
    user_id: str, known: Sequence[Known], until: int, silent_for_ever: bool
) -> list[Moment]:
    """The moments after each fact and at ages of silence, to the clock `until` (microseconds);
    those at which there was something to predict, at most MOMENTS_MAX.

    `silent_for_ever`: the last silence is taken to go on, so that its later ages are learned
    as what they will be, and not left to what younger silence teaches.
    """
    found: list[Moment] = []
    facts: list[Fact] = []
    clock = 0
    for number, (fact, recorded_at) in enumerate(known):
        facts = sorted([*facts, fact])
        clock = max(clock, min(fact.time, recorded_at))
        row = fold(State(user_id, facts))
        if not predictable(row):
            continue
        found.append(Moment(row, clock))
        following = known[number + 1] if number + 1 < len(known) else None
        end = until if following is None else min(following.fact.time, following.recorded_at)
        found += [Moment(row, age) for age in ages(silent_since(row), clock, end)]
    if silent_for_ever and found:
        last = found[-1].row
        found += [Moment(last, age) for age in ages(silent_since(last), until - 1, _FOR_EVER)]
    return found[-MOMENTS_MAX:]


def predictable(row: Row) -> bool:
    """Whether there is something to predict: an application, and not closed."""
    return row.applied_at is not None and row.status not in CLOSED


def silent_since(row: Row) -> int:
    """When the employer last did anything, or else the application was made; microseconds."""
    since = row.last_employer_activity_at
    return since if since is not None else row.applied_at or 0


def next_age(since: int, now: int) -> int | None:
    """When silence since `since` comes of another age, after `now`; None where no more."""
    return next(ages(since, now, _FOR_EVER), None)


def ages(since: int, after: int, until: int) -> Iterator[int]:
    """The times behind `after` and before `until` at which silence comes of another age."""
    for days in SILENT_DAYS:
        time = since + days * US_PER_DAY
        if after < time < until:
            yield time
