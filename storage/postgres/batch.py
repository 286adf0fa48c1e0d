"""One batch, one transaction: position, rows, log, dead letters, entities, together or not."""

import time
from typing import NamedTuple
from uuid import UUID

import msgspec
from psycopg import errors

from models.batch import DeadLetter, Held
from models.errors import Fenced, GuardMiss
from storage.postgres import entities, rescores
from storage.postgres.connect import Connection
from storage.postgres.encoding import COLUMNS, Prepared, encode_rows
from storage.postgres.queries import load

SQL = load("batch")
OUTBOX = load("outbox")

_COPY_NEW = SQL.copy_new.format(columns=", ".join(COLUMNS))
_COPY_CHANGED = SQL.copy_changed.format(columns=", ".join(COLUMNS))
_UPDATE_CHANGED = SQL.update_changed.format(
    assignments=", ".join(f"{name} = staging.{name}" for name in COLUMNS[1:])
)


OUTBOX_SOURCE = "outbox"
PATIENCE_S = 3.0
"""Of a process that has just ended Postgres may not know yet."""
_RETRY_S = 0.05


class Place(msgspec.Struct, frozen=True):
    """Who writes where: a flow's partition under one epoch."""

    flow: str
    partition: int
    epoch: int
    source: str
    """Where its messages come from, as `flow_positions.source` names it."""


def acquire(
    connection: Connection, flow: str, partition: int, patience_s: float = PATIENCE_S
) -> bool:
    """Become the only one that works on the partition; False when another stays it so long."""
    deadline = time.monotonic() + patience_s
    while connection.execute(SQL.acquire, (flow, partition)).fetchone() != (True,):
        if time.monotonic() > deadline:
            return False
        time.sleep(_RETRY_S)
    return True


class Start(NamedTuple):
    """Where a new owner goes on: its next log offset, and the position in `source`."""

    log_offset: int
    source: str
    position: int


def begin_epoch(connection: Connection, flow: str, partition: int) -> tuple[Place, Start]:
    """Fence every earlier owner; returns the new place and where to go on."""
    connection.execute(SQL.session)
    connection.execute(SQL.staging)
    row = connection.execute(SQL.begin_epoch, (flow, partition)).fetchone()
    if row is None:
        raise Fenced(f"partition {partition} of {flow} has no position")
    start = Start(*row[1:])
    return Place(flow, partition, row[0], start.source), start


def log_offset(connection: Connection, place: Place) -> int:
    """The committed next offset; raises Fenced for one who no longer owns the partition."""
    row = connection.execute(SQL.log_offset, (place.flow, place.partition, place.epoch)).fetchone()
    if row is None:
        raise Fenced(f"partition {place.partition} of {place.flow} has another writer now")
    next_offset: int = row[0]
    return next_offset


def reset(connection: Connection, place: Place, source: str, position: int, lost: bool) -> None:
    """Let the owner of the place read on at another position.

    What was counted is kept, to be counted once, unless the source `lost` some of it. Dead
    letters of a topic that was made anew keep their places apart from the new one's.
    """
    with connection.transaction():
        if lost:
            connection.execute(SQL.forget_counted, (place.source, place.partition))
        else:
            connection.execute(SQL.keep_counted, (place.flow, place.partition, place.epoch))
        connection.execute(SQL.reset, (place.flow, place.partition, place.epoch, source, position))
        if place.source != source:
            topic, _, _ = place.source.partition("/")
            connection.execute(SQL.set_apart, (topic, place.partition, place.source))


def counted_ahead(connection: Connection, place: Place) -> list[range]:
    """Places that the owner will read again: their messages were counted before a reset."""
    spans = connection.execute(SQL.counted_ahead, (place.flow, place.partition, place.source))
    return [range(first, end) for first, end in spans]


def clock(connection: Connection, place: Place) -> int:
    """The log clock of the partition, microseconds since 1970; 0 before the first event."""
    row = connection.execute(SQL.clock, (place.flow, place.partition)).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


