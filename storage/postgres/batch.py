"""One batch, one transaction: position, rows, log, dead letters, entities, together or not."""

import struct
from collections.abc import Iterator
from uuid import UUID

import msgspec
from psycopg import errors

from models.analytics import FOLD_VERSION
from models.errors import Fenced, GuardMiss
from models.events import EventType
from models.intake import Batch, Counts, DeadLetter, Held
from storage.postgres import binary_copy as pg
from storage.postgres import entities
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("batch")
OUTBOX = load("outbox")

_COLUMNS = (
    "application_id user_id job_id job_title company location source applied_at status status_at"
    " views first_viewed_at interviews_scheduled offers_received hired hired_at first_response_at"
    " response_time_hours notes reminders updates last_candidate_activity_at"
    " last_employer_activity_at match_score status_changes flags version revision resume_id"
    " referral_code withdraw_reason last_fact_at fold_version state"
).split()
_COPY_NEW = SQL.copy_new.format(columns=", ".join(_COLUMNS))
_COPY_CHANGED = SQL.copy_changed.format(columns=", ".join(_COLUMNS))
_UPDATE_CHANGED = SQL.update_changed.format(
    assignments=", ".join(f"{name} = staging.{name}" for name in _COLUMNS[1:])
)
_ROW_BEGINS = pg.field_count(len(_COLUMNS))
_FOLD_VERSION = pg.smallint(FOLD_VERSION)


class Place(msgspec.Struct, frozen=True):
    """Who writes where: a flow's partition under one epoch."""

    flow: str
    partition: int
    epoch: int


class Prepared(msgspec.Struct, kw_only=True):
    """A batch as bytes, ready for another thread to send; what it was made of can go."""

    places: list[int]
    """Outbox places of all its messages."""
    counts: Counts
    runs: dict[bytes, Counts]
    dead: list[DeadLetter]
    judged: list[tuple[str, str]]
    entities: set[str]
    listed: set[str]
    clock: int
    first_offset: int
    log_count: int
    log: bytes
    new_rows: bytes | None
    changed_rows: bytes | None
    changed_count: int


def acquire(connection: Connection, flow: str, partition: int) -> bool:
    """Whether this session is now the only one that works on the partition."""
    row = connection.execute(SQL.acquire, (flow, partition)).fetchone()
    return row is not None and bool(row[0])


def begin_epoch(connection: Connection, flow: str, partition: int) -> tuple[Place, int]:
    """Fence every earlier owner; returns the new place and the next log offset."""
    connection.execute(SQL.session)
    connection.execute(SQL.staging)
    row = connection.execute(SQL.begin_epoch, (flow, partition)).fetchone()
    if row is None:
        raise Fenced(f"partition {partition} of {flow} has no position")
    epoch, next_offset = row
    return Place(flow, partition, epoch), next_offset


def log_offset(connection: Connection, place: Place) -> int:
    """The committed next offset; raises Fenced for one who no longer owns the partition."""
    row = connection.execute(SQL.log_offset, (place.flow, place.partition, place.epoch)).fetchone()
    if row is None:
        raise Fenced(f"partition {place.partition} of {place.flow} has another writer now")
    next_offset: int = row[0]
    return next_offset


def prepare(batch: Batch, places: list[int], partition: int, first_offset: int) -> Prepared:
    """Encode; `first_offset` is the log offset of the batch's first entry."""
    new: list[bytes] = []
    changed: list[bytes] = []
    for application_id in sorted(batch.changed):
        held = batch.changed[application_id]
        (new if held.revision == 1 else changed).append(_row(application_id, held))
    return Prepared(
        places=places,
        counts=batch.counts,
        runs=batch.runs,
        dead=batch.dead,
        judged=batch.judged,
        entities=batch.entities,
        listed=batch.listed,
        clock=batch.clock,
        first_offset=first_offset,
        log_count=len(batch.facts) + len(batch.changes),
        log=pg.document(_log(batch, partition, first_offset)),
        new_rows=pg.document(new) if new else None,
        changed_rows=pg.document(changed) if changed else None,
        changed_count=len(changed),
    )


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
    connection.execute(OUTBOX.delete, (prepared.places,))
    for run, counts in prepared.runs.items():
        connection.execute(
            SQL.count_run,
            (UUID(bytes=run), counts.accepted, counts.duplicates, counts.dead_lettered),
        )
    touched = prepared.entities | _settle_pending(connection, prepared.judged)
    left_stale = entities.follow_fold(connection, place.partition, prepared.listed, touched)
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
            max(prepared.places),
            prepared.log_count,
            counts.accepted,
            counts.duplicates,
            counts.dead_lettered,
            prepared.clock,
        ),
    ).fetchone()
    if moved is None or moved[0] != prepared.first_offset + prepared.log_count:
        raise Fenced(f"partition {place.partition} of {place.flow} has another writer now")


