"""Worlds made for an evaluation: as much silence as was asked for, and a change half way."""

import pytest

from flows.evaluate.simulated import World, plan_of
from flows.simulator import life
from flows.simulator.ghosting import ghosted_share, neglect_for
from flows.simulator.truth import lives


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_so_many_are_ghosted(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody withdraws: whoever is ghosted has more time for it, and fewer of them are left.
    monkeypatch.setattr(life, "_WITHDRAWALS_PER_DAY", 1e-12)
    assert ghosted_share(7, neglect_for(7, share)) == pytest.approx(share, abs=1e-2)
    begun = list(lives(plan_of(1_500, 7, ghosted=share)))
    ghosted = sum(one.closed is None for one in begun) / len(begun)
    assert ghosted == pytest.approx(share, abs=0.04)  # three standard deviations


def test_without_neglect_nobody_is_ghosted() -> None:
    assert all(one.closed is not None for one in lives(plan_of(200, 7, ghosted=0.0)))


def test_behaviour_changes_half_way_and_the_truth_knows_it() -> None:
    before = {one.id: one for one in lives(plan_of(400, 7))}
    after = {one.id: one for one in lives(plan_of(400, 7, changes=True))}
    changed = [before[id_].silences != after[id_].silences for id_ in sorted(before)]
    assert not any(changed[:199])
    assert all(changed[201:])


def test_the_truth_is_known_for_every_application_that_was_met() -> None:
    world = World(plan_of(100, 3))
    for message in world.messages():
        assert message.line
    assert len(world.fates) == 100
    fate = next(iter(world.fates.values()))
    assert 0.0 < fate.probability_at(fate.silences[0].since) < 1.0
