"""What the warehouse writes with each row, for its figures: how far the application got and how
long it stayed where. Counted again from its transitions."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add
from typing import Any, NamedTuple

_WAY = (
    "applied",
    "viewed",
    "shortlisted",
    "interview_scheduled",
    "interviewed",
    "offer_received",
    "hired",
)
Steps = list[tuple[Any, ...]]


class Stays(NamedTuple):
    """The furthest stage, hours in those that were left, hours of earlier stays in the present
    one; None for those it was never in."""

    furthest: str
    hours_left: Mapping[str, float | None]
    hours_before: float | None


def stays(status: str | None, told: tuple[int, int, int], steps: Steps) -> Stays:
    """Of an application: `told` counts views, interviews and offers, `steps` are
    (n, from, to, at, hours, allowed)."""
    reached = [_WAY.index(to) for _, _, to, *_ in steps if to in _WAY]
    reached += [rung for rung, count in zip((1, 3, 5), told, strict=True) if count > 0]
    hours = {
        stage: _total(step[4] for step in steps if step[1] == stage)
        for stage in {*_WAY[:-1], status}
    }
    left = {stage: None if status in (stage, None) else hours[stage] for stage in _WAY[:-1]}
    return Stays(_WAY[max(reached, default=0)], left, hours[status])


def _total(hours: Iterable[float | None]) -> float | None:
    """In their order, without the correction that later Pythons make: to the last bit."""
    known = [one for one in hours if one is not None]
    return reduce(add, known) if known else None
