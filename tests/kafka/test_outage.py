"""Kafka away, or without room: writes are answered and wait, visibly; then all of it goes on."""

import os
import signal
import time
from pathlib import Path

import pytest

from models.settings import Settings
from storage.kafka.broker import Broker
from tests.kafka import processes
from tests.kafka.conftest import CACHE, need_kafka
from tests.kafka.product import Product
from tests.kafka.small_disk import SmallDisk

_OUTAGE_S = float(os.environ.get("FAULTS_OUTAGE_S", "3"))
_STALLED_S = 35.0
_MORE = 300


@pytest.mark.timeout(600)
def test_the_broker_away_while_people_write(settings: Settings, tmp_path: Path) -> None:
    need_kafka()
    broker = Broker(tmp_path / "kafka", CACHE)
    try:
        kafka = settings.model_copy(update={"kafka_bootstrap": broker.start(print)})
        with Product(kafka) as product:
            product.write(20)
            product.settle()
            os.kill(broker.pid() or 0, signal.SIGKILL)
            product.until(lambda: broker.pid() is None, "the broker is gone")
            before, end = product.sent, time.monotonic() + _OUTAGE_S

            def over() -> bool:
                product.write()
                return time.monotonic() > end

            product.until(over, "the outage")
            assert product.backlog() == product.sent - before
            if _OUTAGE_S > _STALLED_S:
                status, reason = product.ready()
                assert (status, "relay" in str(reason)) == ("stalled", True)
            broker.start(print)
            product.settle()
            assert product.backlog() == 0
            processes.check(kafka, product.sent)
    finally:
        broker.stop()


@pytest.mark.timeout(600)
def test_the_disk_of_kafka_full(settings: Settings, tmp_path: Path) -> None:
    need_kafka()
    disk = SmallDisk(tmp_path / "kafka", CACHE)
    try:
        kafka = settings.model_copy(update={"kafka_bootstrap": disk.start()})
        with Product(kafka) as product:
            product.write(20)
            product.settle()
            disk.fill()
            before = product.sent

            def ended() -> bool:
                product.write()
                return disk.broker.pid() is None

            product.until(ended, "the broker ends for want of room")
            left = product.backlog()
            product.write(_MORE)
            assert product.backlog() == left + _MORE
            assert left + _MORE <= product.sent - before
            disk.refuse()
            disk.clear()
            disk.start()
            product.settle()
            assert product.backlog() == 0
            processes.check(kafka, product.sent)
    finally:
        disk.close()
