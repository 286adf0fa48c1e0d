"""One real broker for the session, topics of its own for each test."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from models.errors import Unavailable
from models.settings import Settings
from storage.kafka.broker import Broker
from storage.kafka.client import ensure_topics
from storage.kafka.jars import class_path
from tests.faults.traffic import Traffic
from tests.kafka.processes import Process

SEED = int(os.environ.get("FAULTS_SEED", "1"))
LONG = "FAULTS_SEED" in os.environ
"""In the soak."""
CACHE = Settings().cache
_numbers = count(1)


def need_kafka() -> None:
    """Fetch Kafka on a machine's first run. CI never skips; a machine without a way to Maven
    Central does, and the closing lines say so."""
    try:
        class_path(CACHE, print)
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(error.message)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A broker without fsync."""
    need_kafka()
    with TemporaryDirectory(prefix="jobfinders-kafka-") as folder:
        server = Broker(Path(folder) / "kafka", CACHE, durable=False)
        try:
            server.start(print)
            yield server
        finally:
            server.stop()


@pytest.fixture
def kafka_partitions() -> int:
    """Partitions of the test's topics."""
    return 3


@pytest.fixture
def kafka(settings: Settings, broker: Broker, kafka_partitions: int) -> Settings:
    """Settings of a product on fresh topics and a fresh database."""
    chosen = settings.model_copy(
        update={
            "kafka_bootstrap": broker.address(),
            "kafka_prefix": f"test-{next(_numbers)}.",
            "kafka_partitions": kafka_partitions,
        }
    )
    ensure_topics(chosen)
    return chosen


@pytest.fixture
def traffic(kafka: Settings, database: str, tmp_path: Path) -> Traffic:
    """What is thrown at the product."""
    return Traffic(database, SEED, tmp_path / "fed.ndjson", applications=1_000)


@pytest.fixture
def running() -> Iterator[list[Process]]:
    """Processes of the test, ended with it."""
    started: list[Process] = []
    yield started
    for process in started:
        process.stop()
