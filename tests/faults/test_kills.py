"""SIGKILL of the flow at each named point and at random: exact and back within 10 s."""

from collections.abc import Callable
from random import Random

from tests.faults import oracle
from tests.faults.points import COMMIT, statements
from tests.faults.trace import trace
from tests.faults.traffic import Traffic
from tests.faults.victim import BACK_S, Tally, Victim

_RANDOM_KILLS = 8
# At a start, or for a load: not within the writing of a batch.
_ELSEWHERE = {
    f"batch.{name}"
    for name in "acquire begin_epoch session staging log_offset load facts_of".split()
}


def test_the_points_are_all_that_a_batch_executes(make_traffic: Callable[..., Traffic]) -> None:
    met = trace(make_traffic())
    written = {name for name in statements() if name.startswith(("batch.", "entities."))} | {
        "outbox.delete"
    }
    assert {point.partition(" ")[2] for point in met} == written - _ELSEWHERE | {"COMMIT"}
    assert set(COMMIT) <= set(met)


def test_a_flow_killed_anywhere_is_exact_and_back(
    make_traffic: Callable[..., Traffic], seed: int
) -> None:
    random = Random(seed)
    points = trace(make_traffic())
    random.shuffle(points)
    traffic = make_traffic(applications=1_000)
    tally = Tally()
    victim = Victim(traffic)
    try:
        for point in points:
            torn = victim.kill_at(point, passes=random.randint(1, 2))
            oracle.check(traffic)
            tally.add(torn, victim.come_back())
            oracle.check(traffic)
        for _ in range(_RANDOM_KILLS):
            torn = victim.kill_at_random(random)
            tally.add(torn, victim.come_back())
            oracle.check(traffic)
    finally:
        victim.kill()
    print(tally)
    assert tally.torn * 2 >= tally.kills
    assert tally.slowest_s < BACK_S
