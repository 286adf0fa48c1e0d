"""SIGKILL of flow, Postgres and API: 50 and more, exact after each, back within 10 s."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.faults import campaign
from tests.faults.databases import Databases
from tests.faults.points import COMMIT, statements
from tests.faults.trace import trace
from tests.faults.traffic import Traffic
from tests.faults.victim import BACK_S, Victim

_LONG_S = 900
Make = Callable[..., Traffic]
# At a start, for a load, or by hand: not within the writing of a batch of the outbox.
_ELSEWHERE = {
    f"batch.{name}"
    for name in (
        "acquire begin_epoch session staging log_offset clock load facts_of reset set_apart"
        " known_letters keep_counted forget_counted counted_ahead"
    ).split()
}


def test_the_points_are_all_that_a_batch_executes(make_traffic: Make) -> None:
    met = trace(make_traffic())
    written = {name for name in statements() if name.startswith(("batch.", "entities."))}
    written |= {"outbox.delete", "COMMIT"}
    assert {point.partition(" ")[2] for point in met} == written - _ELSEWHERE
    assert set(COMMIT) <= set(met)


@pytest.mark.timeout(_LONG_S)
def test_the_flow_killed_anywhere(make_traffic: Make, seed: int) -> None:
    points = trace(make_traffic())
    victim = Victim(make_traffic(applications=1_000))
    tally = campaign.flow(victim, points, 6, Random(seed))
    print(tally)
    assert tally.kills >= 40
    assert tally.torn * 2 >= tally.kills
    assert tally.slowest_s < BACK_S


def test_the_flow_killed_while_a_thread_writes(make_traffic: Make, seed: int) -> None:
    """Batches so large that the next one is folded while the one before is written."""
    random = Random(seed)
    points = random.sample(trace(make_traffic()), 5)
    victim = Victim(make_traffic(applications=6_000), batch_events=1_200, feed=2_500)
    tally = campaign.flow(victim, points, 2, random)
    print(tally)
    assert tally.slowest_s < BACK_S


def test_postgres_killed(make_traffic: Make, durable: Databases, seed: int) -> None:
    tally = campaign.postgres(make_traffic(applications=400), durable.server, 2, Random(seed))
    print(tally)
    assert tally.slowest_s < BACK_S


@pytest.mark.timeout(_LONG_S)
def test_the_api_killed(make_traffic: Make, seed: int, tmp_path: Path) -> None:
    tally = campaign.api(make_traffic(), tmp_path, Random(seed))
    print(tally)
    assert tally.kills >= 20
    assert tally.torn * 2 >= tally.kills
    assert tally.slowest_s < BACK_S
