"""A batch as COPY bytes, built piece by piece while its messages are still at hand."""

import struct
from collections.abc import Iterable

import msgspec

from models.analytics import FOLD_VERSION
from models.batch import Accepted, Batch, Counts, DeadLetter, Held
from models.events import EventType
from storage.postgres import binary_copy as pg

COLUMNS = (
    "application_id user_id job_id job_title company location source applied_at status status_at"
    " views first_viewed_at interviews_scheduled offers_received hired hired_at first_response_at"
    " response_time_hours notes reminders updates last_candidate_activity_at"
    " last_employer_activity_at match_score status_changes flags version revision resume_id"
    " referral_code withdraw_reason last_fact_at success_probability fold_version state"
).split()
"""Columns of application_analytics that the flow writes, in the order of `_row`."""

_ROW_BEGINS = pg.field_count(len(COLUMNS))
_FOLD_VERSION = pg.smallint(FOLD_VERSION)


class Prepared(msgspec.Struct, kw_only=True):
    """A batch as bytes, ready for another thread to send; what it was made of can go."""

    places: list[int]
    """Of all its messages: places in the outbox, or offsets in the topic."""
    counts: Counts
    runs: dict[bytes, Counts]
    dead: list[DeadLetter]
    judged: list[tuple[str, str]]
    entities: set[str]
    listed: set[str]
    clock: int
    first_offset: int
    log_count: int
    log: list[bytes]
    new_rows: list[bytes]
    changed_rows: list[bytes]
    changed_count: int
    rescored: dict[str, int]


class Encoder:
    """Encodes one batch of a partition; `first_offset` is the log offset it begins at."""

    def __init__(self, partition: int, first_offset: int) -> None:
        self._partition = partition
        self._first_offset = first_offset
        self._offset = first_offset
        self._log = pg.Document()
        self._places: list[int] = []

    def add(self, places: Iterable[int], accepted: list[Accepted]) -> None:
        """The places of a piece's messages, and its facts as they came."""
        self._places.extend(places)
        for entry in accepted:
            message, event = entry.message, entry.event
            fact = event.fact
            head = self._head(message.recorded_at, fact.time, entry.orphan)
            names = (event.application_id, event.user_id, event.type)
            self._log.add(_log_line(head, fact.id, names, event.line))

    def finish(self, batch: Batch) -> Prepared:
        """One analytics_updated per changed row behind the facts, and the rows themselves."""
        for change in batch.changes:
            row = change.held.row
            head = self._head(batch.now, batch.now, row.orphan)
            names = (change.application_id, row.user_id, EventType.ANALYTICS_UPDATED)
            event_id = f"{change.application_id}:{change.held.revision}"
            self._log.add(_log_line(head, event_id, names, change.payload))
        new, changed = pg.Document(), pg.Document()
        for application_id in sorted(batch.changed):
            held = batch.changed[application_id]
            (new if held.revision == 1 else changed).add(_row(application_id, held))
        return Prepared(
            places=self._places,
            counts=batch.counts,
            runs=batch.runs,
            dead=batch.dead,
            judged=batch.judged,
            entities=batch.entities,
            listed=batch.listed,
            clock=batch.clock,
            first_offset=self._first_offset,
            log_count=self._offset - self._first_offset,
            log=self._log.blocks(),
            new_rows=new.blocks(),
            changed_rows=changed.blocks(),
            changed_count=changed.count,
            rescored=batch.rescored,
        )

    @property
    def size(self) -> int:
        """Messages taken so far."""
        return len(self._places)

    def _head(self, recorded_at: int, time: int, orphan: bool) -> bytes:
        offset = self._offset
        self._offset += 1
        recorded_at -= pg.POSTGRES_EPOCH_US
        time -= pg.POSTGRES_EPOCH_US
        return _log_fixed(
            _LOG_FIELDS, 2, self._partition, 8, offset, 8, recorded_at, 8, time, 1, orphan
        )


def encode_rows(rows: dict[str, Held]) -> list[bytes]:
    """A COPY of rows of application_analytics."""
    document = pg.Document()
    for application_id in sorted(rows):
        document.add(_row(application_id, rows[application_id]))
    return document.blocks()


def _row(application_id: str, held: Held) -> bytes:
    row = held.row
    return b"".join(
        (
            _ROW_BEGINS,
            pg.text(application_id),
            pg.text(row.user_id),
            pg.text(row.job_id),
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
            pg.jsonb(held.success_probability) if held.success_probability else pg.NULL,
            _FOLD_VERSION,
            pg.raw(held.packed),
        )
    )


_log_fixed = struct.Struct(">hihiqiqiqi?").pack
_LOG_FIELDS = 10


def _log_line(head: bytes, event_id: str, names: tuple[str, str, str], payload: bytes) -> bytes:
    identifier = event_id.encode()
    return b"%b%b%b%b%b%b%b%b" % (
        head,
        len(identifier).to_bytes(4, "big"),
        identifier,
        pg.text(names[0]),
        pg.text(names[1]),
        pg.common_text(names[2]),
        len(payload).to_bytes(4, "big"),
        payload,
    )
