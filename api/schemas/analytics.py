"""The row of analytics with what passes with time."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import astuple
from pydantic import Field

from api.models import Model
from api.schemas.applications import passing
from models.rows import AnalyticsView, StatusChangeColumn
from storage.postgres.applications import Freshness


class StatusChangeView(Model):
    """One transition; `allowed` by the table of transitions."""

    from_: str | None = Field(alias="from")
    to: str
    at: datetime
    hours_in_from: float | None
    allowed: bool


class Analytics(Model):
    """The contract's columns, then what depends on when they are read."""

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
    version: int = Field(description="Number of events folded; 0 before the first.")
    revision: int = Field(description="Of this row; another counter than the ETag.")
    hours_of_silence: float | None = Field(description="Of the employer; null once closed.")
    hours_in_stage: float | None
    likely_ghosted: bool | None = Field(description="null while not computed.")
    success_probability: None = Field(description="null while there is no model.")
    as_of: str = Field(description="Position in the log: partition:offset, comma-separated.")
    lag_ms: float = Field(description="Age of the oldest message not yet folded; 0 for none.")


def analytics(row: AnalyticsView, freshness: Freshness) -> Analytics:
    """The row as JSON, read at `freshness.now`."""
    changes = msgspec.json.decode(row.status_changes, type=list[StatusChangeColumn])
    names = StatusChangeView.model_fields
    fields: dict[str, Any] = {name: getattr(row, name) for name in row.__struct_fields__}
    fields["status_changes"] = [
        StatusChangeView.model_construct(**dict(zip(names, astuple(change), strict=True)))
        for change in changes
    ]
    return Analytics.model_construct(
        **fields,
        **passing(
            row.status, row.status_at, row.applied_at, row.last_employer_activity_at, freshness
        ),
    )
