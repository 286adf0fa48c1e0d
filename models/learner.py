"""Learning the chance of success from outcomes, one application after the other.

Logistic regressions that differ in their step size learn side by side; their logits are mixed
with weights that fall with their past loss, so that none need be chosen. An application is one
step: the gradients of its moments, which all share its label, are summed before they count.
The same applications in the same order give the same weights to the last bit.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zlib import compress, decompress

import msgspec
import numpy as np
from river import optim

from models.analytics import Row
from models.features import (
    DIMENSION,
    EMPLOYERS,
    GROUP_STARTS,
    GROUPS,
    STATUS_COUNT,
    Floats,
    Moments,
    features,
)
from models.ftrl import FTRLProximals
from models.stays import Stays, Wait
from models.success import Version
from models.transition_fit import fit
from models.transitions import from_flat, unfitted

STEP_SIZES = (0.1, 0.05, 0.02, 0.007, 0.003)
FORGETTING = 0.999
"""Of past loss, by learned application."""
SHARPNESS = 0.5
"""A regression's share falls with e^(-SHARPNESS · its past loss); so do those of the mixture of
regressions and of the transitions."""
_DEBT = 4.0
"""Loss that the regressions begin with beside the transitions: what is known first is rejected
quickly, and speaks for whoever believes that nobody is hired."""
_MOMENTS = 20.0
"""A common application's. Between the regressions and the transitions losses count by moments:
what is known first is rejected quickly, at few of them, and speaks against whoever sees what
is still open."""
_CENTRE_RATE = 0.01
_LOGIT_MAX = 20.0


class Learner:
    """The learning state. `touched` gathers the positions that were learned at."""

    def __init__(self) -> None:
        self.optimizer = FTRLProximals(STEP_SIZES, DIMENSION)
        self.volumes: Floats = np.zeros(EMPLOYERS)
        self.stages: Floats = np.zeros((2, STATUS_COUNT))
        self.losses: Floats = np.zeros(len(STEP_SIZES))
        self.centres: Floats = np.zeros(len(GROUPS))
        self.stays = Stays()
        self.transitions = unfitted()
        self.refitted = False
        self.mixed: Floats = np.array([_DEBT, 0.0])
        """Past loss of the regressions' mixture and of the transitions."""
        self.labels = 0
        self.hired = 0
        self.touched: set[int] = set()
        self._loss = optim.losses.Log()

    @property
    def shares(self) -> Floats:
        """Of each step size in the mixture; they add up to 1."""
        return _shares(self.losses)

    @property
    def share(self) -> float:
        """Of the regressions in the logit; the rest is the transitions'."""
        return float(_shares(self.mixed)[0]) if self.transitions.fitted else 1.0

    def fit(self, waits: Iterable[Wait], clock: int) -> None:
        """Fit the transitions anew to the stays and to how applications wait at the clock
        (microseconds)."""
        self.transitions = fit(self.stays, sorted(waits), clock, self.transitions)
        self.stays.fitted = self.stays.total
        self.refitted = True

    def learn(self, rows: Sequence[Row], now: Sequence[int], label: bool, again: bool) -> None:
        """Learn an application from its moments; `again`: it was learned before.

        `rows` are as they were at each moment of `now` (microseconds since 1970).
        """
        moments = features(rows, now, self.volumes)
        self._step(moments, label)
        np.add.at(self.stages[0], moments.status, 1.0)
        np.add.at(self.stages[1], moments.status, float(label))
        if not again:
            self.labels += 1
            self.volumes[moments.employer[-1]] += 1.0
        self.hired += label

    def version(self, number: int) -> Version:
        """What has been learned, to predict from."""
        shares = self.shares
        return Version(
            number=number,
            labels=self.labels,
            hired=self.hired,
            stages=self.stages.copy(),
            volumes=self.volumes.copy(),
            weights=(self.optimizer.weights() * shares).sum(axis=1),
            steps=(self.optimizer.steps() * shares).sum(axis=1),
            centres=self.centres.copy(),
            share=self.share,
            transitions=self.transitions,
        )

    def _step(self, moments: Moments, label: bool) -> None:
        positions, where = np.unique(moments.positions, return_inverse=True)
        where = where.reshape(moments.positions.shape)
        weights = self.optimizer.weights(positions)
        contributions = weights[where] * moments.values[:, :, np.newaxis]
        logits = np.clip(contributions.sum(axis=0), -_LOGIT_MAX, _LOGIT_MAX)
        labels = np.full(logits.shape, float(label))
        self._follow_mixture((logits * self.shares).sum(axis=1), moments.numbers, labels[:, 0])
        self._follow_centres(contributions)
        self.losses = FORGETTING * self.losses + self._loss(labels, logits).mean(axis=0)
        gradients = self._loss.gradient(labels, logits).T
        summed = [
            np.bincount(where.ravel(), (moments.values * one).ravel(), len(positions))
            for one in gradients
        ]
        self.optimizer.step_at(positions, weights, np.stack(summed, axis=1))
        self.touched.update(positions.tolist())

    def _follow_mixture(self, regressed: Floats, numbers: Floats, labels: Floats) -> None:
        """What each would have lost here, once there are both."""
        if self.transitions.fitted:
            logits = np.stack([regressed, self.transitions.logits(numbers)])
            self.mixed = FORGETTING * self.mixed + self._loss(labels, logits).sum(axis=1) / _MOMENTS

    def _follow_centres(self, contributions: Floats) -> None:
        """The mean contributions follow those of the moments just met."""
        mixed = (contributions * self.shares).sum(axis=2)
        groups = np.add.reduceat(mixed, GROUP_STARTS, axis=0).mean(axis=1)
        self.centres += _CENTRE_RATE * (groups - self.centres)


