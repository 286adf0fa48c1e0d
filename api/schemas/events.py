"""Interviews, offers, employer views and the timeline: what an application's events say."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.models import Body, Model, Text
from api.schemas.fields import Instant
from models.facts import Fact
from models.instant import to_datetime
from models.timeline import Entry, Told


class NewInterview(Body):
    """An interview with its date."""

    scheduled_at: Instant
    duration_minutes: Annotated[float, Field(gt=0, le=10_080, allow_inf_nan=False)] | None = None
    round: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    mode: Text | None = None
    location: Text | None = None


class NewOffer(Body):
    """An offer."""

    deadline: Instant | None = None
    amount: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)] | None = None
    currency: Text | None = None


class Heard(Model):
    """When and by which event something became known."""

    event_id: str
    at: datetime = Field(description="Time of the event.")
    pending: bool = Field(description="Written here a moment ago and not folded yet.")


class InterviewView(Heard):
    """An interview; the last that was said of it."""

    id: str
    scheduled_at: str
    duration_minutes: float | None = None
    round: int | None = None
    mode: str | None = None
    location: str | None = None


class OfferView(Heard):
    """An offer; the last that was said of it."""

    id: str
    deadline: str | None = None
    amount: float | None = None
    currency: str | None = None


class EmployerView(Heard):
    """Somebody at the employer opened the application."""

    viewer_id: str | None = None


class TimelineItem(Heard):
    """One event of the application's story."""

    type: str
    source: str
    data: dict[str, Any]
    corrects: str | None
    retracts: str | None
    effective: bool = Field(description="false: retracted, corrected, or itself a retraction.")
    replaced_by: str | None = Field(description="The event that corrects or retracts this one.")


class InterviewPage(Model):
    """A page of interviews in the order of their events."""

    items: list[InterviewView]
    total: int
    has_more: bool
    next: str | None


class OfferPage(Model):
    """A page of offers in the order of their events."""

    items: list[OfferView]
    total: int
    has_more: bool
    next: str | None


class EmployerViewPage(Model):
    """A page of employer views in the order of their events."""

    items: list[EmployerView]
    total: int
    has_more: bool
    next: str | None


class TimelinePage(Model):
    """A page of the story in the order of the fold."""

    items: list[TimelineItem]
    total: int
    has_more: bool
    next: str | None


def interview(entry: Entry, told: Told) -> InterviewView:
    """An interview_scheduled."""
    data = {**told.data, **_heard(entry), "id": entry.fact.value}
    data.pop("interviewId", None)
    return InterviewView.model_validate(data)


def offer(entry: Entry, told: Told) -> OfferView:
    """An offer_received."""
    data = {**told.data, **_heard(entry), "id": entry.fact.value}
    data.pop("offerId", None)
    return OfferView.model_validate(data)


def employer_view(entry: Entry, told: Told) -> EmployerView:
    """A viewed_by_employer."""
    return EmployerView.model_validate({**told.data, **_heard(entry)})


def timeline_item(entry: Entry, told: Told) -> TimelineItem:
    """Any event."""
    fact = entry.fact
    return TimelineItem.model_validate(
        {
            **_heard(entry),
            "type": told.type.value,
            "source": told.source,
            "data": told.data,
            "corrects": fact.corrects,
            "retracts": fact.retracts,
            "effective": entry.effective,
            "replacedBy": entry.replaced_by,
        }
    )


def _heard(entry: Entry) -> dict[str, object]:
    fact: Fact = entry.fact
    return {"eventId": fact.id, "at": to_datetime(fact.time), "pending": entry.pending}
