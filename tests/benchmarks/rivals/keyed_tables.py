"""What the keyed flow writes: one transaction per batch, rows staged by COPY and upserted."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from models.analytics import ROW_FIELDS, Row, changed_fields
from models.batch import Held
from models.decoder import Event
from models.instant import EPOCH, to_rfc3339
from models.intake import analytics_updated
from models.rows import status_changes_column
from storage.postgres.connect import connect

_COLUMNS = ("application_id", *ROW_FIELDS)
_TABLES = (
    f"CREATE TABLE keyed AS SELECT {', '.join(_COLUMNS)} FROM application_analytics WITH NO DATA",
    "ALTER TABLE keyed ADD PRIMARY KEY (application_id)",
    "CREATE TABLE keyed_log (LIKE event_log INCLUDING ALL)",
)
_STAGING = "CREATE TEMP TABLE staging AS TABLE keyed WITH NO DATA"
_UPSERT = (
    "INSERT INTO keyed SELECT * FROM staging ON CONFLICT (application_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in ROW_FIELDS)
)
_TIMES = frozenset(name for name in ROW_FIELDS if name.endswith("_at"))


class Update(msgspec.Struct, gc=False):
    """An application after a batch: its row, the row before, and what was new."""

    held: Held
    before: Row | None
    added: list[Event]


Item = tuple[str, Update]


def create(url: str) -> None:
    """The tables, empty."""
    with connect(url, autocommit=True) as connection:
        for statement in _TABLES:
            connection.execute(statement)


class Tables(DynamicSink[Item]):
    """`log`: write every fact and every change as well, as event_log has them."""

    def __init__(self, url: str, *, log: bool) -> None:
        self._url = url
        self._log = log

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "_Writer":
        return _Writer(self._url, self._log)


class _Writer(StatelessSinkPartition[Item]):
    def __init__(self, url: str, log: bool) -> None:
        self._connection = connect(url, autocommit=True)
        self._connection.execute(_STAGING)
        self._log = log
        self._offset = 0

    def write_batch(self, items: list[Item]) -> None:
        rows = {application_id: update.held.row for application_id, update in items}
        with self._connection.transaction(), self._connection.cursor() as cursor:
            with cursor.copy("COPY staging FROM STDIN") as copy:
                for application_id, row in sorted(rows.items()):
                    copy.write_row([application_id, *(_value(row, name) for name in ROW_FIELDS)])
            cursor.execute(_UPSERT)
            cursor.execute("TRUNCATE staging")
            if self._log:
                with cursor.copy("COPY keyed_log FROM STDIN") as copy:
                    for entry in _entries(items):
                        copy.write_row([0, self._offset, *entry])
                        self._offset += 1


def _entries(items: list[Item]) -> Iterable[tuple[object, ...]]:
    """recorded_at, time, orphan, id, application_id, user_id, type, payload."""
    now_us = time.time_ns() // 1_000
    now, text = _moment(now_us), to_rfc3339(now_us)
    for application_id, update in items:
        orphan = update.held.row.orphan
        for event in update.added:
            at, name = _moment(event.fact.time), event.fact.id
            line = event.line.decode()
            yield now, at, orphan, name, application_id, event.user_id, event.type, line
    for application_id, update in items:
        held = update.held
        types = list(dict.fromkeys([event.type for event in update.added]))
        updated = changed_fields(update.before, held.row)
        payload = analytics_updated(application_id, held, text, types, updated).decode()
        name, kind = f"{application_id}:{held.revision}", "application.analytics_updated"
        user = held.row.user_id
        yield now, now, held.row.orphan, name, application_id, user, kind, payload


def _value(row: Row, name: str) -> object:
    value = getattr(row, name)
    if name == "status_changes":
        return status_changes_column(value).decode()
    return _moment(value) if value is not None and name in _TIMES else value


def _moment(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)
