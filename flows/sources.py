"""Where the analytics flow's messages come from: the outbox, or a Kafka topic that the relay
and other systems publish to. Decided here and nowhere else."""

from collections.abc import Callable, Iterable
from typing import Protocol

from models.batch import Message
from models.settings import Settings
from storage.postgres.outbox import OutboxSource


class Reader(Protocol):
    """Reads one partition; each message once, until it is settled or all is rewound."""

    def read(self, limit: int, monotonic_s: float) -> list[Message]:
        """At most `limit` messages that are not in flight."""
        ...

    def settled(self, places: Iterable[int]) -> None:
        """The effect of these has committed."""
        ...

    def rewind(self) -> None:
        """Nothing in flight will be settled: read it again."""
        ...

    def close(self) -> None:
        """No more is read."""
        ...


class Source(Protocol):
    """Partitions to read; `name` stands beside each position in flow_positions."""

    name: str

    def partitions(self) -> int:
        """How many there are now."""
        ...

    def bounds(self) -> dict[int, tuple[int, int]]:
        """First position and end of each partition."""
        ...

    def reader(self, index: int, source: str, position: int) -> Reader:
        """Reads a partition on from `position`, which counts in the source of that name."""
        ...


def source_of(settings: Settings, url: str, now: Callable[[], int]) -> Source:
    """The source that the settings ask for; `now` is the clock in microseconds."""
    if settings.kafka_bootstrap is None:
        return OutboxSource(url)
    from storage.kafka.source import TopicSource  # noqa: PLC0415  loads the Kafka client

    return TopicSource(settings, now)
