"""SIGKILL of relay, flow and broker: nothing lost, nothing published or counted twice."""

import os
import signal
from pathlib import Path
from random import Random

import pytest

from models.settings import Settings
from storage.kafka.broker import Broker
from tests.faults.traffic import Traffic
from tests.kafka import processes
from tests.kafka.conftest import CACHE, LONG, SEED, need_kafka
from tests.kafka.driving import until
from tests.kafka.dying_relay import POINTS
from tests.kafka.processes import Process

_KILLS = 30 if LONG else 4
_BROKER_KILLS = 5 if LONG else 1


@pytest.mark.timeout(600)
def test_the_relay_killed_at_each_point(
    kafka: Settings, traffic: Traffic, running: list[Process]
) -> None:
    small = kafka.model_copy(update={"batch_events": 50})
    running.append(processes.flow(small))
    for number, point in enumerate(POINTS):
        traffic.put(traffic.take(60), as_run=number % 2 == 0)
        traffic.write(2)
        victim = processes.relay(kafka, point)
        running.append(victim)
        processes.killed(victim)
        running.remove(victim)
    running.append(processes.relay(kafka))
    processes.settle(kafka, traffic.sent, running)
    processes.check(kafka, traffic.sent, traffic.file)


@pytest.mark.timeout(600)
def test_any_of_two_flows_and_the_relay_killed_at_random(
    kafka: Settings, traffic: Traffic, running: list[Process]
) -> None:
    """Partitions go over to the flow that is left, and back to the one that comes again."""
    random = Random(SEED)
    small = kafka.model_copy(update={"batch_events": 20})
    start = {"relay": processes.relay, "flow": processes.flow, "second": processes.flow}
    alive = {name: begin(small) for name, begin in start.items()}
    running.extend(alive.values())
    for _ in range(_KILLS):
        traffic.feed(150)
        traffic.write(3)
        name = random.choice(list(alive))
        alive[name].stop()
        running.remove(alive[name])
        traffic.feed(50)
        alive[name] = start[name](small)
        running.append(alive[name])
    processes.settle(kafka, traffic.sent, running)
    processes.check(kafka, traffic.sent, traffic.file)


@pytest.mark.timeout(600)
def test_the_broker_killed(
    settings: Settings, database: str, tmp_path: Path, running: list[Process]
) -> None:
    """It has a folder of its own; flow and relay wait for it, or end and are started again."""
    need_kafka()
    broker = Broker(tmp_path / "kafka", CACHE)
    try:
        kafka = settings.model_copy(update={"kafka_bootstrap": broker.start(print)})
        traffic = Traffic(database, SEED, tmp_path / "fed.ndjson")
        running.append(processes.flow(kafka))
        running.append(processes.relay(kafka))
        traffic.feed(300)
        processes.settle(kafka, traffic.sent, running)
        for _ in range(_BROKER_KILLS):
            traffic.feed(200)
            os.kill(broker.pid() or 0, signal.SIGKILL)
            until(lambda: broker.pid() is None, "the broker is gone")
            traffic.feed(100)
            traffic.write(3)
            broker.start(print)
            processes.revive(kafka, running)
        processes.settle(kafka, traffic.sent, running)
        processes.check(kafka, traffic.sent, traffic.file)
    finally:
        for process in running:
            process.stop()
        broker.stop()
