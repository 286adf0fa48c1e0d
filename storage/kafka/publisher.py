"""Writes to Kafka, each batch in one transaction of Kafka's own."""

import time
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Record

from models.errors import Fenced, Unavailable
from models.settings import Settings
from storage.kafka.client import MESSAGE_BYTES_MAX, producer_properties
from storage.kafka.records import Headers

_START_S = 30.0
_COMMIT_S = 30.0
_FULL_S = 0.1
_TRANSACTION_MS = 10_000
"""A publisher that died holds up readers of committed messages for no longer."""
_FENCED = {
    KafkaError._FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
}

Ends = dict[str, dict[int, int]]
"""Next offset behind what was published, by topic and partition."""


class Outgoing(NamedTuple):
    """A record to publish; all of one key come in their order to one partition."""

    topic: str
    key: str | None
    value: bytes
    headers: Headers


class Publisher:
    """The only one of its name: an older one is fenced, what it left open is aborted.

    Every failure ends it: whoever owns it stops, and starts again where its position is. Raises
    Unavailable when Kafka does not answer, Fenced for one who was replaced.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._ends: Ends = {}
        self._failed: KafkaError | None = None
        self._producer = Producer(
            producer_properties(
                settings,
                transactional_id=name,
                enable_idempotence=True,
                transaction_timeout_ms=_TRANSACTION_MS,
                message_max_bytes=MESSAGE_BYTES_MAX,
                partitioner="murmur2_random",  # as Java's producers do
                compression_type="lz4",
                linger_ms=5,
            )
        )
        try:
            self._producer.init_transactions(_START_S)
        except KafkaException as error:
            raise _known(error) from error

    def publish(self, records: Iterable[Outgoing]) -> Ends:
        """All of them or none; returns behind which offsets they stand, once they are committed."""
        self._ends = {}
        try:
            self._producer.begin_transaction()
            for record in records:
                self._produce(record)
            self._commit()
        except KafkaException as error:
            raise _known(error) from error
        return self._ends

    def close(self) -> None:
        """Let the broker go."""
        self._producer.close()

    def _produce(self, record: Outgoing) -> None:
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    key=record.key,
                    headers=cast(Any, record.headers),
                    on_delivery=self._delivered,
                )
                break
            except BufferError:
                self._producer.poll(_FULL_S)  # the queue is full: at Kafka's pace
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, record: Record) -> None:
        if error is not None:
            self._failed = error
            return
        ends = self._ends.setdefault(str(record.topic()), {})
        index = int(record.partition() or 0)
        ends[index] = max(ends.get(index, 0), int(record.offset() or 0) + 1)

    def _commit(self) -> None:
        deadline = time.monotonic() + _COMMIT_S
        self._producer.flush(_COMMIT_S)
        if self._failed is not None:
            raise KafkaException(self._failed)
        while True:
            try:
                self._producer.commit_transaction(_COMMIT_S)
                return
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise


def _known(error: KafkaException) -> Fenced | Unavailable:
    cause = error.args[0]
    if cause.code() in _FENCED:
        return Fenced(f"another process publishes under this name now: {cause.str()}")
    return Unavailable(f"Kafka did not take what was published: {cause.str()}")
