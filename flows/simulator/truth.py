"""The true probability of being hired at each moment of a simulated application."""

from bisect import bisect_right
from collections.abc import Iterator

import msgspec

from flows.simulator.life import Life, Silence, life_of
from flows.simulator.plan import Plan
from models.instant import US_PER_DAY, to_rfc3339

_AGES_DAYS = (1, 2, 4, 8, 16, 32, 64)
"""After so many days of silence a moment is written as well."""


class Moment(msgspec.Struct, rename="camel", frozen=True):
    """What is true at `time`, given all that the employer has let anybody know.

    Until the next moment p follows from `silence_days`, τ: with S = e^(-total·τ),
    p = on_entry · S / (S + ghost / total · (1 - S)).
    """

    application_id: str
    time: str
    probability: float
    silence_days: float
    stage: str | None = None
    on_entry: float | None = None
    ghost_per_day: float | None = None
    total_per_day: float | None = None


def lives(plan: Plan) -> Iterator[Life]:
    """Every application begun in the plan's history."""
    for day in range(plan.days):
        for number in plan.begun_on(day):
            yield life_of(plan, number, day)


def probability_at(life: Life, time: int) -> float:
    """The probability at `time` (simulated microseconds), not before the application began."""
    index = bisect_right(life.silences, time, key=lambda silence: silence.since)
    return probability_of(life.silences[index - 1], time)


def moments(life: Life, until: int) -> Iterator[Moment]:
    """At each word of the employer's and at doubling ages of silence, up to `until`."""
    ends = [silence.since for silence in life.silences[1:]] + [until + 1]
    for silence, end in zip(life.silences, ends, strict=True):
        ages = (0, *_AGES_DAYS) if silence.stage is not None else (0,)
        for age in ages:
            time = silence.since + age * US_PER_DAY
            if time < end and time <= until:
                yield _moment(life, silence, time)


def probability_of(silence: Silence, time: int) -> float:
    """The probability at `time` (simulated microseconds) within a silence."""
    if silence.stage is None:
        return silence.final
    return silence.stage.probability(time - silence.since)


def _moment(life: Life, silence: Silence, time: int) -> Moment:
    moment = Moment(
        life.id.decode(),
        to_rfc3339(time),
        probability_of(silence, time),
        (time - silence.since) / US_PER_DAY,
    )
    stage = silence.stage
    if stage is None:
        return moment
    return msgspec.structs.replace(
        moment,
        stage=stage.status.value,
        on_entry=stage.on_entry,
        ghost_per_day=stage.ghost,
        total_per_day=stage.leave + stage.view,
    )
