"""Learning the chance of success from outcomes, one application after the other.

Logistic regressions that differ in their step size learn side by side; their logits are mixed
with weights that fall with their past loss, so that none need be chosen. An application is one
step: the gradients of its moments, which all share its label, are summed before they count.
The same applications in the same order give the same weights to the last bit.
"""

from collections.abc import Sequence
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
    Integers,
    Moments,
    features,
)
from models.ftrl import FTRLProximals
from models.success import Version

STEP_SIZES = (0.1, 0.05, 0.02, 0.007, 0.003)
FORGETTING = 0.999
"""Of past loss, by learned application."""
SHARPNESS = 0.5
"""A regression's share falls with e^(-SHARPNESS · its past loss)."""
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
        self.labels = 0
        self.hired = 0
        self.touched: set[int] = set()
        self._loss = optim.losses.Log()

    @property
    def shares(self) -> Floats:
        """Of each step size in the mixture; they add up to 1."""
        shares: Floats = np.exp(-SHARPNESS * (self.losses - self.losses.min()))
        shares /= shares.sum()
        return shares

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
        )

    def _step(self, moments: Moments, label: bool) -> None:
        positions, where = np.unique(moments.positions, return_inverse=True)
        slots, count = moments.positions.shape
        values = np.zeros((len(positions), count))
        values[where.reshape(slots, count), np.arange(count)] = moments.values
        weights = self.optimizer.weights(positions)
        logits = np.clip(values.T @ weights, -_LOGIT_MAX, _LOGIT_MAX)
        labels = np.full(logits.shape, float(label))
        self.losses = FORGETTING * self.losses + self._loss(labels, logits).mean(axis=0)
        self._follow_centres(moments, positions, weights @ self.shares)
        self.optimizer.step_at(positions, weights, values @ self._loss.gradient(labels, logits))
        self.touched.update(positions.tolist())

    def _follow_centres(self, moments: Moments, positions: Integers, weights: Floats) -> None:
        """The mean contributions follow those of the moments just met."""
        mixed = weights[np.searchsorted(positions, moments.positions)] * moments.values
        groups = np.add.reduceat(mixed, GROUP_STARTS, axis=0).mean(axis=1)
        self.centres += _CENTRE_RATE * (groups - self.centres)


class Kept(msgspec.Struct):
    """What is known beside the cells; `volumes` as compressed bytes of doubles."""

    labels: int
    hired: int
    losses: list[float]
    centres: list[float]
    stages: list[list[float]]
    volumes: bytes


PAGE = 16
"""Positions whose cells are kept together."""


def keep(learner: Learner) -> tuple[Kept, dict[int, bytes]]:
    """All that changed since the last call: the rest, and cells by page."""
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
    )
    return kept, cells


def restore(kept: Kept, cells: dict[int, bytes]) -> Learner:
    """The learner that `keep` was called with."""
    learner = Learner()
    learner.labels, learner.hired = kept.labels, kept.hired
    learner.losses = np.array(kept.losses)
    learner.centres = np.array(kept.centres)
    learner.stages = np.array(kept.stages)
    learner.volumes = np.frombuffer(decompress(kept.volumes)).copy()
    parts = (learner.optimizer.z, learner.optimizer.n)
    for page, packed in cells.items():
        rows = np.frombuffer(packed).reshape(len(parts), -1, len(STEP_SIZES))
        for part, row in zip(parts, rows, strict=True):
            part[page * PAGE : (page + 1) * PAGE] = row
    return learner
