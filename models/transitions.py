"""The chance of being hired by how applications go on: a multi-state model with competing risks.

In each stage the employer advances, rejects, looks or, unseen, forgets an application, at rates
that are each the exponential of stage + employer + slope · match score. After it was forgotten
nothing comes any more, which only silence can show: with Λ the sum of the rates, S = e^(-Λτ), it
is alive after τ days of silence with odds S : forget / Λ · (1 - S).
"""

from functools import cached_property
from math import prod
from typing import NamedTuple

import msgspec
import numpy as np

from models.features import EMPLOYERS, Floats, Integers
from models.stays import HIRED, INTERVIEWED, ROUNDS, SCHEDULED, STAGE_OF, STAGES

RATES = 4
"""Advance, reject, forget, look: a day."""
LOG_RATE_MIN, LOG_RATE_MAX = -12.0, 6.0
SLOPES = 2
"""The match score moves the first two."""
EFFECT_SD = 0.5
"""Of an employer's effects before any is known."""
LOG_RATE = float(np.log(0.1))
"""Of each rate before any is known."""
_P_MIN = 1e-6
_POOLED = 1.0
"""Advances that all employers together count for at each."""
_STAGE_OF = np.array(STAGE_OF)
_OFFER = HIRED - 1
_UNSCORED = 50.0
SCORE_SCALE = 25.0


class Moves(NamedTuple):
    """Logits by moment, and how much each of four things moves them."""

    logit: Floats
    stage: Floats
    """Against an application that begins."""
    silence: Floats
    """Against none."""
    match: Floats
    """Against a score of 50."""
    employer: Floats
    """Against an employer of whom nothing is known."""


