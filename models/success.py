"""The success model as it predicts: one immutable version's weights, and what they say.

The logits of the regressions are mixed linearly, so their mixture is one linear model and a
version needs one weight for each position; the logit of the transitions (models/transitions.py)
is mixed with theirs. The variance of the regressions' logit is taken to be that of independent
weights, each as far from its place as its next step is long, that of the transitions' to fall
with the stays that the employer and all have ended, and to rise where the two disagree
(docs/decisions/success.md says how often the interval holds).
"""

from collections.abc import Sequence
from math import prod, sqrt
from typing import NamedTuple
from zlib import compress, decompress

import msgspec
import numpy as np

from models.analytics import Row
from models.features import (
    DIMENSION,
    EMPLOYERS,
    FEATURES_VERSION,
    GROUP_STARTS,
    GROUPS,
    STATUS_COUNT,
    Floats,
    Integers,
    features,
)
from models.instant import to_rfc3339
from models.transitions import Transitions, from_flat

LABELS_MIN = 20
"""Learned outcomes before the model is believed."""
HIRED_MIN = 1
"""Hired ones among them."""
_Z80 = 1.2815515655446004
"""Of a normal distribution, 80 % lie within so many standard deviations."""
_SPREAD = 9.6
"""The variance of a weight by its step size, calibrated on the simulator
(docs/decisions/success.md)."""
_SPREAD_OF_EMPLOYER, _SPREAD_OF_ALL, _STAYS = 10.0, 100.0, 20.0
"""The variance of the transitions' logit is the first by the employer's ended stays, the second
by those of all, either with the third added, …"""
_SPREAD_OF_DOUBT = 0.2
"""…and this by the squared difference to the regressions' logit; calibrated likewise."""
_LOW_MIN = 0.005
"""An interval that begins lower begins at 0: what is hopeless is told from little chance in the
mean, seldom in the single case (docs/decisions/success.md)."""
_PRIOR_HIRED = 4.0
_PRIOR_ALL = 20.0
"""Before the first outcome one of five is taken to be hired; quick rejections, which come first,
should not move that much."""
_LOGIT_MAX = 20.0
FACTORS = 3
"""Told of each prediction."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version; arrays are not to be written to."""

    number: int
    """The outcomes up to this position have been learned."""
    labels: int
    hired: int
    stages: Floats
    """Moments learned by status (0 for none, else rank + 1), and hired ones: shape (2, 10)."""
    volumes: Floats
    """Applications learned by hashed employer."""
    weights: Floats
    steps: Floats
    """How far a gradient of 1 would still move the weight: it falls as more is learned."""
    centres: Floats
    """Mean contribution to the logit by group: a factor is told as the difference."""
    share: float
    """Of the regressions in the logit, 1 while the transitions are not fitted."""
    transitions: Transitions

    @property
    def cold(self) -> bool:
        """Too few labels to say more than the base rate."""
        return self.labels < LABELS_MIN or self.hired < HIRED_MIN

    @property
    def base_rate(self) -> float:
        """Share of the learned applications that were hired, with the prior."""
        return (self.hired + _PRIOR_HIRED) / (self.labels + _PRIOR_ALL)

    def stage_rate(self, status: int) -> float:
        """Share of hired among the learned moments in a status (0 for none, else rank + 1)."""
        moments, hired = float(self.stages[0, status]), float(self.stages[1, status])
        return (hired + _PRIOR_ALL * self.base_rate) / (moments + _PRIOR_ALL)

    def pack(self) -> bytes:
        """The arrays, compressed; `unpack` makes an equal version."""
        arrays = [getattr(self, name).ravel() for name in _SHAPES]
        counts = [FEATURES_VERSION, self.number, self.labels, self.hired, self.share]
        flat = np.concatenate([counts, *arrays, self.transitions.flat()])
        return compress(flat.tobytes(), 1)


_COUNTS = 5
_SHAPES: dict[str, tuple[int, ...]] = {
    "stages": (2, STATUS_COUNT),
    "volumes": (EMPLOYERS,),
    "weights": (DIMENSION,),
    "steps": (DIMENSION,),
    "centres": (len(GROUPS),),
}


_SIZE = _COUNTS + sum(prod(shape) for shape in _SHAPES.values())


def unpack(packed: bytes) -> Version | None:
    """The version that `Version.pack` wrote; None where its features were of another version,
    so that its weights say nothing here."""
    numbers = np.frombuffer(decompress(packed))
    if numbers[0] != FEATURES_VERSION or len(numbers) < _SIZE:
        return None
    number, labels, hired = (int(count) for count in numbers[1:4])
    arrays: dict[str, Floats] = {}
    start = _COUNTS
    for name, shape in _SHAPES.items():
        size = prod(shape)
        arrays[name] = numbers[start : start + size].reshape(shape)
        start += size
    return Version(
        number=number,
        labels=labels,
        hired=hired,
        share=float(numbers[4]),
        transitions=from_flat(numbers[start:]),
        **arrays,
    )


