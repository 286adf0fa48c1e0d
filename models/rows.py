"""A row of analytics as others read it: camelCase JSON for the API and the log, and the
`status_changes` column."""

from datetime import datetime

import msgspec

from models.analytics import ROW_FIELDS, Row, StatusChange
from models.instant import to_datetime


class StatusChangeView(msgspec.Struct, rename="camel", gc=False):
    """One transition as the API shows it."""

    from_: str | None = msgspec.field(name="from")
    to: str
    at: datetime
    hours_in_from: float | None
    allowed: bool


class StatusChangeColumn(msgspec.Struct, gc=False):
    """One transition as the tables keep it (contract: Names that others hold on to)."""

    from_: str | None = msgspec.field(name="from")
    to: str
    at: datetime
    hours_in_from: float | None
    allowed: bool


class AnalyticsView(msgspec.Struct, rename="camel", gc=False, kw_only=True):
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
    status_changes: list[StatusChangeView]
    flags: list[str]
    version: int
    revision: int


def _moment(us: int | None) -> datetime | None:
    return None if us is None else to_datetime(us)


def view(application_id: str, row: Row, revision: int) -> AnalyticsView:
    """The row as JSON-ready struct; `revision` is application_analytics.revision."""
    return AnalyticsView(
        application_id=application_id,
        user_id=row.user_id,
        job_id=row.job_id,
        job_title=row.job_title,
        company=row.company,
        location=row.location,
        source=row.source,
        applied_at=_moment(row.applied_at),
        status=row.status,
        status_at=_moment(row.status_at),
        views=row.views,
        first_viewed_at=_moment(row.first_viewed_at),
        interviews_scheduled=row.interviews_scheduled,
        offers_received=row.offers_received,
        hired=row.hired,
        hired_at=_moment(row.hired_at),
        first_response_at=_moment(row.first_response_at),
        response_time_hours=row.response_time_hours,
        notes=row.notes,
        reminders=row.reminders,
        updates=row.updates,
        last_candidate_activity_at=_moment(row.last_candidate_activity_at),
        last_employer_activity_at=_moment(row.last_employer_activity_at),
        match_score=row.match_score,
        status_changes=[
            StatusChangeView(
                c.from_status, c.to_status, to_datetime(c.at), c.hours_in_from, c.allowed
            )
            for c in row.status_changes
        ],
        flags=row.flags,
        version=row.version,
        revision=revision,
    )


def status_changes_column(changes: list[StatusChange]) -> bytes:
    """JSON of the `status_changes` column."""
    return _encoder.encode(
        [
            StatusChangeColumn(
                c.from_status, c.to_status, to_datetime(c.at), c.hours_in_from, c.allowed
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
