"""How applications go on, counted: the stays between two acts of the employer.

A stay begins with an act of the employer or the application itself, at a stage and a match
score, and ends when the employer looks, advances or rejects. Moves are as an application's history
has them, however many of them one report tells. What stays have come to is kept by
hashed employer, stage and tenth of the match score, so that memory is bounded. Facts count half
after `HALF_LIFE_DAYS`: each counts the more the later its stay began, against one fixed time
(forward decay, Cormode et al. 2009), so that nothing need be touched to age. All of a stay counts
by its begin, be it ended or not; by its end, stays that never end would count too much.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from models.features import Floats
from models.instant import US_PER_DAY, US_PER_HOUR, parse

STAGES = 5
"""Applied or viewed, shortlisted, interview scheduled, interviewed, offer."""
SCHEDULED, INTERVIEWED, HIRED = 2, 3, 5
_REJECTED, _WITHDRAWN = 6, 7
STAGE_OF = (0, 0, 0, 1, SCHEDULED, INTERVIEWED, 4, HIRED, _REJECTED, _WITHDRAWN)
"""By status: 0 for none, else its rank + 1."""
SCORES = 11
"""Match scores, rounded to tens: SCORE_OF says which."""
SCORE_OF: Floats = np.linspace(0.0, 100.0, SCORES)
ROUNDS = 5
"""Interviews scheduled so far; the last stands for more."""

HALF_LIFE_DAYS = 40.0
_GROWTH = 0.1
"""Of the stays, until they are fitted anew…"""
_FEW = 20.0
"""…and at least so many."""
_LANDMARK = parse("2020-01-01T00:00:00Z")
_EXPONENT_MAX = 250.0
_LOOK_MIN_US = US_PER_HOUR // 60
"""What the employer does within a minute is one act."""

_ADVANCE, _REJECT, _LOOK, DAYS = range(4)
"""What is counted of stays, the last their length."""
_CELLS = (STAGES, SCORES, 4)
_ROUTES = (STAGES, ROUNDS, STAGES + 1)
_SPLIT = STAGES * SCORES * 4
SIZE = _SPLIT + STAGES * ROUNDS * (STAGES + 1)

_AGES = 48
EDGES = [int(edge) for edge in np.geomspace(US_PER_HOUR, 400 * US_PER_DAY, _AGES)]
"""Where the buckets of a wait's length begin, microseconds."""
MIDDLES: Floats = np.sqrt(np.array([EDGES[0] / 4, *EDGES]) * np.array([*EDGES, EDGES[-1] * 1.2]))
MIDDLES /= US_PER_DAY
"""And about which lengths they stand, days."""


class Stay(msgspec.Struct, frozen=True):
    """The stay that an application is in; times in microseconds since 1970."""

    employer: int
    stage: int
    """STAGES and more: closed by the employer."""
    score: int
    round: int
    views: int
    began: int
    ended: int | None = None
    """When the candidate withdrew: a wait that nobody will answer."""


class Place(NamedTuple):
    """What the log says of an application; times in microseconds since 1970, statuses 0 for
    none, else their rank + 1."""

    employer: int
    status: int
    status_at: int | None
    score: float | None
    interviews: int
    views: int
    applied_at: int
    silent_since: int
    changes: Sequence[tuple[int, int]]
    """When it came to which status, in the order of time."""


class _Visit(NamedTuple):
    """A time spent in a stage, and the stage behind it: the same one after another act."""

    stage: int
    round: int
    began: int
    ended: int
    to: int


class Wait(NamedTuple):
    """How some applications wait; lengths as buckets of `EDGES`."""

    employer: int
    stage: int
    score: int
    lasted: int
    age: int
    """Since the stay began: longer than it lasted where the candidate withdrew."""
    number: int
    """How many wait so."""


def wait_of(stay: Stay, clock: int) -> Wait | None:
    """A stay as a wait at the clock (microseconds); None where it begins later or is closed."""
    if stay.stage >= STAGES or stay.began >= clock:
        return None
    lasted = clock if stay.ended is None else min(stay.ended, clock)
    buckets = bisect_right(EDGES, lasted - stay.began), bisect_right(EDGES, clock - stay.began)
    return Wait(stay.employer, stay.stage, stay.score, *buckets, 1)


