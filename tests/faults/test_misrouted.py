"""One application's events on several partitions: slower, never wrong."""

from collections.abc import Callable

import pytest

from tests.faults import oracle
from tests.faults.traffic import Traffic
from tests.faults.victim import Victim

Make = Callable[..., Traffic]


@pytest.mark.parametrize("batch_events", [5, 2_000])
def test_by_one_process(make_traffic: Make, batch_events: int) -> None:
    traffic = make_traffic(3)
    traffic.put(traffic.take(600), scatter=True)
    victim = Victim(traffic, batch_events)
    try:
        victim.settle(30)
        traffic.put(traffic.take(600), scatter=True)
        victim.settle(30)
    finally:
        victim.kill()
    oracle.check(traffic)


def test_by_several_processes_with_kills_and_api_writes(make_traffic: Make) -> None:
    traffic = make_traffic(3)
    victims = [Victim(traffic, 10, partitions=[index]) for index in range(3)]
    try:
        for _ in range(4):
            traffic.put(traffic.take(150), scatter=True)
            traffic.write(3)
            with traffic.held(0.3):
                traffic.put(traffic.take(150), scatter=True)
        victim = traffic.random.choice(victims)
        victim.kill()
        victim.come_back()
        for other in victims:
            other.settle(30)
    finally:
        for victim in victims:
            victim.kill()
    oracle.check(traffic)
