"""An application's events, read back from where they are: the packed facts, the log and, for
those that the API wrote a moment ago, the outbox."""

from collections.abc import Sequence

import asyncpg
import msgspec

from models.decoder import Event, decode
from models.facts import Fact, unpack
from models.instant import from_datetime
from models.timeline import Entry, timeline
from storage.postgres.queries import load

SQL = load("facts")


class Story(msgspec.Struct, frozen=True):
    """An application's events in order, and the payloads of those that wait."""

    entries: list[Entry]
    waiting: dict[str, bytes]
    cursor_key: bytes


async def story(connection: asyncpg.Connection, application_id: str) -> Story:
    """All events of one application, of one moment."""
    record = await connection.fetchrow(SQL.of_application, application_id)
    folded: list[Fact] = [] if record["state"] is None else unpack(record["state"]).facts
    now = from_datetime(record["now"])
    waiting = [
        event
        for event in (decode(payload, now) for payload in record["waiting"])
        if isinstance(event, Event)
    ]
    return Story(
        timeline(folded, [event.fact for event in waiting]),
        {event.fact.id: event.line for event in waiting},
        record["cursor_key"],
    )


async def payloads(
    connection: asyncpg.Connection, application_id: str, story: Story, entries: Sequence[Entry]
) -> dict[str, bytes]:
    """The messages of these entries by event id, as they came."""
    wanted = {entry.fact.id for entry in entries}
    found = {id_: payload for id_, payload in story.waiting.items() if id_ in wanted}
    logged = list(wanted.difference(found))
    if logged:
        records = await connection.fetch(SQL.payloads, application_id, logged)
        found.update((record["id"], record["payload"].encode()) for record in records)
    return found
