"""The events topic as a source of the analytics flow."""

import time
from collections.abc import Callable
from contextlib import suppress

from models.errors import PositionLost, Unavailable
from models.settings import Settings
from storage.kafka.client import EVENTS, ensure_topics, topic_name, topic_state
from storage.kafka.reader import TopicReader
from storage.kafka.scan import bounds

_REFRESH_S = 20.0


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
        message where that is not this topic. Raises PositionLost where it is one of its name
        that is gone."""
        if source == self.name:
            return TopicReader(self._settings, self._topic, index, position, self._now)
        if source.partition("/")[0] == self._topic:
            raise PositionLost(
                f"{self._topic} was made anew, so that position {position} of partition {index} "
                "means nothing: choose where the flow goes on with "
                "`jobfinders flow analytics --reset-to earliest|latest`"
            )
        return TopicReader(self._settings, self._topic, index, None, self._now)