def write(connection: Connection, place: Place, prepared: Prepared) -> bool:
    """Commit the batch. Returns whether an entity row was locked and left for later.

    Raises Fenced when another process owns the partition; GuardMiss, with nothing written,
    when a row is not as it was loaded.
    """
    try:
        with connection.transaction():
            return _write(connection, place, prepared)
    except (errors.UniqueViolation, errors.DeadlockDetected, errors.SerializationFailure) as error:
        raise GuardMiss(f"another writer was faster: {error}") from error


def copy_staging(connection: Connection, rows: dict[str, Held]) -> None:
    """Put rows into the session's staging table, which the transaction's end empties."""
    _copy(connection, _COPY_CHANGED, encode_rows(rows))


def _write(connection: Connection, place: Place, prepared: Prepared) -> bool:
    _advance(connection, place, prepared)
    if prepared.new_rows:
        _copy(connection, _COPY_NEW, prepared.new_rows)
    if prepared.changed_rows:
        _copy(connection, _COPY_CHANGED, prepared.changed_rows)
        updated = connection.execute(_UPDATE_CHANGED).rowcount
        if updated != prepared.changed_count:
            raise GuardMiss(f"{prepared.changed_count - updated} rows changed since their load")
    if prepared.log_count:
        _copy(connection, SQL.copy_log, prepared.log)
    _dead_letters(connection, place, prepared.dead)
    if place.source == OUTBOX_SOURCE:
        connection.execute(OUTBOX.delete, (prepared.places,))
    for run, counts in prepared.runs.items():
        connection.execute(
            SQL.count_run,
            (UUID(bytes=run), counts.accepted, counts.duplicates, counts.dead_lettered),
        )
    touched = prepared.entities | _settle_pending(connection, prepared.judged)
    left_stale = entities.follow_fold(connection, place.partition, prepared.listed, touched)
    if prepared.rescored:
        rescores.done(connection, prepared.rescored)
    if prepared.log_count:
        connection.execute(SQL.notify)
    return left_stale


def _advance(connection: Connection, place: Place, prepared: Prepared) -> None:
    counts = prepared.counts
    moved = connection.execute(
        SQL.advance,
        (
            place.flow,
            place.partition,
            place.epoch,
            max(prepared.places) + 1 if prepared.places else None,
            prepared.log_count,
            counts.accepted,
            counts.duplicates,
            counts.dead_lettered,
            prepared.clock,
            place.source,
        ),
    ).fetchone()
    if moved is None or moved[0] != prepared.first_offset + prepared.log_count:
        raise Fenced(f"partition {place.partition} of {place.flow} has another writer now")


def _copy(connection: Connection, statement: str, document: list[bytes]) -> None:
    with connection.cursor().copy(statement) as copy:
        for block in document:
            copy.write(block)


def _dead_letters(connection: Connection, place: Place, letters: list[DeadLetter]) -> None:
    if not letters:
        return
    messages = [letter.message for letter in letters]
    topic, _, _ = place.source.partition("/")
    made = connection.execute(
        SQL.dead_letters,
        (
            topic,
            place.partition,
            [message.offset for message in messages],
            [letter.stage for letter in letters],
            [letter.reason.value for letter in letters],
            [letter.detail for letter in letters],
            [None if message.run is None else UUID(bytes=message.run) for message in messages],
            [message.recorded_at for message in messages],
            [message.payload for message in messages],
        ),
    ).rowcount
    if made < len(letters):
        known = len(letters) - made
        connection.execute(SQL.known_letters, (place.flow, place.partition, known))


def _settle_pending(connection: Connection, judged: list[tuple[str, str]]) -> set[str]:
    """A pending entry commits with its message, so if there is none now there was none."""
    any_pending = connection.execute(SQL.any_pending).fetchone()
    if not judged or any_pending is None or not any_pending[0]:
        return set()
    application_ids, event_ids = zip(*judged, strict=True)
    settled = connection.execute(SQL.settle_pending, (list(application_ids), list(event_ids)))
    return {row[0] for row in settled}