def _shares(losses: Floats) -> Floats:
    shares: Floats = np.exp(-SHARPNESS * (losses - losses.min()))
    shares /= shares.sum()
    return shares


class Kept(msgspec.Struct):
    """What is known beside the cells; `volumes` as compressed bytes of doubles."""

    labels: int
    hired: int
    losses: list[float]
    centres: list[float]
    stages: list[list[float]]
    volumes: bytes
    mixed: list[float] = []
    stays: float = 0.0
    stays_fitted: float = 0.0


class Pages(NamedTuple):
    """What is kept page by page, as bytes of doubles."""

    cells: dict[int, bytes]
    """By PAGE positions of the regressions."""
    stays: dict[int, bytes]
    """Counts by hashed employer."""
    transitions: bytes | None
    """The fit; None where it is the one that was kept last."""


PAGE = 16
"""Positions whose cells are kept together."""


def keep(learner: Learner) -> tuple[Kept, Pages]:
    """All that changed since the last call."""
    pages = sorted({position // PAGE for position in learner.touched})
    learner.touched.clear()
    parts = (learner.optimizer.z, learner.optimizer.n)
    cells = {
        page: b"".join(part[page * PAGE : (page + 1) * PAGE].tobytes() for part in parts)
        for page in pages
    }
    kept = Kept(
        learner.labels,
        learner.hired,
        learner.losses.tolist(),
        learner.centres.tolist(),
        learner.stages.tolist(),
        compress(learner.volumes.tobytes(), 1),
        learner.mixed.tolist(),
        learner.stays.total,
        learner.stays.fitted,
    )
    counts = {one: learner.stays.counts[one].tobytes() for one in sorted(learner.stays.touched)}
    learner.stays.touched.clear()
    fit = learner.transitions.flat().tobytes() if learner.refitted else None
    learner.refitted = False
    return kept, Pages(cells, counts, fit)


def restore(kept: Kept, pages: Pages) -> Learner:
    """The learner that `keep` was called with."""
    learner = Learner()
    learner.labels, learner.hired = kept.labels, kept.hired
    learner.losses = np.array(kept.losses)
    learner.centres = np.array(kept.centres)
    learner.stages = np.array(kept.stages)
    learner.volumes = np.frombuffer(decompress(kept.volumes)).copy()
    parts = (learner.optimizer.z, learner.optimizer.n)
    for page, packed in pages.cells.items():
        rows = np.frombuffer(packed).reshape(len(parts), -1, len(STEP_SIZES))
        for part, row in zip(parts, rows, strict=True):
            part[page * PAGE : (page + 1) * PAGE] = row
    learner.mixed = np.array(kept.mixed)
    learner.stays.total, learner.stays.fitted = kept.stays, kept.stays_fitted
    counts = {one: np.frombuffer(packed).copy() for one, packed in pages.stays.items()}
    learner.stays.counts = counts
    if pages.transitions is not None:
        learner.transitions = from_flat(np.frombuffer(pages.transitions))
    return learner
