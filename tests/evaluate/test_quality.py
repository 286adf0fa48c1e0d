"""How good served predictions are on a small world: what learns from how applications go on must
be nearer to the truth than outcomes alone could be, and say how sure it is."""

import pytest

from flows.evaluate.evaluation import evaluate_world
from flows.evaluate.report import Report
from flows.evaluate.simulated import World, plan_of
from models.learner import Learner


def test_transitions_bring_it_nearer_and_its_intervals_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = evaluated()
    monkeypatch.setattr(Learner, "share", 1.0)
    regressions = evaluated()
    assert served.best is not None
    assert regressions.best is not None
    assert served.best.expected_excess < 0.045
    assert served.best.expected_excess < 0.75 * regressions.best.expected_excess
    assert 0.7 < served.best.coverage < 0.9


def evaluated() -> Report:
    world = World(plan_of(1_200, 11))
    return evaluate_world(world, step=100, offline=False, watch=lambda _: None)