def _copy(connection: Connection, statement: str, document: bytes) -> None:
    with connection.cursor().copy(statement) as copy:
        copy.write(document)


def _dead_letters(connection: Connection, place: Place, letters: list[DeadLetter]) -> None:
    if not letters:
        return
    messages = [letter.message for letter in letters]
    connection.execute(
        SQL.dead_letters,
        (
            "outbox",
            place.partition,
            [message.offset for message in messages],
            [letter.stage for letter in letters],
            [letter.reason.value for letter in letters],
            [letter.detail for letter in letters],
            [None if message.run is None else UUID(bytes=message.run) for message in messages],
            [message.recorded_at for message in messages],
            [message.payload for message in messages],
        ),
    )


def _settle_pending(connection: Connection, judged: list[tuple[str, str]]) -> set[str]:
    """A pending entry commits with its message, so if there is none now there was none."""
    any_pending = connection.execute(SQL.any_pending).fetchone()
    if not judged or any_pending is None or not any_pending[0]:
        return set()
    application_ids, event_ids = zip(*judged, strict=True)
    settled = connection.execute(SQL.settle_pending, (list(application_ids), list(event_ids)))
    return {row[0] for row in settled}


def _row(application_id: str, held: Held) -> bytes:
    row = held.row
    return b"".join(
        (
            _ROW_BEGINS,
            pg.text(application_id),
            pg.common_text(row.user_id),
            pg.common_text(row.job_id),
            pg.common_text(row.job_title),
            pg.common_text(row.company),
            pg.common_text(row.location),
            pg.common_text(row.source),
            pg.timestamp(row.applied_at),
            pg.common_text(row.status),
            pg.timestamp(row.status_at),
            pg.integer(row.views),
            pg.timestamp(row.first_viewed_at),
            pg.integer(row.interviews_scheduled),
            pg.integer(row.offers_received),
            pg.boolean(row.hired),
            pg.timestamp(row.hired_at),
            pg.timestamp(row.first_response_at),
            pg.double(row.response_time_hours),
            pg.integer(row.notes),
            pg.integer(row.reminders),
            pg.integer(row.updates),
            pg.timestamp(row.last_candidate_activity_at),
            pg.timestamp(row.last_employer_activity_at),
            pg.double(row.match_score),
            pg.jsonb(held.status_changes),
            pg.text_array(tuple(row.flags)),
            pg.integer(row.version),
            pg.bigint(held.revision),
            pg.text(row.resume_id),
            pg.text(row.referral_code),
            pg.text(row.withdraw_reason),
            pg.timestamp(row.last_fact_at),
            _FOLD_VERSION,
            pg.raw(held.packed),
        )
    )


_log_fixed = struct.Struct(">hihiqiqiqi?").pack
_LOG_FIELDS = 10


def _log(batch: Batch, partition: int, first_offset: int) -> Iterator[bytes]:
    """The accepted facts as they came, then one analytics_updated per changed row."""
    offset = first_offset
    orphans = {name for name, held in batch.changed.items() if held.row.orphan}
    for message, event in batch.facts:
        application_id = event.application_id
        fact = event.fact
        orphan = application_id in orphans
        head = _log_head(partition, offset, message.recorded_at, fact.time, orphan)
        names = (application_id, event.user_id, event.type)
        yield _log_line(head, fact.id, names, event.line)
        offset += 1
    for change in batch.changes:
        row = change.held.row
        head = _log_head(partition, offset, batch.now, batch.now, row.orphan)
        names = (change.application_id, row.user_id, EventType.ANALYTICS_UPDATED)
        yield _log_line(
            head, f"{change.application_id}:{change.held.revision}", names, change.payload
        )
        offset += 1


def _log_head(partition: int, offset: int, recorded_at: int, time: int, orphan: bool) -> bytes:
    recorded_at -= pg.POSTGRES_EPOCH_US
    time -= pg.POSTGRES_EPOCH_US
    return _log_fixed(_LOG_FIELDS, 2, partition, 8, offset, 8, recorded_at, 8, time, 1, orphan)


def _log_line(head: bytes, event_id: str, names: tuple[str, str, str], payload: bytes) -> bytes:
    identifier = event_id.encode()
    return b"%b%b%b%b%b%b%b%b" % (
        head,
        len(identifier).to_bytes(4, "big"),
        identifier,
        pg.common_text(names[0]),
        pg.common_text(names[1]),
        pg.common_text(names[2]),
        len(payload).to_bytes(4, "big"),
        payload,
    )
