"""The events topic as a source of the analytics flow."""

import time
from collections.abc import Callable
from contextlib import suppress

from models.errors import PositionLost, Unavailable
from models.settings import Settings
from storage.kafka.client import EVENTS, ensure_topics, topic_name, topic_state
from storage.kafka.reader import TopicReader
from storage.kafka.scan import bounds
from storage.postgres.batch import OUTBOX_SOURCE

_REFRESH_S = 20.0
_CHOOSE = (
    "choose where the flow goes on with `jobfinders flow analytics --reset-to earliest|latest`"
)


class TopicSource:
    """All partitions of the topic, as many as it has by now; `name` is the topic and its id.

    Made where it is not there. Raises Unavailable when Kafka does not answer.
    """

    def __init__(self, settings: Settings, now: Callable[[], int]) -> None:
        self._settings = settings
        self._now = now
        self._topic = topic_name(settings, EVENTS)
        ensure_topics(settings)
        topic_id, self._partitions = topic_state(settings, self._topic)
        self._refresh_at = time.monotonic() + _REFRESH_S
        self.name = f"{self._topic}/{topic_id}"

    def partitions(self) -> int:
        """How many there are; new ones are noticed within 20 s."""
        if time.monotonic() >= self._refresh_at:
            with suppress(Unavailable):  # whoever reads waits for Kafka to come back
                self._partitions = topic_state(self._settings, self._topic)[1]
            self._refresh_at = time.monotonic() + _REFRESH_S
        return self._partitions

    def bounds(self) -> dict[int, tuple[int, int]]:
        """First offset and end of each partition."""
        return bounds(self._settings, self._topic)

    def reader(self, index: int, source: str, position: int) -> TopicReader:
        """Reads a partition on from `position`, which counts in `source`: from its first
        message where that is the outbox. Raises PositionLost where it is another topic, or one
        of this name that is gone."""
        if source not in (self.name, OUTBOX_SOURCE):
            raise self._lost(source.partition("/")[0], index, position)
        start = position if source == self.name else None
        return TopicReader(self._settings, self._topic, index, start, self._now)

    def _lost(self, topic: str, index: int, position: int) -> PositionLost:
        if topic != self._topic:
            return fed_elsewhere(topic, self._topic)
        return PositionLost(
            f"{topic} was made anew, so that position {position} of partition {index} means "
            f"nothing: {_CHOOSE}"
        )


def fed_elsewhere(topic: str, asked: str) -> PositionLost:
    """What the flow, and the relay before it, refuse another topic with."""
    return PositionLost(
        f"this database is fed through {topic}, not through {asked}: set JOBFINDERS_KAFKA_PREFIX "
        f"back or, when all of {topic} is folded, {_CHOOSE}"
    )
