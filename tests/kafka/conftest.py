"""One real broker for the session, topics of its own for each test."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from models.settings import Settings
from storage.kafka.broker import Broker
from storage.kafka.client import ensure_topics

CACHE = Settings().cache
_numbers = count(1)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A broker without fsync."""
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
