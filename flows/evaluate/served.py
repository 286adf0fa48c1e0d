"""Served predictions, gathered until their outcomes are known."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from flows.evaluate.replay import Answered, Asked
from models.features import Floats, numbers, status_of

Truth = Callable[[Asked], float]


class Scored(NamedTuple):
    """Predictions with their outcomes; arrays by prediction, in the order of the log."""

    time: Floats
    """The log clock, microseconds since 1970."""
    application: Floats
    """Numbered in the order in which they were first predicted."""
    labels: Floats
    """Outcomes learned by then."""
    p: Floats
    low: Floats
    high: Floats
    base: Floats
    """What the base rate alone says."""
    stage: Floats
    """What the stage's base rate alone says."""
    truth: Floats
    """The true probability, NaN where nobody knows it."""
    hired: Floats
    """1 or 0."""
    numbers: Floats
    """What the model looked at, before it is cut into features; empty unless asked for."""


class Served:
    """About 100 bytes a prediction, three times as many with its numbers."""

    def __init__(self, truth: Truth | None = None, *, with_numbers: bool = False) -> None:
        self._truth = truth
        self._with_numbers = with_numbers
        self._applications: dict[str, int] = {}
        self._steps: list[tuple[Floats, ...]] = []

    def __len__(self) -> int:
        return sum(len(step[0]) for step in self._steps)

    def add(self, answered: Answered) -> None:
        """What a step served."""
        asked, version = answered.asked, answered.version
        known = self._applications
        count = len(asked)
        truth = [float("nan")] * count if self._truth is None else map(self._truth, asked)
        rows, times = [one.row for one in asked], [one.now for one in asked]
        self._steps.append(
            (
                np.array(times, np.float64),
                np.array([known.setdefault(one.application_id, len(known)) for one in asked]),
                np.full(count, version.labels),
                answered.answers.p,
                answered.answers.low,
                answered.answers.high,
                np.full(count, version.base_rate),
                np.array([version.stage_rate(status_of(row.status)) for row in rows]),
                np.array(list(truth)),
                numbers(rows, times).astype(np.float32)
                if self._with_numbers
                else np.zeros((count, 0)),
            )
        )

    def scored(self, label: Callable[[str], bool | None]) -> Scored:
        """Those whose application has a label."""
        labels = np.array(
            [_number(label(application_id)) for application_id in self._applications] or [np.nan]
        )
        if not self._steps:
            nothing = np.zeros(0)
            return Scored(*[nothing for _ in Scored._fields])
        columns = [np.concatenate(column) for column in zip(*self._steps, strict=True)]
        hired = labels[columns[1].astype(np.int64)]
        columns.insert(-1, hired)
        kept = ~np.isnan(hired)
        return Scored(*(column[kept] for column in columns))


def _number(label: bool | None) -> float:
    return float("nan") if label is None else float(label)
