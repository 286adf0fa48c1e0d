"""A topic read once, from given offsets to where it ends now."""

import time
from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as Record

from models.errors import Unavailable
from models.settings import Settings
from storage.kafka.client import topic_state
from storage.kafka.reader import consumer

_PATIENCE_S = 60.0
"""An open transaction of another producer hides what comes behind it for so long at most."""
_ANSWER_S = 10.0
_MANY = 10_000
_POLL_S = 0.5
_RETRY_S = 0.05
_ELECTING = {KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION}
"""Of a topic that was made a moment ago, and of a broker that has just come."""


def ends(settings: Settings, topic: str, patience_s: float = _ANSWER_S) -> dict[int, int]:
    """Where each partition ends now. Raises Unavailable when Kafka does not answer."""
    return {index: end for index, (_, end) in bounds(settings, topic, patience_s).items()}


def committed(settings: Settings, topic: str, starts: Mapping[int, int]) -> Iterator[Record]:
    """The committed records of each partition from its start (0 where none is given).

    What is gone already is passed over. Raises Unavailable when Kafka does not answer.
    """
    places, left = [], {}
    for index, (first, end) in bounds(settings, topic).items():
        start = max(first, starts.get(index, 0))
        if start < end:
            places.append(TopicPartition(topic, index, start))
            left[index] = end
    reader = consumer(settings, enable_partition_eof=True)
    try:
        reader.assign(places)
        patient_until = time.monotonic() + _PATIENCE_S
        while left:
            for record in reader.consume(_MANY, _POLL_S):
                index, passed = int(record.partition() or 0), int(record.offset() or 0)
                error = record.error()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:
                    continue
                if error is None and passed < left.get(index, 0):
                    patient_until = time.monotonic() + _PATIENCE_S
                    passed += 1
                    yield record
                if passed >= left.get(index, passed + 1):
                    del left[index]
            if time.monotonic() > patient_until:
                raise Unavailable(f"{topic} cannot be read to its end: {left} is not reached")
    finally:
        reader.close()


def bounds(
    settings: Settings, topic: str, patience_s: float = _ANSWER_S
) -> dict[int, tuple[int, int]]:
    """First offset and end of each partition, what is not committed yet included."""
    _, partitions = topic_state(settings, topic, patience_s)
    reader = consumer(settings, isolation_level="read_uncommitted")
    try:
        return {
            index: _bounds(reader, TopicPartition(topic, index), patience_s)
            for index in range(partitions)
        }
    except KafkaException as error:
        raise Unavailable(f"Kafka does not answer: {error}") from error
    finally:
        reader.close()


def _bounds(reader: Consumer, place: TopicPartition, patience_s: float) -> tuple[int, int]:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return reader.get_watermark_offsets(place, patience_s)
        except KafkaException as error:
            if error.args[0].code() not in _ELECTING or time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_S)
