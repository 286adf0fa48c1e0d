"""Another system that publishes without end, to every partition alike."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from confluent_kafka import Producer

from models.settings import Settings
from storage.kafka.client import EVENTS, producer_properties, topic_name
from tests.platform.driving import event

_EVERY_S = 0.02
_PATIENCE_S = 30.0


class Feed:
    """A context manager; `sent` counts the records, each of an application of its own."""

    def __init__(self, settings: Settings) -> None:
        self.sent = 0
        self._settings = settings
        self._enough = threading.Event()
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        self._publishing = self._pool.submit(self._publish)
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._publishing.result()
        self._pool.shutdown()

    def _publish(self) -> None:
        producer = Producer(producer_properties(self._settings, linger_ms=5))
        topic = topic_name(self._settings, EVENTS)
        while not self._enough.wait(_EVERY_S):
            for index in range(self._settings.kafka_partitions):
                producer.produce(topic, event(self.sent), partition=index)
                self.sent += 1
            producer.poll(0)
        assert producer.flush(_PATIENCE_S) == 0
