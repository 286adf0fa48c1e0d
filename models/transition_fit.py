"""Fitting the rates of models/transitions.py to stays and waits: the mode of the posterior.

Effects of employers are normal, with a covariance that is learned from all of them (empirical
Bayes, one step of EM a fit, with Laplace's approximation); slopes have wide priors, and so has
what the stages share of each rate, about which each stage's own is normal: what is learned of
the first stages is believed of those that nobody has come to yet.
The search begins where the last fit ended: the same facts after the same fit give the same one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from models.features import Floats, Integers
from models.stays import DAYS, HALF_LIFE_DAYS, MIDDLES, SCORE_OF, STAGES, Stays, Wait
from models.transitions import (
    EFFECT_SD,
    LOG_RATE,
    LOG_RATE_MAX,
    LOG_RATE_MIN,
    RATES,
    SLOPES,
    Transitions,
    scaled,
)

_SHARED_SD = 1.5
"""Of the logarithm of a rate, as stages share it, about LOG_RATE…"""
_STAGE_SD = 0.7
"""…and of a stage's own about that."""
_SLOPE_SD = 0.5
_EMPLOYERS = 4.0
"""The covariance before any employer is known counts like so many of them."""
_CURVATURE_MIN = 0.3
"""Of the posterior, where the likelihood is not concave; the prior's is 1."""
_STEPS_MAX = 150
_REMEMBERED = 10
"""Steps; matrices of many more are factored by several threads, if there are any, to other
last bits."""
_DIFFERENCE = 1e-4
_FORGET = 2
_GLOBAL = STAGES * RATES + SLOPES
_COLOUR = np.linalg.cholesky(_SHARED_SD**2 + _STAGE_SD**2 * np.eye(STAGES))
"""Makes logarithms of rates by stage of what has a prior of variance 1."""


class _Facts(NamedTuple):
    """Stays by employer, stage and score, then waits; arrays by kind."""

    employer: Integers
    stage: Integers
    score: Floats
    ended: Floats
    """By an advance, a rejection, nothing, a look: shape (kinds, RATES)."""
    days: Floats
    """Of stays that ended."""
    silent: Floats
    """Days of silence of those who wait."""
    waiting: Floats
    """How many wait so, weighted."""


def fit(stays: Stays, waits: Sequence[Wait], clock: int, last: Transitions) -> Transitions:
    """The fit to stays and waits at the clock (microseconds), from the last one on; that one
    again where the search came to no finite place."""
    known = last.employers.astype(np.int64).tolist()
    waiting = [wait.employer for wait in waits]
    employers = np.array(sorted({*stays.counts, *waiting, *known}), np.int64)
    cells, routes = stays.at(employers.tolist(), clock)
    facts = _facts(employers, cells, waits)
    search = _Search(facts, len(employers), last.covariance)
    found = search.minimum(search.place(employers, last))
    found = search.minimum(search.learn_covariance(found))
    stages, slopes, effects = search.rates(found)
    fitted = Transitions(
        employers=employers.astype(np.float64),
        stages=stages,
        slopes=slopes,
        effects=effects,
        covariance=search.factor @ search.factor.T,
        routes=routes,
        seen=_sums(facts.employer, facts.ended, len(employers)).sum(axis=1),
    )
    return fitted if np.isfinite(fitted.flat()).all() else last


def _facts(employers: Integers, cells: Floats, waits: Sequence[Wait]) -> _Facts:
    employer, stage, score = np.nonzero(cells.any(axis=-1))
    found = cells[employer, stage, score]
    waiting = np.array(waits, np.int64).reshape(-1, len(Wait._fields)).T
    by_whom, where, matched, lasted, age, number = waiting
    none = np.zeros(len(waits))
    ended = np.zeros((len(found) + len(waits), RATES))
    ended[: len(found), [0, 1, 3]] = found[:, :DAYS]
    return _Facts(
        np.concatenate([employer, np.searchsorted(employers, by_whom)]),
        np.concatenate([stage, where]),
        scaled(SCORE_OF[np.concatenate([score, matched])]),
        ended,
        np.concatenate([found[:, DAYS], none]),
        np.concatenate([np.zeros(len(found)), MIDDLES[lasted]]),
        np.concatenate([np.zeros(len(found)), number * np.exp2(-MIDDLES[age] / HALF_LIFE_DAYS)]),
    )


