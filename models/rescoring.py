"""Open applications predicted anew as silence grows: only those that moved are told."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import structs

from models.batch import Batch, Change, Counts, Held
from models.instant import to_rfc3339
from models.intake import Predict, analytics_updated, predict_all

MOVED_MIN = 0.02
"""A smaller change of p is not worth an event."""
_FIELD = "successProbability"


class Wanted(NamedTuple):
    """An application to be predicted anew."""

    number: int
    """Of the question: asked again it is another."""
    p: float | None
    """What was served last, None for nothing."""


class _Said(msgspec.Struct):
    p: float


_decode = msgspec.json.Decoder(_Said).decode


def rescore(
    wanted: Mapping[str, Wanted],
    held: Mapping[str, Held],
    predict: Predict,
    clock: int,
    now: int,
) -> Batch:
    """The batch that tells of those whose p has moved at the log clock (microseconds).

    `wanted` is by application; `now` (microseconds) dates the events.
    """
    known = {name: structs.replace(held[name]) for name in wanted if name in held}
    predict_all(known, predict, clock)
    changed = {
        name: structs.replace(one, revision=one.revision + 1)
        for name, one in known.items()
        if _moved(wanted[name].p, one.success_probability)
    }
    time = to_rfc3339(now)
    return Batch(
        now=now,
        counts=Counts(),
        runs={},
        changed=changed,
        changes=[
            Change(name, one, analytics_updated(name, one, time, [], [_FIELD]))
            for name, one in changed.items()
        ],
        dead=[],
        judged=[],
        entities=set(),
        listed=set(),
        clock=clock,
        rescored={name: one.number for name, one in wanted.items()},
    )


def _moved(before: float | None, probability: bytes) -> bool:
    if not probability:
        return False
    return before is None or abs(_decode(probability).p - before) >= MOVED_MIN
