"""The suite finds what it is there to find: three broken variants fail it."""

from collections.abc import Callable

import pytest

from flows.analytics import now_us
from flows.partition import Partition
from models.settings import Settings
from tests.faults import broken, oracle, owners
from tests.faults.oracle import NotExact
from tests.faults.traffic import Traffic
from tests.faults.victim import Victim
from tests.flows.driving import step

Make = Callable[..., Traffic]


def kill_in_a_batch(traffic: Traffic, variant: str) -> None:
    """The flow is killed when only a part of a batch has been sent."""
    victim = Victim(traffic, variant=variant)
    victim.kill_at("before batch.copy_log", passes=2)
    victim.come_back()
    victim.kill()


def misroute(traffic: Traffic, variant: str) -> None:
    """Each application's events are spread over three partitions."""
    traffic.put(traffic.take(300), scatter=True)
    settings = Settings(postgres_url=traffic.url, batch_events=20)
    write = broken.write(variant)
    partitions = [Partition(settings, traffic.url, n, now_us, write=write) for n in range(3)]
    while sum(step(partition) for partition in partitions):
        pass
    for partition in partitions:
        partition.close()


def replace(traffic: Traffic, variant: str) -> None:
    """An owner is replaced while it holds a batch of duplicates, then writes it."""
    lines = traffic.take(15)
    owners.fold(traffic, lines)
    traffic.put(lines)
    owners.replace_while_writing(traffic, variant)


SCENARIOS: dict[str, tuple[Callable[[Traffic, str], None], int]] = {
    "position_first": (kill_in_a_batch, 1),
    "unguarded": (misroute, 3),
    "unfenced": (replace, 1),
}


def test_each_broken_variant_has_a_scenario() -> None:
    assert list(SCENARIOS) == broken.BROKEN


@pytest.mark.parametrize("variant", broken.BROKEN)
def test_a_broken_variant_is_found(make_traffic: Make, variant: str) -> None:
    scenario, partitions = SCENARIOS[variant]
    traffic = make_traffic(partitions, bad=0.0)
    scenario(traffic, variant)
    with pytest.raises(NotExact):
        oracle.check(traffic)


@pytest.mark.parametrize("scenario", [kill_in_a_batch, misroute])
def test_the_real_thing_passes_the_same(
    make_traffic: Make, scenario: Callable[[Traffic, str], None]
) -> None:
    traffic = make_traffic(3)
    scenario(traffic, "whole")
    oracle.check(traffic)
