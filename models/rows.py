"""A row of analytics as others read it: camelCase JSON for the API and the log, and the
`status_changes` column."""

from datetime import datetime, timedelta

import msgspec

from models.analytics import ROW_FIELDS, Row, StatusChange
from models.instant import EPOCH


class StatusChangeColumn(msgspec.Struct, gc=False):
    """One transition as the tables keep it (contract: Names that others hold on to)."""

    from_: str | None = msgspec.field(name="from")
    to: str
    at: datetime
    hours_in_from: float | None
    allowed: bool


class AnalyticsView(msgspec.Struct, rename="camel", gc=False):
    """The contract's columns and the row's revision, in the contract's order."""

    application_id: str
    user_id: str
    job_id: str | None
    job_title: str | None
    company: str | None
    location: str | None
    source: str | None
    applied_at: datetime | None
    status: str | None
    status_at: datetime | None
    views: int
    first_viewed_at: datetime | None
    interviews_scheduled: int
    offers_received: int
    hired: bool
    hired_at: datetime | None
    first_response_at: datetime | None
    response_time_hours: float | None
    notes: int
    reminders: int
    updates: int
    last_candidate_activity_at: datetime | None
    last_employer_activity_at: datetime | None
    match_score: float | None
    status_changes: msgspec.Raw
    flags: list[str]
    version: int
    revision: int


def _moment(us: int | None) -> datetime | None:
    return None if us is None else EPOCH + timedelta(0, 0, us)


def view(application_id: str, row: Row, revision: int, column: bytes) -> AnalyticsView:
    """The row as JSON-ready struct; `revision` is application_analytics.revision, `column`
    the JSON of status_changes as the table keeps it."""
    return AnalyticsView(
        application_id,
        row.user_id,
        row.job_id,
        row.job_title,
        row.company,
        row.location,
        row.source,
        _moment(row.applied_at),
        row.status,
        _moment(row.status_at),
        row.views,
        _moment(row.first_viewed_at),
        row.interviews_scheduled,
        row.offers_received,
        row.hired,
        _moment(row.hired_at),
        _moment(row.first_response_at),
        row.response_time_hours,
        row.notes,
        row.reminders,
        row.updates,
        _moment(row.last_candidate_activity_at),
        _moment(row.last_employer_activity_at),
        row.match_score,
        msgspec.Raw(column.replace(b'"hours_in_from"', b'"hoursInFrom"')),
        row.flags,
        row.version,
        revision,
    )


def status_changes_column(changes: list[StatusChange]) -> bytes:
    """JSON of the `status_changes` column."""
    return _encoder.encode(
        [
            StatusChangeColumn(
                c.from_status,
                c.to_status,
                EPOCH + timedelta(0, 0, c.at),
                c.hours_in_from,
                c.allowed,
            )
            for c in changes
        ]
    )


_encoder = msgspec.json.Encoder()

CAMEL: dict[str, str] = {
    name: "".join(part if i == 0 else part.title() for i, part in enumerate(name.split("_")))
    for name in ROW_FIELDS
}
"""The contract's column names as the API spells them."""