class Transitions(msgspec.Struct, frozen=True, dict=True):
    """One fit; arrays are not to be written to."""

    employers: Floats
    """The hashes of those it knows, ascending: shape (employers,)."""
    stages: Floats
    """Logarithms of the rates by stage: shape (STAGES, RATES)."""
    slopes: Floats
    """Of advance and reject, for SCORE_SCALE points of the score."""
    effects: Floats
    """Of the employers on the logarithms of the rates: shape (employers, RATES)."""
    covariance: Floats
    """Of effects, as learned from all: shape (RATES, RATES)."""
    routes: Floats
    """Where advances led: shape (employers, STAGES, ROUNDS, STAGES + 1)."""
    seen: Floats
    """Stays that each employer ended, weighted: shape (employers,)."""

    @property
    def fitted(self) -> bool:
        """Whether it knows anything."""
        return len(self.employers) > 0

    def flat(self) -> Floats:
        """All arrays in one; `from_flat` makes an equal one."""
        return np.concatenate([getattr(self, name).ravel() for name in _SHAPES])

    @cached_property
    def seen_all(self) -> float:
        """Stays that all employers ended, weighted."""
        return float(self.seen.sum())

    @cached_property
    def _place(self) -> Integers:
        """By hashed employer its place in the arrays; behind the last for an unknown one."""
        known = self.employers.astype(np.int64)
        place = np.full(EMPLOYERS, len(known))
        place[known] = np.arange(len(known))
        return place

    @cached_property
    def _known(self) -> tuple[Floats, Floats, Floats]:
        """Effects, shares of the routes and stays seen, with an unknown employer behind the
        last; employers before stages and rounds in none of the shapes."""
        unknown = np.zeros((1, RATES))
        effects = np.concatenate([self.effects, unknown]).T.copy()
        shares = np.concatenate([self.routes, np.zeros((1, *_ROUTES))])
        shares += _POOLED * pooled(self.routes)
        shares /= shares.sum(axis=3, keepdims=True)
        seen = np.concatenate([self.seen, [0.0]])
        return effects, np.moveaxis(shares, 0, 3).copy(), seen

    def moves(self, numbers: Floats) -> Moves:
        """Of moments, by their `numbers` (models/features.py).

        A moment's answer does not depend on which others it is asked with, to the last bit.
        """
        stage, round_, score, silence = _places(numbers)
        employer = self._place[numbers[:, 7].astype(np.int64)]
        unknown = np.full_like(employer, len(self.employers))
        logits, on_entry, alive = self._logits(
            np.concatenate([employer, employer, unknown]),
            np.concatenate([score, np.zeros_like(score), score]),
            np.tile(stage, 3),
            np.tile(round_, 3),
            np.tile(silence, 3),
        )
        logit, unmatched, unheard = np.split(logits, 3)
        count = len(stage)
        begun = _logit(on_entry[0, 0, :count] * alive[:count])
        heard = _logit(on_entry[stage, round_, np.arange(count)])
        return Moves(logit, logit - begun, logit - heard, logit - unmatched, logit - unheard)

    def logits(self, numbers: Floats) -> Floats:
        """As `moves` says them."""
        stage, round_, score, silence = _places(numbers)
        employer = self._place[numbers[:, 7].astype(np.int64)]
        return self._logits(employer, score, stage, round_, silence)[0]

    def seen_of(self, numbers: Floats) -> Floats:
        """Stays that the moments' employers have ended, weighted."""
        return self._known[2][self._place[numbers[:, 7].astype(np.int64)]]

    def _logits(
        self, employer: Integers, score: Floats, stage: Integers, round_: Integers, silence: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """The logit, the chance on entering each stage and round, and that of being alive."""
        effects, shares, _ = self._known
        of_employer, count = effects[:, employer], len(employer)
        advances = np.empty((STAGES, count))
        total, forget = np.empty((2, STAGES, count))
        for number, stages in enumerate(self.stages):
            logs = stages[:, np.newaxis] + of_employer
            logs[:SLOPES] += self.slopes[:, np.newaxis] * score
            rates = np.exp(np.clip(logs, LOG_RATE_MIN, LOG_RATE_MAX))
            leaving = rates[0] + rates[1] + rates[2]
            advances[number] = rates[0] / leaving
            total[number], forget[number] = leaving + rates[3], rates[2]
        on_entry = _on_entry(advances, shares[..., employer])
        each = np.arange(count)
        survival = np.exp(-total[stage, each] * silence)
        lost = forget[stage, each] / total[stage, each] * (1.0 - survival)
        alive = survival / (survival + lost)
        return _logit(on_entry[stage, round_, each] * alive), on_entry, alive


def _places(numbers: Floats) -> tuple[Integers, Integers, Floats, Floats]:
    """Stage, round, score about 0 and days of silence; closed ones count as offers."""
    stage = np.minimum(_STAGE_OF[numbers[:, 3].astype(np.int64)], _OFFER)
    round_ = np.clip(numbers[:, 12], 0, ROUNDS - 1).astype(np.int64)
    score = scaled(np.nan_to_num(numbers[:, 10], nan=_UNSCORED))
    return stage, round_, score, np.maximum(numbers[:, 1], 0.0)


def scaled(score: Floats) -> Floats:
    """A match score as the rates take it."""
    return (score - _UNSCORED) / SCORE_SCALE


def _on_entry(advances: Floats, shares: Floats) -> Floats:
    """The chance of being hired on entering each stage and round, by moment.

    An advance leads forward or, from the last round's interview, to another one; at the last
    round that is counted, where the two lead to each other, two linear equations are solved.
    """
    chance = np.empty((STAGES, ROUNDS, advances.shape[1]))
    for round_ in range(ROUNDS - 1, -1, -1):
        share = shares[:, round_]
        chance[_OFFER, round_] = advances[_OFFER] * share[_OFFER, HIRED]
        ahead = [_onwards(share[at], chance[:, round_], max(at + 1, _OFFER)) for at in (2, 3)]
        again, forth = share[INTERVIEWED, SCHEDULED], share[SCHEDULED, INTERVIEWED]
        if round_ == ROUNDS - 1:
            loop = advances[SCHEDULED] * again
            of_interviewed = advances[INTERVIEWED] * (loop * ahead[0] + ahead[1])
            of_interviewed /= 1.0 - advances[INTERVIEWED] * loop * forth
        else:
            of_interviewed = ahead[1] + again * chance[SCHEDULED, round_ + 1]
            of_interviewed *= advances[INTERVIEWED]
        chance[INTERVIEWED, round_] = of_interviewed
        scheduled = advances[SCHEDULED] * (ahead[0] + forth * of_interviewed)
        chance[SCHEDULED, round_] = scheduled
        following = chance[SCHEDULED, min(round_ + 1, ROUNDS - 1)]
        for at in (1, 0):
            onwards = _onwards(share[at], chance[:, round_], at + 1, following)
            chance[at, round_] = advances[at] * onwards
    return chance


def _onwards(share: Floats, chance: Floats, first: int, scheduled: Floats | None = None) -> Floats:
    """The chance behind an advance to any of the stages from `first` on."""
    total: Floats = share[HIRED].copy()
    for to in range(first, HIRED):
        onwards = chance[to] if scheduled is None or to != SCHEDULED else scheduled
        total += share[to] * onwards
    return total


def pooled(routes: Floats) -> Floats:
    """Where advances lead, by all employers: shape (STAGES, ROUNDS, STAGES + 1)."""
    prior = np.eye(STAGES, STAGES + 1, 1)
    prior[INTERVIEWED] = 0.0
    prior[INTERVIEWED, [SCHEDULED, _OFFER]] = 0.5
    counts = routes.sum(axis=0)
    by_stage = counts.sum(axis=1) + prior
    by_stage /= by_stage.sum(axis=1, keepdims=True)
    by_round: Floats = counts + by_stage[:, np.newaxis]
    by_round /= by_round.sum(axis=2, keepdims=True)
    return by_round


def _logit(p: Floats) -> Floats:
    p = np.clip(p, _P_MIN, 1.0 - _P_MIN)
    return np.log(p / (1.0 - p))


_ROUTES = (STAGES, ROUNDS, STAGES + 1)
_FIXED: dict[str, tuple[int, ...]] = {
    "stages": (STAGES, RATES),
    "slopes": (SLOPES,),
    "covariance": (RATES, RATES),
}
_BY_EMPLOYER: dict[str, tuple[int, ...]] = {
    "employers": (),
    "effects": (RATES,),
    "routes": _ROUTES,
    "seen": (),
}
_SHAPES = _FIXED | _BY_EMPLOYER


def from_flat(numbers: Floats) -> Transitions:
    """The fit that `flat` wrote."""
    fixed = sum(prod(shape) for shape in _FIXED.values())
    each = sum(prod(shape) for shape in _BY_EMPLOYER.values())
    employers = (len(numbers) - fixed) // each
    arrays: dict[str, Floats] = {}
    start = 0
    for name, shape in _SHAPES.items():
        full = shape if name in _FIXED else (employers, *shape)
        arrays[name] = numbers[start : start + prod(full)].reshape(full)
        start += prod(full)
    return Transitions(**arrays)


def unfitted() -> Transitions:
    """Of no facts at all."""
    arrays = {name: np.zeros((0, *shape)) for name, shape in _BY_EMPLOYER.items()}
    return Transitions(
        stages=np.full((STAGES, RATES), LOG_RATE),
        slopes=np.zeros(SLOPES),
        covariance=np.eye(RATES) * EFFECT_SD**2,
        **arrays,
    )
