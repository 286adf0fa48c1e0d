"""How good probabilities are, once the outcomes are known."""

import msgspec
import numpy as np

from models.features import Floats

BINS = 20
_LEAST = 1e-12
"""Probabilities are taken to lie this far from 0 and 1, so that no loss is infinite."""


class Score(msgspec.Struct, frozen=True, rename="camel"):
    """Of probabilities against outcomes. The loss is in nats; `auc` is None where all
    outcomes are alike."""

    log_loss: float
    brier: float
    auc: float | None
    calibration_error: float


class Bin(msgspec.Struct, frozen=True, rename="camel"):
    """Predictions between two probabilities: what was said and what came."""

    low: float
    high: float
    predictions: int
    predicted: float
    hired: float


def score(p: Floats, hired: Floats) -> Score:
    """Probabilities against outcomes (1 for hired, else 0); not empty."""
    return Score(
        log_loss=float(losses(p, hired).mean()),
        brier=float(((p - hired) ** 2).mean()),
        auc=area(p, hired),
        calibration_error=sum(
            abs(one.predicted - one.hired) * one.predictions for one in calibration(p, hired)
        )
        / len(p),
    )


def losses(p: Floats, hired: Floats) -> Floats:
    """-log of the probability that was given to what happened, in nats."""
    p = np.clip(p, _LEAST, 1.0 - _LEAST)
    return -np.where(hired > 0.0, np.log(p), np.log1p(-p))


def divergence(truth: Floats, p: Floats) -> Floats:
    """What is expected to be lost by saying `p` where `truth` is true (Kullback and Leibler),
    in nats: the excess of the loss without the chance of a single outcome."""
    truth, p = (np.clip(one, _LEAST, 1.0 - _LEAST) for one in (truth, p))
    return truth * np.log(truth / p) + (1.0 - truth) * np.log((1.0 - truth) / (1.0 - p))


def area(p: Floats, hired: Floats) -> float | None:
    """Under the ROC curve: how often a hired one had the greater probability (Mann and
    Whitney's U), ties counting half."""
    positives = int(hired.sum())
    negatives = len(hired) - positives
    if not positives or not negatives:
        return None
    _, where, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2.0
    above = ranks[where][hired > 0.0].sum() - positives * (positives + 1) / 2.0
    return float(above / (positives * negatives))


def calibration(p: Floats, hired: Floats) -> list[Bin]:
    """By twentieths of the probability, those that hold anything."""
    place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    count, said, came = (
        np.bincount(place, weights, BINS) for weights in (np.ones(len(p)), p, hired)
    )
    return [
        Bin(
            low=n / BINS,
            high=(n + 1) / BINS,
            predictions=int(count[n]),
            predicted=float(said[n] / count[n]),
            hired=float(came[n] / count[n]),
        )
        for n in range(BINS)
        if count[n]
    ]