class Stays:
    """The counts: by employer an array of SIZE. `touched` gathers the employers that changed."""

    def __init__(self) -> None:
        self.counts: dict[int, Floats] = {}
        self.total = 0.0
        """Times in a stage that have ended, weighted."""
        self.fitted = 0.0
        """Of them when they were fitted last."""
        self.touched: set[int] = set()

    def hear(self, place: Place, before: Stay | None, clock: int) -> Stay:
        """Count what has ended since the stay that was known before; the one that goes on.

        Nothing is taken back: what is corrected later stays counted as it was. Only how often
        the employer looked in between is known, so looks are divided by time.
        """
        score = 50.0 if place.score is None else place.score
        tenth = min(max(round(score / 10.0), 0), SCORES - 1)
        if before is None:
            began = min(place.applied_at, clock)
            before = Stay(place.employer, 0, tenth, 0, 0, began)
        visits, stage, began = _visits(place, before, clock)
        self._count(before, visits, max(0, place.views - before.views))
        ended = None
        if STAGE_OF[place.status] == _WITHDRAWN:
            ended = max(began, min(place.status_at or clock, clock))
        rounds = min(place.interviews, ROUNDS - 1)
        return Stay(place.employer, stage, tenth, rounds, place.views, began, ended)

    def at(self, employers: Sequence[int], clock: int) -> tuple[Floats, Floats]:
        """The counts by employer, and where their advances led; what begins at the clock
        (microseconds) counts 1. Shapes (employers, STAGES, SCORES, 4) and (employers, STAGES,
        ROUNDS, STAGES + 1)."""
        nothing = np.zeros(SIZE)
        counts = [self.counts.get(employer, nothing) for employer in employers]
        found = np.asarray(counts, np.float64).reshape(-1, SIZE) / np.float64(_weight(clock))
        return found[:, :_SPLIT].reshape(-1, *_CELLS), found[:, _SPLIT:].reshape(-1, *_ROUTES)

    def due(self, clock: int) -> bool:
        """Whether they have grown enough since the last fit for another one."""
        few = _FEW * _weight(clock)
        return self.total - self.fitted >= max(_GROWTH * self.fitted, few)

    def _count(self, stay: Stay, visits: Sequence[_Visit], looks: int) -> None:
        if not visits:
            return
        counts = self.counts.setdefault(stay.employer, np.zeros(SIZE))
        cells, routes = counts[:_SPLIT].reshape(_CELLS), counts[_SPLIT:].reshape(_ROUTES)
        span = sum(visit.ended - visit.began for visit in visits)
        for visit in visits:
            weight, length = _weight(visit.began), visit.ended - visit.began
            cell = cells[visit.stage, stay.score]
            cell[DAYS] += weight * length / US_PER_DAY
            if span > _LOOK_MIN_US:
                cell[_LOOK] += weight * looks * length / span
            if visit.to == _REJECTED:
                cell[_REJECT] += weight
            elif leads(visit.stage, visit.to):
                cell[_ADVANCE] += weight
                routes[visit.stage, visit.round, visit.to] += weight
            self.total += weight
        self.touched.add(stay.employer)


def _visits(place: Place, before: Stay, clock: int) -> tuple[list[_Visit], int, int]:
    """What has ended since `before`, then the stage that goes on and since when."""
    stage, rounds, began = before.stage, before.round, before.began
    reached = [(at, STAGE_OF[status]) for at, status in place.changes if at > began]
    last = STAGE_OF[place.status]
    if last != (reached[-1][1] if reached else stage):
        reached.append((began, last))
    visits = []
    for at, to in reached:
        if to in (stage, _WITHDRAWN):
            continue
        ended = min(max(at, began), max(clock, began))
        if stage < STAGES:
            visits.append(_Visit(stage, min(rounds, ROUNDS - 1), began, ended, to))
        stage, rounds, began = to, rounds + (to == SCHEDULED), ended
    ended = max(began, min(place.silent_since, clock))
    if stage < STAGES and ended > began:
        visits.append(_Visit(stage, min(rounds, ROUNDS - 1), began, ended, stage))
    return visits, stage, ended


def leads(stage: int, to: int) -> bool:
    """Whether a move is an advance: forward, or to another interview."""
    return stage < to <= HIRED or (stage, to) == (INTERVIEWED, SCHEDULED)


def _weight(began: int) -> float:
    exponent = (began - _LANDMARK) / (HALF_LIFE_DAYS * US_PER_DAY)
    return float(2.0 ** min(max(exponent, -_EXPONENT_MAX), _EXPONENT_MAX))
