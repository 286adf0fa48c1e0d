"""Puts records into the topic, and drives the relay's and the flow's real steps to their end."""

import time
from collections.abc import Callable, Iterable

from confluent_kafka import Message as Record
from confluent_kafka import Producer

from flows.analytics import now_us
from flows.partition import Partition
from flows.relay import Relay
from flows.sources import source_of
from models.settings import Settings
from storage.kafka.client import EVENTS, producer_properties, topic_name
from storage.kafka.scan import committed
from storage.postgres.connect import connect
from tests.flows.driving import step

_PATIENCE_S = 30.0


def until(true: Callable[[], object], what: str, within_s: float = _PATIENCE_S) -> None:
    """Poll with a deadline."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.01)


def produce(settings: Settings, records: Iterable[dict[str, object]], **more: object) -> int:
    """Another system's records, each a dict of `Producer.produce`'s arguments; how many."""
    producer = Producer(producer_properties(settings, linger_ms=5) | more)
    sent = 0
    for record in records:
        while not _took(producer, topic_name(settings, EVENTS), record):
            producer.poll(0.1)
        producer.poll(0)
        sent += 1
    assert producer.flush(_PATIENCE_S) == 0
    return sent


def _took(producer: Producer, topic: str, record: dict[str, object]) -> bool:
    """Whether its queue had room."""
    try:
        producer.produce(topic, **record)
    except BufferError:
        return False
    return True


def relay_all(settings: Settings, url: str) -> None:
    """A relay that publishes what there is, then ends."""
    relay = Relay(settings, url)
    while relay.turn():
        pass
    relay.close()


def records(settings: Settings, topic: str = EVENTS) -> list[Record]:
    """Everything that the topic holds, as any reader of committed records finds it."""
    return list(committed(settings, topic_name(settings, topic), {}))


def fold_all(settings: Settings, url: str) -> None:
    """Run all partitions until each message of the topic is counted."""
    source = source_of(settings, url, now_us)
    partitions = {
        index: Partition(settings, url, index, now_us, source=source)
        for index in range(source.partitions())
    }
    total = len(records(settings))

    def done() -> bool:
        return not sum(step(one) for one in partitions.values()) and counted(url) == total

    try:
        until(done, f"{total} messages are folded")
    finally:
        for partition in partitions.values():
            partition.close()


def counted(url: str) -> int:
    """Messages that the flow has judged."""
    with connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT coalesce(sum(accepted + duplicates + dead_lettered), 0)::bigint"
            " FROM flow_positions WHERE flow = 'analytics'"
        ).fetchone()
    return int(row[0]) if row else 0