class _Search:
    """The posterior over effects (whitened), stages and slopes, all with a prior of variance 1;
    places are arrays of them in this order."""

    def __init__(self, facts: _Facts, employers: int, covariance: Floats) -> None:
        self._facts = facts
        self._employers = employers
        self.factor = _factor(covariance)

    def place(self, employers: Integers, last: Transitions) -> Floats:
        """Where the last fit ended; employers that it did not know have no effect."""
        effects = np.zeros((len(employers), RATES))
        known = last.employers.astype(np.int64)
        effects[np.searchsorted(employers, known)] = last.effects
        white = np.linalg.solve(self.factor, effects.T).T
        stages = np.linalg.solve(_COLOUR, last.stages - LOG_RATE)
        return np.concatenate([white.ravel(), stages.ravel(), last.slopes / _SLOPE_SD])

    def rates(self, place: Floats) -> tuple[Floats, Floats, Floats]:
        """Stages, slopes and effects."""
        white = place[:-_GLOBAL].reshape(self._employers, RATES)
        stages = LOG_RATE + _COLOUR @ place[-_GLOBAL:-SLOPES].reshape(STAGES, RATES)
        return stages, _SLOPE_SD * place[-SLOPES:], white @ self.factor.T

    def minimum(self, place: Floats) -> Floats:
        """The mode that is reached from there."""
        options = {"maxiter": _STEPS_MAX, "maxcor": _REMEMBERED}
        found = minimize(self.loss, place, jac=True, method="L-BFGS-B", options=options)
        reached: Floats = found.x
        return reached

    def loss(self, place: Floats) -> tuple[float, Floats]:
        """The negative logarithm of the posterior, and its gradient."""
        facts = self._facts
        stages, slopes, effects = self.rates(place)
        logs = stages[facts.stage] + effects[facts.employer]
        logs[:, :SLOPES] += facts.score[:, np.newaxis] * slopes
        logs = np.clip(logs, LOG_RATE_MIN, LOG_RATE_MAX)
        rates = np.exp(logs)
        total = rates.sum(axis=1)
        lost = rates[:, _FORGET] / total
        survival = np.exp(-total * facts.silent)
        silence = survival + lost * (1.0 - survival)
        value = (facts.ended * logs).sum() - (total * facts.days).sum()
        value += (facts.waiting * np.log(silence)).sum()
        weight = facts.waiting / silence
        by_total = -facts.silent * survival * (1.0 - lost) - lost / total * (1.0 - survival)
        gradient = facts.ended + rates * (weight * by_total - facts.days)[:, np.newaxis]
        gradient[:, _FORGET] += weight * lost * (1.0 - survival)
        by_employer = _sums(facts.employer, gradient, self._employers) @ self.factor
        by_stage = _COLOUR.T @ _sums(facts.stage, gradient, STAGES)
        by_slope = _SLOPE_SD * (facts.score * gradient[:, :SLOPES].T).sum(axis=1)
        whole = np.concatenate([by_employer.ravel(), by_stage.ravel(), by_slope])
        return 0.5 * float(place @ place) - float(value), place - whole

    def learn_covariance(self, place: Floats) -> Floats:
        """One step of EM; the same place by the new covariance."""
        count = self._employers
        white = place[:-_GLOBAL].reshape(count, RATES)
        curvature, vectors = np.linalg.eigh(self._curvature(place))
        curvature = np.maximum(curvature, _CURVATURE_MIN)
        spread = np.einsum("eij,ej,ekj->ik", vectors, 1.0 / curvature, vectors)
        inverse = np.linalg.inv(self.factor.T @ self.factor)
        prior = _EMPLOYERS * EFFECT_SD**2 * inverse
        learned = (white.T @ white + spread + prior) / (count + _EMPLOYERS)
        effects = white @ self.factor.T
        covariance = self.factor @ learned @ self.factor.T
        covariance = (covariance + covariance.T) / 2.0 + 1e-6 * np.eye(RATES)
        self.factor = _factor(covariance)
        whitened = np.linalg.solve(self.factor, effects.T).T
        return np.concatenate([whitened.ravel(), place[-_GLOBAL:]])

    def _curvature(self, place: Floats) -> Floats:
        """Of each employer's effects by themselves: shape (employers, RATES, RATES)."""
        count = self._employers
        columns = []
        for number in range(RATES):
            step = np.zeros_like(place)
            step[number : count * RATES : RATES] = _DIFFERENCE
            change = self.loss(place + step)[1] - self.loss(place - step)[1]
            columns.append(change[: count * RATES].reshape(count, RATES) / (2.0 * _DIFFERENCE))
        found = np.stack(columns, axis=2)
        symmetric: Floats = (found + found.transpose(0, 2, 1)) / 2.0
        return symmetric


def _factor(covariance: Floats) -> Floats:
    return np.asarray(np.linalg.cholesky(covariance), np.float64)


def _sums(groups: Integers, terms: Floats, count: int) -> Floats:
    return np.stack([np.bincount(groups, term, count) for term in terms.T], axis=1)
