"""`jobfinders up --kafka`: a data folder moves to Kafka and back; what dies comes back."""

import os
import signal
from pathlib import Path

import pytest

from storage.kafka.broker import Broker
from tests.kafka.conftest import CACHE, need_kafka
from tests.platform.driving import START_S, STOP_S, Up, run, wait_until

_SLOW_S = 3 * START_S
"""A Java program starts here."""


@pytest.mark.timeout(900)
def test_a_data_folder_moves_to_kafka_and_back(tmp_path: Path) -> None:
    need_kafka()
    data = tmp_path / "data"
    broker = Broker(data / "kafka", CACHE)
    broker.start(print)
    with Up(data) as up:  # a broker that merely runs beside it changes nothing
        up.feed(1, 2)
        wait_until(lambda: up.accepted() == 2, START_S, "folded from the outbox")
        assert broker.pid() is not None
        assert "topic" not in run(data, "status").stdout
        assert "topic" not in _exact(data, facts=2)
        up.interrupt()
    assert "topic" not in _exact(data, facts=2)
    broker.stop()
    assert run(data, "url", "kafka").stderr.startswith("jobfinders: no Kafka is running on")
    try:
        with Up(data, "--kafka", kafka_port="0") as up:
            assert run(data, "url", "kafka").stdout.strip() == broker.address()
            up.feed(3)
            wait_until(lambda: up.accepted() == 3, START_S, "folded through the topic")
            os.kill(up.state().parts["relay"], signal.SIGKILL)
            os.kill(broker.pid() or 0, signal.SIGKILL)
            up.feed(4)
            wait_until(lambda: up.accepted() == 4, _SLOW_S, "folded again")
            assert up.said(r"^relay was killed \(SIGKILL\)")
            assert up.said("^kafka was killed")
            assert "2 messages of the topic" in _exact(data, facts=4)
            assert up.interrupt() < 2 * STOP_S
            assert broker.pid() is None
        broker.start(print)  # as one that outlived its `up`
        with Up(data) as up:
            fed = "^flow ended with code .*this database is fed through Kafka"
            wait_until(lambda: up.said(fed), START_S, "the flow refuses to run")
            up.interrupt()
        broker.stop()
        back = run(data, "flow", "analytics", "--reset-to", "latest")
        assert back.stdout == "partition 0 goes on at 0 of outbox\n", back.stderr
        with Up(data) as up:
            up.feed(5)
            wait_until(lambda: up.accepted() == 5, START_S, "folded from the outbox again")
    finally:
        broker.stop()


def _exact(data: Path, facts: int) -> str:
    """What verify says of so many."""
    verified = run(data, "verify")
    assert verified.stdout.startswith(f"exact: {facts} facts"), verified.stdout + verified.stderr
    return verified.stdout
