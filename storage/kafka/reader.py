"""One partition of a topic, read from the position that Postgres holds."""

from collections.abc import Callable, Iterable

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka import Message as Record

from models.batch import Message
from models.errors import ConfigurationError, PositionLost
from models.settings import Settings
from storage.kafka.client import properties
from storage.kafka.records import message_of

_FETCH_S = 0.2
"""How long a reader that is behind waits for what comes next of a full piece."""
_PIECE_BYTES = 8 << 20
_STEP = 500
"""Messages of one call, fewer where the last ones were long: what one fetch brings is bounded
only in compressed bytes."""
_QUEUED_KBYTES = 4_096
"""Fetched ahead, of each partition."""
_WATERMARKS_S = 5.0

_READING: dict[str, str | int | bool] = {
    "group_id": "jobfinders",  # asked for by the client, known to no broker
    "enable_auto_commit": False,
    "enable_auto_offset_store": False,
    "isolation_level": "read_committed",
    "auto_offset_reset": "error",
    "queued_max_messages_kbytes": _QUEUED_KBYTES,
    "fetch_queue_backoff_ms": 5,
    "fetch_error_backoff_ms": 100,
}
_STOPPING = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
}


def consumer(settings: Settings, **more: str | int | bool) -> Consumer:
    """A consumer whose partitions and positions are ours: it joins no group, commits nothing,
    jumps nowhere, and sees no message of an open or aborted transaction."""
    return Consumer(properties(settings, **{**_READING, **more}))


class TopicReader:
    """Reads on from `position` (its first message for None); after `rewind` again from behind
    what was settled. `now` is the clock in microseconds.

    `read` may run in another thread than `settled`, but not at the same time as `rewind`.
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        partition: int,
        position: int | None,
        now: Callable[[], int],
    ) -> None:
        self._topic = topic
        self._partition = partition
        self._now = now
        self._settled = OFFSET_BEGINNING if position is None else position
        self._next = 0
        self._length = _PIECE_BYTES
        self._consumer = consumer(settings)
        self.rewind()

    def read(self, limit: int, _monotonic_s: float) -> list[Message]:
        """At most `limit` messages behind those read before, in order of their offsets; fewer of
        long ones.

        Raises PositionLost where the topic no longer has what would be next.
        """
        records = self._fetched(limit)
        now = self._now()
        messages = [message_of(record, now) for record in records if self._is_message(record)]
        if messages:
            self._next = messages[-1].offset + 1
        return messages

    def settled(self, places: Iterable[int]) -> None:
        """Their effect has committed, and the position with it; a batch may have had none."""
        self._settled = max(places, default=self._settled - 1) + 1

    def rewind(self) -> None:
        """Nothing that was read and is not settled will be: read it all again."""
        place = TopicPartition(self._topic, self._partition, self._settled)
        self._consumer.assign([place])
        self._next = max(0, self._settled)

    def close(self) -> None:
        """Let the broker go."""
        self._consumer.close()

    def _fetched(self, limit: int) -> list[Record]:
        records: list[Record] = []
        room = _PIECE_BYTES
        while len(records) < limit and room > 0:
            wanted = min(_STEP, limit - len(records), max(1, room // self._length))
            found = self._consumer.consume(wanted, 0)
            if not found and limit <= self._behind():
                # They are there, only the fetch is not: a full batch is worth more than the wait.
                found = self._consumer.consume(1, _FETCH_S)
            if not found:
                break
            records += found
            length = sum(len(record.value() or b"") for record in found)
            room -= length
            self._length = max(1, length // len(found))
        return records

    def _behind(self) -> int:
        """Messages that the broker has for us, as the last fetch told."""
        place = TopicPartition(self._topic, self._partition)
        _, end = self._consumer.get_watermark_offsets(place, cached=True)
        return int(end) - self._next

    def _is_message(self, record: Record) -> bool:
        error = record.error()
        if error is None:
            return True
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise PositionLost(self._lost())
        if error.fatal() or error.code() in _STOPPING:
            raise ConfigurationError(f"cannot read {self._topic}: {error.str()}")
        return False  # what the client gets over by itself

    def _lost(self) -> str:
        place = TopicPartition(self._topic, self._partition)
        try:
            first, end = self._consumer.get_watermark_offsets(place, _WATERMARKS_S)
            holds = f"it holds {first} to {end}"
        except KafkaException as error:
            holds = f"what it holds is not known: {error}"
        return (
            f"{self._topic} partition {self._partition} no longer has offset {self._settled}, "
            f"where the flow would read on ({holds}): choose where it goes on with "
            "`jobfinders flow analytics --reset-to earliest|latest|OFFSET`"
        )
