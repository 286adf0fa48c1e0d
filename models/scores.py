"""How well served predictions came true (progressive validation), from sums that can be added
and taken back.

Each prediction is scored as it was served, beside two baselines of the same moment: the share
of hired so far, and that of the application's stage.
"""

from collections.abc import Iterable, Mapping
from math import log
from typing import NamedTuple

from models.application import RANK
from models.instant import US_PER_DAY
from models.served import Prediction

BINS = 200
PREDICTORS = ("served", "base_rate", "stage_rate")
_P_MIN = 1e-6
"""A certainty that was wrong costs so much: 13.8 nats."""
CALIBRATION_BINS = 10


class Key(NamedTuple):
    """Which sums; `day` in days since 1970."""

    day: int
    predictor: str
    provisional: bool
    bin: int


class Sums(NamedTuple):
    """Over some predictions; `log_loss` in nats."""

    predictions: int = 0
    hired: int = 0
    p: float = 0.0
    log_loss: float = 0.0
    brier: float = 0.0

    def plus(self, other: "Sums", times: int = 1) -> "Sums":
        """With the others added, or taken away."""
        return Sums(
            self.predictions + times * other.predictions,
            self.hired + times * other.hired,
            self.p + times * other.p,
            self.log_loss + times * other.log_loss,
            self.brier + times * other.brier,
        )


Rates = Mapping[int, tuple[float, list[float]]]
"""Base rate and rates by stage (0 for none, else rank + 1), by model version."""


def score(
    served: Iterable[Prediction], rates: Rates, hired: bool, provisional: bool, times: int = 1
) -> dict[Key, Sums]:
    """What an outcome adds to the sums, or with `times` -1 takes away again."""
    found: dict[Key, Sums] = {}
    for prediction in served:
        day = prediction.computed_at // US_PER_DAY
        base_rate, stage_rates = rates[prediction.version]
        status = 0 if prediction.status is None else RANK[prediction.status] + 1
        said = (prediction.p, base_rate, stage_rates[status])
        for predictor, p in zip(PREDICTORS, said, strict=True):
            key = Key(day, predictor, provisional, min(int(p * BINS), BINS - 1))
            found[key] = found.get(key, Sums()).plus(_sums(p, hired), times)
    return found


def _sums(p: float, hired: bool) -> Sums:
    right = min(max(p if hired else 1.0 - p, _P_MIN), 1.0)
    return Sums(1, int(hired), p, -log(right), (p - hired) ** 2)


class Measures(NamedTuple):
    """Of one predictor; means over its predictions."""

    predictions: int
    hired: int
    log_loss: float
    brier: float
    auc: float | None
    """From the bins; None where all or none were hired."""
    calibration_error: float
    """Mean distance of predicted and observed in tenths of p, by predictions."""


class Tenth(NamedTuple):
    """One line of the calibration table: predictions from `low` to below `high`."""

    low: float
    high: float
    predictions: int
    predicted: float
    observed: float


def measures(bins: Mapping[int, Sums]) -> Measures | None:
    """All measures of sums by bin; None without a prediction."""
    total = Sums()
    for sums in bins.values():
        total = total.plus(sums)
    if not total.predictions:
        return None
    tenths = calibration(bins)
    error = sum(one.predictions * abs(one.predicted - one.observed) for one in tenths)
    n = total.predictions
    return Measures(n, total.hired, total.log_loss / n, total.brier / n, _auc(bins), error / n)


def calibration(bins: Mapping[int, Sums]) -> list[Tenth]:
    """Predicted beside observed, in tenths of p that have predictions."""
    tenths: dict[int, Sums] = {}
    for number, sums in bins.items():
        tenth = number * CALIBRATION_BINS // BINS
        tenths[tenth] = tenths.get(tenth, Sums()).plus(sums)
    return [
        Tenth(
            tenth / CALIBRATION_BINS,
            (tenth + 1) / CALIBRATION_BINS,
            sums.predictions,
            sums.p / sums.predictions,
            sums.hired / sums.predictions,
        )
        for tenth, sums in sorted(tenths.items())
        if sums.predictions
    ]


def _auc(bins: Mapping[int, Sums]) -> float | None:
    """Share of (hired, not hired) pairs in the right order; half for those of one bin."""
    lower = right = 0.0
    for _, sums in sorted(bins.items()):
        others = sums.predictions - sums.hired
        right += sums.hired * (lower + others / 2.0)
        lower += others
    hired = sum(sums.hired for sums in bins.values())
    return right / (hired * lower) if hired and lower else None
