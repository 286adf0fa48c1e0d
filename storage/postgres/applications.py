"""Reading applications: one with its analytics, and pages of a user's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import asyncpg
import msgspec

from models.analytics import fold
from models.entity import Entity
from models.facts import State
from models.probability import SuccessProbability
from models.rows import AnalyticsView, view
from storage.postgres.queries import load

SQL = load("applications")

_MILLISECOND = timedelta(milliseconds=1)
_ENTITY = Entity.__struct_fields__


class Sort(StrEnum):
    """What a list can be ordered by."""

    APPLIED_AT = "appliedAt"
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"
    STATUS_AT = "statusAt"
    STATUS = "status"
    COMPANY = "company"
    JOB_TITLE = "jobTitle"
    MATCH_SCORE = "matchScore"
    RESPONSE_TIME = "responseTimeHours"


class Order(StrEnum):
    """Direction of a list; what has no value comes last in both."""

    ASCENDING = "asc"
    DESCENDING = "desc"


_KEYS: dict[Sort, tuple[str, str]] = {
    Sort.APPLIED_AT: ("a.applied_at", "timestamptz"),
    Sort.CREATED_AT: ("a.created_at", "timestamptz"),
    Sort.UPDATED_AT: ("a.updated_at", "timestamptz"),
    Sort.STATUS_AT: ("a.status_at", "timestamptz"),
    Sort.STATUS: ("a.status", "text"),
    Sort.COMPANY: ("lower(a.company)", "text"),
    Sort.JOB_TITLE: ("lower(a.job_title)", "text"),
    Sort.MATCH_SCORE: ("a.match_score", "float8"),
    Sort.RESPONSE_TIME: ("n.response_time_hours", "float8"),
}


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """What the fold says of an application beyond the entity; nothing before its first fold."""

    views: int = 0
    first_viewed_at: datetime | None = None
    interviews_scheduled: int = 0
    offers_received: int = 0
    hired: bool = False
    hired_at: datetime | None = None
    first_response_at: datetime | None = None
    response_time_hours: float | None = None
    notes: int = 0
    reminders: int = 0
    updates: int = 0
    last_candidate_activity_at: datetime | None = None
    last_employer_activity_at: datetime | None = None
    flags: list[str] = []
    version: int = 0


class Freshness(msgspec.Struct, frozen=True):
    """`as_of`: log position up to which rows are folded; `lag_ms`: age of what waits; and the
    probability of being hired as it was computed last."""

    as_of: str
    lag_ms: float
    now: datetime
    success_probability: SuccessProbability | None


class Found(msgspec.Struct, frozen=True):
    """An application, its analytics and how fresh they are. `key` is its place in a page."""

    entity: Entity
    counters: Counters
    freshness: Freshness
    key: str | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a user's applications; instants are a half-open range of applied_at."""

    user_id: str
    statuses: Sequence[str] | None = None
    applied_from: datetime | None = None
    applied_to: datetime | None = None
    company: str | None = None
    search: str | None = None

    def parameters(self) -> tuple[object, ...]:
        """As the statement `matching` takes them."""
        return (
            self.user_id,
            self.statuses,
            self.applied_from,
            self.applied_to,
            _contains(self.company),
            _contains(self.search),
        )


class Place(msgspec.Struct, frozen=True):
    """The row behind which a page begins: its sort key as text, and its id."""

    key: str | None
    id: str


async def owner(connection: asyncpg.Connection | asyncpg.Pool, application_id: str) -> str | None:
    """Whose application this is; None where there is none."""
    user_id: str | None = await connection.fetchval(SQL.owner, application_id)
    return user_id


async def find(connection: asyncpg.Connection | asyncpg.Pool, application_id: str) -> Found | None:
    """One application, None where there is none."""
    record = await connection.fetchrow(_FIND, application_id)
    return None if record is None else _found(record)


async def page(
    connection: asyncpg.Connection,
    wanted: Filter,
    sort: Sort,
    order: Order,
    *,
    limit: int,
    offset: int = 0,
    behind: Place | None = None,
) -> list[Found]:
    """At most `limit` applications in the order, past `offset` rows or behind a place."""
    key, id_ = (None, None) if behind is None else (behind.key, behind.id)
    records = await connection.fetch(
        _PAGES[sort, order], *wanted.parameters(), offset, key, id_, limit
    )
    return [_found(record, record["sort_key"]) for record in records]


async def count(connection: asyncpg.Connection, wanted: Filter) -> tuple[int, bytes]:
    """How many applications match, on all pages, and the key that signs cursors."""
    return tuple(await connection.fetchrow(_COUNT, *wanted.parameters()))


async def analytics(
    connection: asyncpg.Connection | asyncpg.Pool, application_id: str
) -> tuple[AnalyticsView, Freshness] | None:
    """The contract's row, before the first fold that of no facts; None without application.

    Its status_changes are as the table keeps them.
    """
    record = await connection.fetchrow(_ANALYTICS, application_id)
    if record is None:
        return None
    if record["application_id"] is None:
        row = view(application_id, fold(State(record["owner"], [])), 0, b"[]")
    else:
        fields = {name: record[name] for name in AnalyticsView.__struct_fields__}
        row = AnalyticsView(**{**fields, "status_changes": msgspec.Raw(record["status_changes"])})
    return row, _freshness(record)


def _found(record: asyncpg.Record, key: str | None = None) -> Found:
    entity = Entity(**{name: record[name] for name in _ENTITY})
    counters = Counters()
    if record["version"] is not None:
        counters = Counters(**{name: record[name] for name in Counters.__struct_fields__})
    return Found(entity, counters, _freshness(record), key)


def _freshness(record: asyncpg.Record) -> Freshness:
    now, since = record["now"], record["waiting_since"]
    lag_ms = 0.0 if since is None else max(0.0, (now - since) / _MILLISECOND)
    said = record["success_probability"]
    probability = None if said is None else _decode_probability(said)
    return Freshness(record["as_of"] or "", lag_ms, now, probability)


_decode_probability = msgspec.json.Decoder(SuccessProbability).decode


def _contains(text: str | None) -> str | None:
    if text is None:
        return None
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _page_statement(sort: Sort, order: Order) -> str:
    key, type_ = _KEYS[sort]
    return SQL.page.format(
        columns=_COLUMNS,
        matching=SQL.matching,
        key=key,
        type=type_,
        direction=order.value,
        beyond=">" if order is Order.ASCENDING else "<",
    )


_COLUMNS = SQL.columns.format(freshness=SQL.freshness)
_FIND = SQL.find.format(columns=_COLUMNS)
_ANALYTICS = SQL.analytics.format(freshness=SQL.freshness)
_COUNT = SQL.count.format(matching=SQL.matching)
_PAGES = {(sort, order): _page_statement(sort, order) for sort in Sort for order in Order}
