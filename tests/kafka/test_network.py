"""What a network does between relay, flow and broker: nothing is lost, nothing counted twice."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from models.settings import Settings
from tests.faults.traffic import Traffic
from tests.kafka import processes
from tests.kafka.conftest import CACHE, SEED, need_kafka
from tests.kafka.driving import until
from tests.kafka.link import FarBroker, Link
from tests.kafka.processes import Process

_CUTS = 10
_CUT_WITHIN = 30_000
_DELAY_S = 0.05
_REFUSED = 10
_BACK_S = 90.0


@pytest.fixture
def link(tmp_path: Path, settings: Settings) -> Iterator[Link]:
    """The only way to a broker."""
    need_kafka()
    link = Link()
    broker = FarBroker(tmp_path / "kafka", CACHE, link)
    try:
        broker.start(print)
        yield link
    finally:
        broker.stop()
        link.close()


@pytest.mark.timeout(600)
def test_a_bad_network(
    settings: Settings, database: str, tmp_path: Path, link: Link, running: list[Process]
) -> None:
    kafka = settings.model_copy(update={"kafka_bootstrap": f"127.0.0.1:{link.port}"})
    traffic = Traffic(database, SEED, tmp_path / "fed.ndjson")
    random = Random(SEED)
    running += [processes.flow(kafka), processes.relay(kafka)]

    def alive() -> bool:
        processes.revive(kafka, running)
        return True

    def settled() -> bool:
        return alive() and processes.settled(database, traffic.sent)

    traffic.feed(100)
    until(settled, "relay and flow are at work", _BACK_S)
    for number in range(1, _CUTS + 1):
        link.cut_after(random.randrange(_CUT_WITHIN))
        while link.cuts < number:
            traffic.feed(100)
            until(settled, "all is folded after a cut", _BACK_S)
    with link.delayed(_DELAY_S):
        traffic.feed(200)
        until(settled, "all is folded by a slow network", _BACK_S)
    with link.half_open():
        traffic.feed(200)
        until(lambda: alive() and link.swallowed > 0, "the network swallows", _BACK_S)
    with link.refusing():
        traffic.feed(200)
        until(lambda: alive() and link.refused >= _REFUSED, "connections are refused", _BACK_S)
    until(settled, "all is folded when the network is back", _BACK_S)
    processes.check(kafka, traffic.sent, traffic.file)
