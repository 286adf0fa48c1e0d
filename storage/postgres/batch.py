"""One batch, one transaction: position, rows, log, dead letters, entities, together or not."""

from uuid import UUID

import msgspec
import psycopg
from psycopg import errors

from models.analytics import FOLD_VERSION
from models.errors import Fenced, GuardMiss
from models.intake import Batch, Held, LogEntry
from models.rows import status_changes_column
from storage.postgres import binary_copy as pg
from storage.postgres import entities
from storage.postgres.queries import load

SQL = load("batch")
OUTBOX = load("outbox")

Connection = psycopg.Connection[tuple[object, ...]]

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
_LOG_BEGINS = pg.field_count(10)
_FOLD_VERSION = pg.smallint(FOLD_VERSION)


class Place(msgspec.Struct, frozen=True):
    """Who writes where: a flow's partition under one epoch."""

    flow: str
    partition: int
    epoch: int


class Prepared(msgspec.Struct):
    """A batch as bytes, ready for another thread to send."""

    batch: Batch
    first_offset: int
    new_rows: bytes | None
    changed_rows: bytes | None
    changed_count: int
    log: bytes


def acquire(connection: Connection, flow: str, partition: int) -> bool:
    """Whether this session is now the only one that works on the partition."""
    row = connection.execute(SQL.acquire, (flow, partition)).fetchone()
    return row is not None and bool(row[0])


def begin_epoch(connection: Connection, flow: str, partition: int) -> tuple[Place, int]:
    """Fence every earlier owner; returns the new place and the next log offset."""
    connection.execute(SQL.session)
    connection.execute(SQL.staging)
    epoch, log_offset = _two(connection.execute(SQL.begin_epoch, (flow, partition)).fetchone())
    return Place(flow, partition, epoch), log_offset


def log_offset(connection: Connection, place: Place) -> int:
    """The committed next offset; raises Fenced for one who no longer owns the partition."""
    row = connection.execute(SQL.log_offset, (place.flow, place.partition, place.epoch)).fetchone()
    if row is None:
        raise Fenced(f"partition {place.partition} of {place.flow} has another writer now")
    return int(str(row[0]))


def _two(row: tuple[object, ...] | None) -> tuple[int, int]:
    if row is None:
        raise Fenced("the position is gone")
    return int(str(row[0])), int(str(row[1]))


def prepare(batch: Batch, partition: int, first_offset: int) -> Prepared:
    """Encode; `first_offset` is the log offset of the batch's first entry."""
    new: list[bytes] = []
    changed: list[bytes] = []
    for application_id in sorted(batch.changed):
        held = batch.changed[application_id]
        (new if held.revision == 1 else changed).append(_row(application_id, held))
    prefix = _LOG_BEGINS + pg.smallint(partition)
    log = pg.document(
        _log_line(prefix, offset, entry) for offset, entry in enumerate(batch.log, first_offset)
    )
    return Prepared(
        batch,
        first_offset,
        pg.document(new) if new else None,
        pg.document(changed) if changed else None,
        len(changed),
        log,
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
    batch = prepared.batch
    _advance(connection, place, prepared)
    if prepared.new_rows:
        _copy(connection, _COPY_NEW, prepared.new_rows)
    if prepared.changed_rows:
        _copy(connection, _COPY_CHANGED, prepared.changed_rows)
        updated = connection.execute(_UPDATE_CHANGED).rowcount
        if updated != prepared.changed_count:
            raise GuardMiss(f"{prepared.changed_count - updated} rows changed since their load")
    if batch.log:
        _copy(connection, SQL.copy_log, prepared.log)
    _dead_letters(connection, place, batch)
    connection.execute(OUTBOX.delete, ([message.offset for message in batch.messages],))
    for run, counts in batch.runs.items():
        connection.execute(
            SQL.count_run,
            (UUID(bytes=run), counts.accepted, counts.duplicates, counts.dead_lettered),
        )
    touched = batch.entities.union(_settle_pending(connection, batch))
    left_stale = entities.follow_fold(connection, place.partition, batch.listed, touched)
    if batch.log:
        connection.execute(SQL.notify)
    return left_stale


def _advance(connection: Connection, place: Place, prepared: Prepared) -> None:
    batch = prepared.batch
    counts = batch.counts
    moved = connection.execute(
        SQL.advance,
        (
            place.flow,
            place.partition,
            place.epoch,
            max(message.offset for message in batch.messages),
            len(batch.log),
            counts.accepted,
            counts.duplicates,
            counts.dead_lettered,
            batch.clock,
        ),
    ).fetchone()
    if moved is None or moved[0] != prepared.first_offset + len(batch.log):
        raise Fenced(f"partition {place.partition} of {place.flow} has another writer now")


def _copy(connection: Connection, statement: str, document: bytes) -> None:
    with connection.cursor().copy(statement) as copy:
        copy.write(document)


def _dead_letters(connection: Connection, place: Place, batch: Batch) -> None:
    if not batch.dead:
        return
    messages = [dead.message for dead in batch.dead]
    connection.execute(
        SQL.dead_letters,
        (
            "outbox",
            place.partition,
            [message.offset for message in messages],
            [dead.stage for dead in batch.dead],
            [dead.reason.value for dead in batch.dead],
            [dead.detail for dead in batch.dead],
            [None if message.run is None else UUID(bytes=message.run) for message in messages],
            [message.recorded_at for message in messages],
            [message.payload for message in messages],
        ),
    )


def _settle_pending(connection: Connection, batch: Batch) -> set[str]:
    """A pending entry commits with its message, so if there is none now there was none."""
    any_pending = connection.execute(SQL.any_pending).fetchone()
    if not batch.judged or any_pending is None or not any_pending[0]:
        return set()
    application_ids, event_ids = zip(*batch.judged, strict=True)
    settled = connection.execute(SQL.settle_pending, (list(application_ids), list(event_ids)))
    return {str(row[0]) for row in settled}


def _row(application_id: str, held: Held) -> bytes:
    row = held.row
    return b"".join(
        (
            _ROW_BEGINS,
            pg.text(application_id),
            pg.text(row.user_id),
            pg.text(row.job_id),
            pg.text(row.job_title),
            pg.text(row.company),
            pg.text(row.location),
            pg.text(row.source),
            pg.timestamp(row.applied_at),
            pg.text(row.status),
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
            pg.jsonb(status_changes_column(row.status_changes)),
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


def _log_line(prefix: bytes, offset: int, entry: LogEntry) -> bytes:
    return b"".join(
        (
            prefix,
            pg.bigint(offset),
            pg.timestamp(entry.recorded_at),
            pg.timestamp(entry.time),
            pg.boolean(entry.orphan),
            pg.text(entry.id),
            pg.text(entry.application_id),
            pg.text(entry.user_id),
            pg.text(entry.type),
            pg.raw(entry.payload),
        )
    )
