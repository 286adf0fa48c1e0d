"""One application's events on several partitions: slower, never wrong."""

from collections.abc import Callable

import pytest

from tests.faults import oracle
from tests.faults.traffic import Traffic
from tests.faults.victim import Victim

Make = Callable[..., Traffic]


@pytest.mark.parametrize(("batch_events", "count"), [(5, 600), (2_000, 9_000)])
def test_by_one_process(make_traffic: Make, batch_events: int, count: int) -> None:
    """Small batches are written inline, large ones by a thread for each partition."""
    traffic = make_traffic(3, applications=count // 4)
    traffic.put(traffic.take(count), scatter=True)
    victim = Victim(traffic, batch_events)
    try:
        victim.settle()
        traffic.put(traffic.take(count), scatter=True)
        victim.settle()
    finally:
        victim.kill()
    oracle.check(traffic)


@pytest.mark.parametrize(("batch_events", "count"), [(10, 150), (2_000, 3_000)])
def test_by_several_processes_with_kills_and_api_writes(
    make_traffic: Make, batch_events: int, count: int
) -> None:
    traffic = make_traffic(3, applications=4 * count)
    victims = [Victim(traffic, batch_events, partitions=[index]) for index in range(3)]
    try:
        for _ in range(4):
            traffic.put(traffic.take(count), scatter=True)
            traffic.write(3)
            with traffic.held(0.3):
                traffic.put(traffic.take(count), scatter=True)
        victim = traffic.random.choice(victims)
        victim.kill()
        victim.come_back()
        for other in victims:
            other.settle()
    finally:
        for victim in victims:
            victim.kill()
    oracle.check(traffic)
