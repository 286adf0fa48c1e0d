"""Between Postgres and Kafka: the outbox out to the events topic, rows of analytics and dead
letters out to theirs.

Each round is one transaction of Kafka, bounded in messages and bytes, then one of Postgres that
removes what Kafka has. A crash between the two leaves rows that were published: they are found in
the topic at the next start.
"""

import time
from collections import deque
from collections.abc import Iterator
from uuid import UUID

from models.batch import Message
from models.errors import AlreadyRunning
from models.events import EventType
from models.settings import Settings
from storage.kafka.client import ANALYTICS, DEAD_LETTERS, EVENTS, ensure_topics, topic_name
from storage.kafka.publisher import Ends, Outgoing, Publisher
from storage.kafka.records import (
    CONTENT_TYPE,
    PLACE,
    RUN,
    STRUCTURED,
    Headers,
    headers_of,
    place_of,
)
from storage.kafka.scan import committed, ends
from storage.kafka.source import fed_elsewhere
from storage.postgres.connect import connect
from storage.postgres.consumers import Consumer, Line, LogReader, behind
from storage.postgres.dead_letters import Letter, Refusal
from storage.postgres.outbox import PIECE_BYTES, Reader, partition_count, subject_of
from storage.postgres.relay import Stored

NAME = "relay"
_ROUND = 10_000
_LETTERS = 500
_LOG_S = 0.05
_KEPT_BYTES = 1 << 20
"""Of a longer message, a dead letter anyway, only so much is published, as ingest keeps it."""


class Relay:
    """Raises AlreadyRunning when another relay works on this database, PositionLost while its
    flow reads another topic than this one's, Unavailable when Kafka does not answer."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._poll_s = settings.poll_ms / 1_000
        self._connection = connect(url, autocommit=True)
        self._consumer = Consumer(self._connection, NAME)
        if not self._consumer.take_over():
            raise AlreadyRunning("a relay is already running on this database")
        self._stored = Stored(self._connection)
        self._log_id = self._stored.log_id()
        self._events = topic_name(settings, EVENTS)
        for other in self._stored.topics() - {self._events}:
            raise fed_elsewhere(other, self._events)
        ensure_topics(settings)
        self._analytics = topic_name(settings, ANALYTICS)
        self._dead_letters = topic_name(settings, DEAD_LETTERS)
        self._publisher = Publisher(settings, f"jobfinders-relay-{self._log_id}")
        self._take_back(settings)
        self._reading = connect(url, autocommit=True)
        partitions = range(partition_count(self._reading))
        self._readers = deque(Reader(self._reading, index) for index in partitions)
        self._log = LogReader(self._reading)
        self._positions = self._consumer.positions()
        self._log_at = 0.0

    def run(self) -> None:
        """Publish until killed."""
        while True:
            if not self.turn():
                time.sleep(self._poll_s)

    def close(self) -> None:
        """Let another relay take over."""
        self._publisher.close()
        self._reading.close()
        self._connection.close()

    def turn(self) -> bool:
        """One round; False when there was nothing to publish."""
        taken = self._take()
        messages = [message for _, read in taken for message in read]
        lines, letters = self._look_at_log()
        if not (messages or lines or letters):
            return False
        published = self._publisher.publish(self._outgoing(messages, lines, letters))
        places = [message.offset for message in messages]
        self._remove(published, places, lines, letters)
        for reader, read in taken:
            reader.settled([message.offset for message in read])
        return True

    def _take(self) -> list[tuple[Reader, list[Message]]]:
        """Partition by partition until the round is long enough; the others begin the next."""
        taken: list[tuple[Reader, list[Message]]] = []
        room = PIECE_BYTES
        while room > 0 and len(taken) < len(self._readers):
            reader = self._readers[0]
            messages = reader.read(_ROUND, time.monotonic())
            room -= sum(len(message.payload) for message in messages)
            taken.append((reader, messages))
            self._readers.rotate(-1)
        return taken

    def _look_at_log(self) -> tuple[list[Line], list[Letter]]:
        """Twenty times a second: nobody waits for these as for the way in."""
        if time.monotonic() < self._log_at:
            return [], []
        lines = self._log.page(self._positions, _ROUND)
        letters = self._stored.letters(_LETTERS)
        if not lines:
            self._log_at = time.monotonic() + _LOG_S
        return lines, letters

    def _outgoing(
        self, messages: list[Message], lines: list[Line], letters: list[Letter]
    ) -> Iterator[Outgoing]:
        for message in messages:
            key, value = subject_of(message.payload) or None, message.payload[:_KEPT_BYTES]
            yield Outgoing(self._events, key, value, self._told(message))
        changes = [line for line in lines if line.type == EventType.ANALYTICS_UPDATED]
        present = self._stored.revisions([line.application_id for line in changes])
        for line in changes:
            if int(line.id.rpartition(":")[2]) >= present.get(line.application_id, 0):
                headers: Headers = [(CONTENT_TYPE, STRUCTURED)]
                yield Outgoing(self._analytics, line.application_id, line.payload.encode(), headers)
        for letter in letters:
            key = subject_of(letter.payload) or None
            yield Outgoing(self._dead_letters, key, letter.payload[:_KEPT_BYTES], _why(letter))

    def _told(self, message: Message) -> Headers:
        place = f"{self._log_id}/{message.offset}".encode()
        headers: Headers = [(CONTENT_TYPE, STRUCTURED), (PLACE, place)]
        if message.run is not None:
            headers.append((RUN, str(UUID(bytes=message.run)).encode()))
        return headers

    def _remove(
        self, published: Ends, places: list[int], lines: list[Line], letters: list[Letter]
    ) -> None:
        positions = behind(self._positions, lines)
        with self._connection.transaction():
            self._consumer.advance(positions)
            self._stored.remove(places)
            self._stored.copied([letter.id for letter in letters])
            self._stored.passed(published.get(self._events, {}))
        self._positions = positions

    def _take_back(self, settings: Settings) -> None:
        """Remove what the relay before published but could not remove."""
        passed = self._stored.positions()
        known = {
            index: min(end, passed.get(index, end))
            for index, end in ends(settings, self._events).items()
        }
        places: list[int | None] = []
        for record in committed(settings, self._events, passed) if passed else ():
            places.append(place_of(headers_of(record), str(self._log_id)))
            # Not where the topic ends: that is behind a marker, where no flow gets.
            known[int(record.partition() or 0)] = int(record.offset() or 0) + 1
        with self._connection.transaction():
            self._consumer.advance({})
            self._stored.remove([place for place in places if place is not None])
            self._stored.passed(known)


def _why(letter: Letter) -> Headers:
    """Why it is dead, and where it came from."""
    told = Refusal.__struct_fields__
    return [(name, str(getattr(letter, name)).encode()) for name in told]


def run(settings: Settings, url: str) -> None:
    """Relay until killed; any failure ends the process, and the next one takes up from there."""
    Relay(settings, url).run()