class Answers(NamedTuple):
    """What a version says of several moments; arrays by moment."""

    p: Floats
    low: Floats
    high: Floats
    factors: Integers
    """The groups that move the probability most, strongest first: shape (FACTORS, moments)."""
    effects: Floats
    """By how much each moves it, against the mean application: shape (FACTORS, moments)."""


def predict(version: Version, rows: Sequence[Row], now: Sequence[int]) -> Answers:
    """The probability of being hired of each row at its moment (microseconds since 1970).

    A moment's answer does not depend on which others it is asked with, to the last bit.
    """
    if version.cold:
        return _base_rate(version, len(rows))
    index, value, _, _, seen = features(rows, now, version.volumes)
    contributions = value * version.weights[index]
    groups = np.stack([_sum(part) for part in np.split(contributions, GROUP_STARTS[1:])])
    moved = groups - version.centres[:, np.newaxis]
    moved[0] = 0.0
    logit = np.clip(_sum(groups), -_LOGIT_MAX, _LOGIT_MAX)
    variance = _SPREAD * _sum(value * value * version.steps[index])
    if version.share < 1.0:
        logit, variance = _mix(version, logit, variance, moved, seen)
    half = _Z80 * np.sqrt(variance)
    p = _probability(logit)
    strongest = np.argsort(-np.abs(moved), axis=0, kind="stable")[:FACTORS]
    effects = p - _probability(logit - np.take_along_axis(moved, strongest, axis=0))
    low = _probability(logit - half)
    low = np.where(low < _LOW_MIN, 0.0, low)
    return Answers(p, low, _probability(logit + half), strongest, effects)


def columns(version: Version, answers: Answers, now: int) -> list[bytes]:
    """Each answer as the JSON of a SuccessProbability (models/probability.py), computed at
    `now` (microseconds since 1970)."""
    tail = b'],"modelVersion":%d,"labelsSeen":%d,"coldStart":%b,"computedAt":"%b"}' % (
        version.number,
        version.labels,
        b"true" if version.cold else b"false",
        to_rfc3339(now).encode(),
    )
    found = []
    numbers = (answers.p, answers.low, answers.high, answers.factors.T, answers.effects.T)
    for p, low, high, factors, effects in zip(*(part.tolist() for part in numbers), strict=True):
        told = [_FACTOR[n] % effect for n, effect in zip(factors, effects, strict=True)]
        head = b'{"p":%.12g,"low":%.6g,"high":%.6g,"factors":[' % (p, low, high)
        found.append(head + b",".join(told) + tail)
    return found


def _mix(
    version: Version, logit: Floats, variance: Floats, moved: Floats, seen: Floats
) -> tuple[Floats, Floats]:
    """Logit and variance with the transitions; `moved`, by group, is changed in its place."""
    share, rest = version.share, 1.0 - version.share
    transitions = version.transitions
    found = transitions.moves(seen)
    moved *= share
    for group in ("stage", "silence", "match", "employer"):
        moved[GROUPS.index(group)] += rest * getattr(found, group)
    of_transitions = _SPREAD_OF_EMPLOYER / (transitions.seen_of(seen) + _STAYS)
    of_transitions += _SPREAD_OF_ALL / (transitions.seen_all + _STAYS)
    of_transitions += _SPREAD_OF_DOUBT * (logit - found.logit) ** 2
    return (
        share * logit + rest * found.logit,
        share * share * variance + rest * rest * of_transitions,
    )


_FACTOR = [b'{"factor":"%b","effect":%%.4f}' % name.encode() for name in GROUPS]


def _sum(terms: Floats) -> Floats:
    """Over the first axis, term by term: numpy's own sum orders them by the array's shape."""
    total = np.zeros(terms.shape[1:])
    for term in terms:
        total += term
    return total


def _probability(logit: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-logit))


def _base_rate(version: Version, count: int) -> Answers:
    """The base rate with Wilson's interval, of the prior's labels and the learned."""
    p, n = version.base_rate, version.labels + _PRIOR_ALL
    z2 = _Z80 * _Z80 / n
    middle = (p + z2 / 2.0) / (1.0 + z2)
    half = _Z80 * sqrt(p * (1.0 - p) / n + z2 / (4.0 * n)) / (1.0 + z2)
    nothing = np.zeros((0, count))
    return Answers(
        np.full(count, p),
        np.full(count, middle - half),
        np.full(count, middle + half),
        nothing.astype(np.int64),
        nothing,
    )
