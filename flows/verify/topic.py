"""The events topic read anew: whatever is in it up to the flow's positions is folded or a dead
letter, and what lies behind them still waits."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from flows.verify.against import FOREVER_US, Fed
from flows.verify.judgement import Judged, judge
from flows.verify.snapshot import SQL, Snapshot
from models.settings import Settings
from storage.kafka.client import EVENTS, topic_name, topics
from storage.kafka.records import headers_of, message_of, place_of
from storage.kafka.scan import committed


@dataclass
class Unread:
    """Messages of the topic that the flow had not read at the moment of the snapshot.

    `events` are (application, event id); `runs` counts messages by ingest; `places` are the
    outbox places of all messages in the topic, read or not: the relay may be about to remove
    them.
    """

    events: set[tuple[str, str]] = field(default_factory=set)
    runs: Counter[str] = field(default_factory=Counter)
    places: set[int] = field(default_factory=set)
    messages: int = 0


def read_topic(settings: Settings, snapshot: Snapshot) -> tuple[Fed, Unread]:
    """What the topic holds, as of the snapshot's positions; nothing where it was never made.
    Raises Unavailable, ConfigurationError where one that was read is gone."""
    topic = topic_name(settings, EVENTS)
    positions = {
        partition: position
        for partition, source, position in snapshot.rows(SQL.positions)
        if source.partition("/")[0] == topic
    }
    log_id = str(snapshot.rows(SQL.log_id)[0][0])
    fed, unread = Fed(), Unread()
    if not positions and topic not in topics(settings):
        return fed, unread
    for record in committed(settings, topic, {}):
        message = message_of(record, FOREVER_US)
        partition = int(record.partition() or 0)
        place = place_of(headers_of(record), log_id)
        if place is not None:
            unread.places.add(place)
        if message.offset < positions.get(partition, 0):
            fed.add(f"{topic}[{partition}]", message.offset, message.payload)
            continue
        unread.messages += 1
        verdict = judge(message.payload, FOREVER_US)
        if isinstance(verdict, Judged):
            unread.events.add((verdict.subject, verdict.id))
        if message.run is not None:
            unread.runs[str(UUID(bytes=message.run))] += 1
    return fed, unread
