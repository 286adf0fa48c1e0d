"""The same job as a plain consumer: a Kafka group, a dict of rows, batched upserts.

BOOTSTRAP TOPIC GROUP DATABASE. What a good engineer writes in an afternoon: rows are counted up
in memory, loaded from Postgres where they are not held, upserted in batches, and the offsets are
committed behind the upsert. A crash between the two counts some events twice.
"""

import json
import sys
import time

from confluent_kafka import Consumer, TopicPartition

from models.decoder import Event, decode
from models.facts import Kind
from storage.postgres.connect import Connection, connect

CREATE = """CREATE TABLE IF NOT EXISTS plain
    (application_id text PRIMARY KEY, user_id text, version bigint, views bigint)"""
_LOAD = "SELECT application_id, user_id, version, views FROM plain WHERE application_id = ANY ($1)"
_UPSERT = """INSERT INTO plain
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
    ON CONFLICT (application_id) DO UPDATE SET version = excluded.version, views = excluded.views"""
_BATCH = 10_000
_IDLE_S = 0.5


def main(bootstrap: str, topic: str, group: str, url: str) -> dict[str, float]:
    """Events per second from the first message to the commit of the last."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6_000,
            "fetch.queue.backoff.ms": 5,
        }
    )
    consumer.subscribe([topic])
    rows: dict[str, list[object]] = {}
    events, began = 0, 0.0
    with connect(url, autocommit=True) as connection:
        connection.execute(CREATE)
        while not _at_end(consumer, topic):
            messages = [m for m in consumer.consume(_BATCH, _IDLE_S) if m.error() is None]
            if not messages:
                continue
            began = began or time.perf_counter()
            now = time.time_ns() // 1_000
            decoded = (decode(message.value() or b"", now) for message in messages)
            _take(connection, rows, [event for event in decoded if isinstance(event, Event)])
            consumer.commit(asynchronous=False)
            events += len(messages)
    took_s = time.perf_counter() - began
    consumer.close()
    return {"events": events, "events_per_s": events / took_s}


def _take(connection: Connection, rows: dict[str, list[object]], events: list[Event]) -> None:
    missing = list({event.application_id for event in events} - rows.keys())
    rows.update({row[0]: list(row) for row in connection.execute(_LOAD, (missing,))})
    changed = {}
    for event in events:
        row = rows.setdefault(event.application_id, [event.application_id, event.user_id, 0, 0])
        row[2] = int(str(row[2])) + 1
        row[3] = int(str(row[3])) + (event.fact.kind == Kind.VIEWED_BY_EMPLOYER)
        changed[event.application_id] = row
    columns = zip(*(changed[name] for name in sorted(changed)), strict=True)
    connection.execute(_UPSERT, tuple(map(list, columns)))


def _at_end(consumer: Consumer, topic: str) -> bool:
    """Whether the group has committed everything that the topic holds."""
    places = consumer.assignment()
    if not places:
        return False
    for place in consumer.committed(places, 10):
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, place.partition), 10)
        if end and place.offset < end:
            return False
    return True


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
