"""Applications in and out."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.models import Body, Model, Patch, Text
from api.schemas.fields import COVER_LETTER_CHARACTERS_MAX
from api.schemas.probability import SuccessProbabilityView, success_probability
from models.ageing import hours_in_stage, hours_of_silence
from models.application import Source, Status
from models.entity import Entity
from models.ghosting import likely_ghosted
from storage.postgres.applications import Found, Freshness

CoverLetter = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=COVER_LETTER_CHARACTERS_MAX)
]


class NewApplication(Body):
    """What a candidate says of a new application."""

    job_id: Text
    job_title: Text
    company: Text
    location: Text | None = None
    source: Source | None = None
    resume_id: Text | None = None
    referral_code: Text | None = None
    cover_letter: CoverLetter | None = None


class ApplicationChanges(Patch):
    """What a candidate may change; at least one field. Only the cover letter can be removed."""

    job_title: Text = Field(default="")
    company: Text = Field(default="")
    location: Text = Field(default="")
    source: Source = Field(default=Source.OTHER)
    resume_id: Text = Field(default="")
    referral_code: Text = Field(default="")
    cover_letter: CoverLetter | None = None


class NewStatus(Body):
    """Where the application goes."""

    status: Status
    reason: Text | None = None


class Withdrawal(Body):
    """Why the candidate withdraws."""

    reason: Text | None = None


class Passing(Model):
    """What depends on when it is read."""

    hours_of_silence: float | None = Field(description="Of the employer; null once closed.")
    hours_in_stage: float | None
    likely_ghosted: bool | None = Field(
        description="Silent for longer than nine answers in ten take; null once closed, and "
        "before the first warehouse."
    )
    success_probability: SuccessProbabilityView | None = Field(
        description="null while there is no model, and once closed."
    )
    as_of: str = Field(description="Position in the log: partition:offset, comma-separated.")
    lag_ms: float = Field(description="Age of the oldest message not yet folded; 0 for none.")


class Counted(Model):
    """The row's columns that a list shows beside the entity's own."""

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
    flags: list[str]
    version: int = Field(description="Number of events folded.")


class AnalyticsSummary(Passing, Counted):
    """What the events add up to, as far as they are folded (`asOf`, `lagMs`)."""


class ApplicationItem(Model):
    """An application in a list."""

    id: str
    user_id: str
    job_id: str | None
    job_title: str | None
    company: str | None
    location: str | None
    source: str | None
    match_score: float | None
    resume_id: str | None
    referral_code: str | None
    applied_at: datetime | None
    status: str | None
    status_at: datetime | None
    withdrawn: bool
    withdraw_reason: str | None
    revision: int = Field(description="The ETag.")
    created_at: datetime | None
    updated_at: datetime | None
    allowed_transitions: list[Status]
    analytics: AnalyticsSummary


class ApplicationView(ApplicationItem):
    """An application on its own."""

    cover_letter: str | None


class ApplicationPage(Model):
    """A page of applications; `next` is the cursor of the page behind it."""

    items: list[ApplicationItem]
    total: int
    has_more: bool
    next: str | None


_COPIED = tuple(name for name in ApplicationItem.model_fields if name in Entity.__struct_fields__)


def summary(found: Found, ghosted_after: float | None) -> AnalyticsSummary:
    """The folded counters, and what passes with time up to the reading."""
    entity, counters, freshness = found.entity, found.counters, found.freshness
    return AnalyticsSummary.model_construct(
        **{name: getattr(counters, name) for name in counters.__struct_fields__},
        **passing(
            entity.status,
            entity.status_at,
            entity.applied_at,
            counters.last_employer_activity_at,
            freshness,
            ghosted_after,
        ),
    )


def passing(
    status: str | None,
    status_at: datetime | None,
    applied_at: datetime | None,
    last_employer_activity_at: datetime | None,
    freshness: Freshness,
    ghosted_after: float | None,
) -> dict[str, Any]:
    """Fields of `Passing`; `ghosted_after` in hours of silence."""
    now = freshness.now
    silence = hours_of_silence(status, applied_at, last_employer_activity_at, now)
    return {
        "hours_of_silence": silence,
        "hours_in_stage": hours_in_stage(status_at, now),
        "likely_ghosted": likely_ghosted(silence, ghosted_after),
        "success_probability": success_probability(freshness.success_probability),
        "as_of": freshness.as_of,
        "lag_ms": freshness.lag_ms,
    }


def item(found: Found, ghosted_after: float | None) -> ApplicationItem:
    """As it stands in a list."""
    return ApplicationItem.model_construct(**_fields(found, ghosted_after))


def view(found: Found, ghosted_after: float | None) -> ApplicationView:
    """As it stands on its own."""
    return ApplicationView.model_construct(
        **_fields(found, ghosted_after), cover_letter=found.entity.cover_letter
    )


def _fields(found: Found, ghosted_after: float | None) -> dict[str, Any]:
    entity = found.entity
    return {
        **{name: getattr(entity, name) for name in _COPIED},
        "withdrawn": entity.stage is Status.WITHDRAWN,
        "allowed_transitions": list(entity.allowed_transitions),
        "analytics": summary(found, ghosted_after),
    }
