"""The eleven event types and their data, once. The decoder, the JSON Schema files and the
SSE event names all come from this file (contract: Types and their data)."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from models import instant
from models.application import Source, Status
from models.probability import SuccessProbability
from models.rows import AnalyticsView

IDENTIFIER_PATTERN = r"[A-Za-z0-9._:-]{1,128}"
LINE_BYTES_MAX = 256_000
DEPTH_MAX = 32
FACTS_MAX = 1_000
AHEAD_US_MAX = instant.US_PER_DAY
EARLIEST_US = instant.parse("2000-01-01T00:00:00Z")


class EventType(StrEnum):
    """The seed's names."""

    CREATED = "application.created"
    UPDATED = "application.updated"
    STATUS_CHANGED = "application.status_changed"
    NOTE_ADDED = "application.note_added"
    ANALYTICS_UPDATED = "application.analytics_updated"
    REMINDER_TRIGGERED = "application.reminder_triggered"
    WITHDRAWN = "application.withdrawn"
    INTERVIEW_SCHEDULED = "application.interview_scheduled"
    OFFER_RECEIVED = "application.offer_received"
    VIEWED_BY_EMPLOYER = "application.viewed_by_employer"
    MATCH_SCORE_UPDATED = "application.match_score_updated"


Text = Annotated[str, Meta(min_length=1, max_length=1_000)]
Score = Annotated[float, Meta(ge=0, le=100)]
Instant = Annotated[
    str, Meta(min_length=1, max_length=1_000, extra_json_schema={"format": "date-time"})
]
Integer = Annotated[float, Meta(multiple_of=1)]
"""2.0 is one too: JSON tells numbers by their value."""
NoteKind = Annotated[
    str,
    Meta(
        extra_json_schema={
            "pattern": "^([Nn][Oo][Tt][Ee]|[Rr][Ee][Mm][Ii][Nn][Dd][Ee][Rr])$",
        }
    ),
]
Priority = Literal["LOW", "MEDIUM", "HIGH"]


class Data(msgspec.Struct, rename="camel", gc=False, omit_defaults=True):
    """Base of what an event carries. Unknown fields are ignored: producers evolve."""


class Changes(Data):
    """Any of the fields of `created`."""

    job_id: Text | UnsetType = UNSET
    job_title: Text | UnsetType = UNSET
    company: Text | UnsetType = UNSET
    location: Text | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    match_score: Score | UnsetType = UNSET
    resume_id: Text | UnsetType = UNSET
    referral_code: Text | UnsetType = UNSET


class Created(Data):
    """A candidate applied."""

    job_id: Text
    job_title: Text
    company: Text
    location: Text | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    match_score: Score | UnsetType = UNSET
    resume_id: Text | UnsetType = UNSET
    referral_code: Text | UnsetType = UNSET


class Updated(Data):
    """Facts about the application changed, not its status."""

    changes: Changes


class StatusChanged(Data):
    """The application moved to another status."""

    new_status: Status
    old_status: Status | UnsetType = UNSET
    reason: Text | UnsetType = UNSET


class NoteAdded(Data):
    """The candidate wrote a note; its text stays in the notes table."""

    note_id: Text
    type: NoteKind
    priority: Priority | UnsetType = UNSET
    reminder_date: Instant | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.type.upper() not in ("NOTE", "REMINDER"):
            raise ValueError("type is NOTE or REMINDER")
        _check_instants(self.reminder_date)


class ReminderTriggered(Data):
    """A reminder came due."""

    reminder_id: Text
    due_at: Instant
    note_id: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        _check_instants(self.due_at)


class Withdrawn(Data):
    """The candidate withdrew."""

    reason: Text | UnsetType = UNSET


class InterviewScheduled(Data):
    """An interview has a date."""

    scheduled_at: Instant
    interview_id: Text | UnsetType = UNSET
    duration_minutes: float | UnsetType = UNSET
    round: Integer | UnsetType = UNSET
    mode: Text | UnsetType = UNSET
    location: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        _check_instants(self.scheduled_at)
        if self.round is not UNSET:
            self.round = int(self.round)


class OfferReceived(Data):
    """The employer made an offer."""

    offer_id: Text | UnsetType = UNSET
    deadline: Instant | UnsetType = UNSET
    amount: float | UnsetType = UNSET
    currency: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        _check_instants(self.deadline)


class ViewedByEmployer(Data):
    """Somebody at the employer opened the application."""

    viewer_id: Text | UnsetType = UNSET


class MatchScore(Data):
    """The seed's score object; only the overall score is read and checked."""

    overall_score: Score


class MatchScoreUpdated(Data):
    """A new match score of the (user, job) pair."""

    score: MatchScore
    scorer: Text | UnsetType = UNSET


class AnalyticsUpdated(Data):
    """Output only: the row as it is now and what changed it.

    `event_types` are the types that were folded, none after a mere refold;
    `updated_fields` are camelCase names of the row, or `successProbability` alone where
    silence has moved it. It is absent once the application is closed.
    """

    analytics: AnalyticsView
    event_types: list[str]
    updated_fields: list[str]
    success_probability: SuccessProbability | UnsetType = UNSET


def _check_instants(*texts: str | UnsetType) -> None:
    for text in texts:
        if text is not UNSET:
            instant.parse(text)


INPUT_TYPES: dict[str, type[Data]] = {
    EventType.CREATED: Created,
    EventType.UPDATED: Updated,
    EventType.STATUS_CHANGED: StatusChanged,
    EventType.NOTE_ADDED: NoteAdded,
    EventType.REMINDER_TRIGGERED: ReminderTriggered,
    EventType.WITHDRAWN: Withdrawn,
    EventType.INTERVIEW_SCHEDULED: InterviewScheduled,
    EventType.OFFER_RECEIVED: OfferReceived,
    EventType.VIEWED_BY_EMPLOYER: ViewedByEmployer,
    EventType.MATCH_SCORE_UPDATED: MatchScoreUpdated,
}
"""What may come in from outside; `analytics_updated` is written by the pipeline only."""


class Envelope(msgspec.Struct, kw_only=True):
    """A CloudEvents 1.0 event as this product writes it.

    `time` is RFC 3339; `data` one of the structs above.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: EventType
    subject: str
    time: str
    datacontenttype: Literal["application/json"] = "application/json"
    userid: str
    correlationid: str | UnsetType = UNSET
    corrects: str | UnsetType = UNSET
    retracts: str | UnsetType = UNSET
    data: Data

    def encode(self) -> bytes:
        """One line of NDJSON, without the newline."""
        return _encoder.encode(self)


_encoder = msgspec.json.Encoder()
