"""The figures of an evaluation, against what they mean."""

import numpy as np
import pytest

from flows.evaluate.scores import area, calibration, divergence, losses, score


def test_area_is_the_share_of_pairs_in_the_right_order() -> None:
    random = np.random.default_rng(3)
    p = random.integers(0, 8, 200) / 8.0
    hired = (random.random(200) < p).astype(np.float64)
    pairs = [
        1.0 if better > worse else 0.5 if better == worse else 0.0
        for better in p[hired > 0]
        for worse in p[hired == 0]
    ]
    assert area(p, hired) == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)
    assert area(p, np.ones(200)) is None


def test_the_divergence_is_the_excess_that_is_to_be_expected() -> None:
    truth, said = np.array([0.2, 0.7, 0.01]), np.array([0.3, 0.6, 0.5])
    hired, others = np.ones(3), np.zeros(3)
    expected = truth * (losses(said, hired) - losses(truth, hired)) + (1 - truth) * (
        losses(said, others) - losses(truth, others)
    )
    assert divergence(truth, said) == pytest.approx(expected)
    assert divergence(truth, truth) == pytest.approx(np.zeros(3))


def test_calibration_holds_every_prediction_once() -> None:
    p = np.array([0.0, 0.04, 0.06, 0.52, 0.54, 1.0])
    hired = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    bins = calibration(p, hired)
    assert [one.predictions for one in bins] == [2, 1, 2, 1]
    assert [one.hired for one in bins] == [0.5, 0.0, 0.5, 1.0]
    assert bins[0].predicted == pytest.approx(0.02)
    wrong = abs(0.02 - 0.5) * 2 + 0.06 + abs(0.53 - 0.5) * 2
    assert score(p, hired).calibration_error == pytest.approx(wrong / 6)


def test_a_certainty_that_was_wrong_costs_much_but_not_everything() -> None:
    assert score(np.array([1.0]), np.array([0.0])).log_loss == pytest.approx(27.6, abs=0.1)
