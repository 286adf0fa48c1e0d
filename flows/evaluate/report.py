"""What an evaluation says: figures, as data."""

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from flows.evaluate.hindsight import Comparison
from flows.evaluate.scores import Bin, Score, calibration, divergence, losses, score
from flows.evaluate.served import Scored
from models.instant import US_PER_DAY, to_rfc3339

_LABELS = (0, 50, 200, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 1 << 40)


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """Some of the predictions: those of a day, or of an age of the model."""

    name: str
    predictions: int
    log_loss: float
    base_rate_log_loss: float
    excess: float | None
    """Above the true probabilities, as expected from them; None where nobody knows them."""


class Best(msgspec.Struct, frozen=True, rename="camel"):
    """Against the true probabilities, which only a simulation knows."""

    score: Score
    """Of the true probabilities themselves."""
    excess_log_loss: float
    """Of the served predictions above that, on the outcomes as they came."""
    expected_excess: float
    """The same without the chance of single outcomes."""
    coverage: float
    """Share of the served 80 % intervals that hold the true probability."""


class Recovery(msgspec.Struct, frozen=True, rename="camel"):
    """After the change of behaviour; excesses are expected ones, by day of log time."""

    before: float
    """Excess in the 30 days before the change."""
    worst: float
    """Mean of the worst 7 days after it."""
    days: int | None
    """Until a week's mean was within .01 of `before` again; None: not by the end."""
    labels: int | None
    """Outcomes learned meanwhile."""


class Report(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One evaluation. Losses in nats."""

    name: str
    messages: int
    applications: int
    labels: int
    """Outcomes that were learned."""
    predictions: int
    """Served and scored: their application's outcome is known."""
    hired_share: float
    """Of those predictions."""
    served: Score
    base_rate: Score
    """The share of hired by then, and nothing else."""
    stage_rate: Score
    """The share of hired among the moments of the same stage by then."""
    calibration: list[Bin]
    by_labels: list[Part]
    by_day: list[Part]
    best: Best | None = None
    recovery: Recovery | None = None
    offline: Comparison | None = None


class Counts(msgspec.Struct, frozen=True):
    """What an evaluation went through."""

    messages: int
    applications: int
    labels: int


def report_on(
    name: str,
    counts: Counts,
    scored: Scored,
    *,
    changed_at: int | None = None,
    offline: Comparison | None = None,
) -> Report:
    """The figures of what was served; not empty."""
    known = not np.isnan(scored.truth).any()
    return Report(
        name=name,
        messages=counts.messages,
        applications=counts.applications,
        labels=counts.labels,
        predictions=len(scored.p),
        hired_share=float(scored.hired.mean()),
        served=score(scored.p, scored.hired),
        base_rate=score(scored.base, scored.hired),
        stage_rate=score(scored.stage, scored.hired),
        calibration=calibration(scored.p, scored.hired),
        by_labels=list(_by_labels(scored)),
        by_day=list(_by_day(scored)),
        best=_best(scored) if known else None,
        recovery=None if changed_at is None else recovery(scored, changed_at),
        offline=offline,
    )


def _best(scored: Scored) -> Best:
    best = score(scored.truth, scored.hired)
    held = (scored.low <= scored.truth) & (scored.truth <= scored.high)
    return Best(
        score=best,
        excess_log_loss=float(losses(scored.p, scored.hired).mean()) - best.log_loss,
        expected_excess=float(divergence(scored.truth, scored.p).mean()),
        coverage=float(held.mean()),
    )


def _by_labels(scored: Scored) -> Iterator[Part]:
    for low, high in pairwise(_LABELS):
        of_these = (scored.labels >= low) & (scored.labels < high)
        if of_these.any():
            yield _part(f"{low:,}", scored, of_these)


def _by_day(scored: Scored) -> Iterator[Part]:
    days = scored.time // US_PER_DAY
    for day in np.unique(days):
        name = to_rfc3339(int(day) * US_PER_DAY)[:10]
        yield _part(name, scored, days == day)


def _part(name: str, scored: Scored, of_these: NDArray[np.bool_]) -> Part:
    hired = scored.hired[of_these]
    excess = float(divergence(scored.truth[of_these], scored.p[of_these]).mean())
    return Part(
        name=name,
        predictions=int(of_these.sum()),
        log_loss=float(losses(scored.p[of_these], hired).mean()),
        base_rate_log_loss=float(losses(scored.base[of_these], hired).mean()),
        excess=None if np.isnan(excess) else excess,
    )


_BEFORE_DAYS, _WEEK = 30, 7
_WITHIN = 0.01


def recovery(scored: Scored, changed_at: int) -> Recovery | None:
    """How the excess rose after a change (microseconds) and when it had fallen again; None
    where there is less than a week of predictions on one side."""
    day = (scored.time - changed_at) // US_PER_DAY
    excess = divergence(scored.truth, scored.p)
    before = excess[(day < 0) & (day >= -_BEFORE_DAYS)]
    last = int(day.max(initial=-1))
    if not len(before) or last < _WEEK:
        return None
    usual = float(before.mean())
    weeks = []
    for first in range(last - _WEEK + 2):
        of_week = excess[(day >= first) & (day < first + _WEEK)]
        weeks.append(float(of_week.mean()) if len(of_week) else usual)
    worst = int(np.argmax(weeks))
    back = next((n for n in range(worst, len(weeks)) if weeks[n] <= usual + _WITHIN), None)
    labels = None
    if back is not None:
        learned = scored.labels[(day >= 0) & (day < back + _WEEK)]
        labels = int(learned.max() - learned.min())
        back += _WEEK
    return Recovery(before=usual, worst=weeks[worst], days=back, labels=labels)
