"""Worlds made for an evaluation: as much silence as was asked for, and a change half way."""

import pytest

from flows.evaluate.simulated import World, plan_of
from flows.simulator.ghosting import ghosted_share, neglect_for
from flows.simulator.truth import lives


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_so_many_are_ghosted(share: float) -> None:
    assert ghosted_share(7, neglect_for(7, share)) == pytest.approx(share, abs=1e-2)
    plan = plan_of(1_500, 7, ghosted=share)
    ended = [life for life in lives(plan) if b"withdrawn" not in {e.type for e in life.events}]
    ghosted = sum(life.closed is None for life in ended) / len(ended)
    # Who is ghosted has more time to withdraw in, so a little fewer of them are left.
    assert share - 0.09 < ghosted < share + 0.02


def test_without_neglect_nobody_is_ghosted() -> None:
    assert all(life.closed is not None for life in lives(plan_of(200, 7, ghosted=0.0)))


def test_behaviour_changes_half_way_and_the_truth_knows_it() -> None:
    before = {life.id: life for life in lives(plan_of(400, 7))}
    after = {life.id: life for life in lives(plan_of(400, 7, changes=True))}
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
