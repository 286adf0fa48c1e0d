"""The trees that were trained with hindsight."""

import numpy as np
import pytest

from flows.evaluate.hindsight import compare
from flows.evaluate.served import Scored
from models.features import CATEGORICAL, EMPLOYERS, numbers

_MOMENTS, _OF_AN_APPLICATION = 6_000, 3


def test_what_one_employer_does_is_learned_and_nothing_is_written(
    capfd: pytest.CaptureFixture[str],
) -> None:
    random = np.random.default_rng(5)
    application = np.arange(_MOMENTS) // _OF_AN_APPLICATION
    found = random.random((_MOMENTS, numbers([], []).shape[1]))
    hashes = np.sort(random.choice(EMPLOYERS, 8, replace=False)).astype(np.float64)
    employer = random.integers(0, 8, application[-1] + 1)[application]
    found[:, CATEGORICAL] = 0.0
    found[:, CATEGORICAL[-1]] = hashes[employer]
    half = np.full(_MOMENTS, 0.5)
    scored = Scored(
        time=np.arange(_MOMENTS, dtype=np.float64),
        application=application.astype(np.float64),
        labels=half,
        p=half,
        low=half,
        high=half,
        base=half,
        stage=half,
        truth=half,
        hired=(employer % 2).astype(np.float64),
        numbers=found,
    )
    compared = compare(scored)
    assert compared is not None
    assert compared.offline.auc == pytest.approx(1.0)
    assert compared.served.auc == pytest.approx(0.5)
    assert capfd.readouterr().out == ""
