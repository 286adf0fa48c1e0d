"""An event's data → the fact that is kept of it."""

from collections.abc import Callable
from typing import cast

from msgspec import UNSET
from msgspec.structs import astuple

from models.application import RANK, RANK_OF_NO_STATUS
from models.events import (
    Changes,
    Created,
    Data,
    EventType,
    InterviewScheduled,
    MatchScoreUpdated,
    NoteAdded,
    OfferReceived,
    StatusChanged,
    Updated,
    Withdrawn,
)
from models.facts import Fact, Kind

FactOf = Callable[[int, str, str | None, str | None, Data | None], Fact]
"""time, event id, corrects, retracts, data (None where it retracts) → the fact."""


def _fact(
    kind: Kind,
    rank: int = RANK_OF_NO_STATUS,
) -> FactOf:
    """A fact of this kind from an event's time, id, corrects, retracts and data (None when it
    retracts)."""
    number = int(kind)
    read = _READERS.get(kind)

    def fact_of(
        time: int, event_id: str, corrects: str | None, retracts: str | None, data: Data | None
    ) -> Fact:
        if read is None or data is None:
            return Fact(time, rank, event_id, number, corrects, retracts)
        value, score, profile = read(data, event_id)
        return Fact(time, rank, event_id, number, corrects, retracts, value, None, score, profile)

    return fact_of


def _status_fact(
    time: int, event_id: str, corrects: str | None, retracts: str | None, data: Data | None
) -> Fact:
    kind = int(Kind.STATUS_CHANGED)
    if data is None:
        return Fact(time, RANK_OF_NO_STATUS, event_id, kind, corrects, retracts)
    change = cast(StatusChanged, data)
    old = None if change.old_status is UNSET else RANK[change.old_status]
    rank = RANK[change.new_status]
    return Fact(time, rank, event_id, kind, corrects, retracts, None, old)


_Read = tuple[str | None, float | None, dict[str, str | float] | None]


def _read_profile(data: Created | Changes) -> dict[str, str | float]:
    pairs = zip(data.__struct_fields__, astuple(data), strict=True)
    return {name: value for name, value in pairs if value is not UNSET}


def _read_created(data: Data, _: str) -> _Read:
    return None, None, _read_profile(cast(Created, data))


def _read_updated(data: Data, _: str) -> _Read:
    return None, None, _read_profile(cast(Updated, data).changes)


def _read_note(data: Data, _: str) -> _Read:
    return cast(NoteAdded, data).note_id, None, None


def _read_withdrawn(data: Data, _: str) -> _Read:
    reason = cast(Withdrawn, data).reason
    return (None if reason is UNSET else reason), None, None


def _read_interview(data: Data, event_id: str) -> _Read:
    interview_id = cast(InterviewScheduled, data).interview_id
    return (event_id if interview_id is UNSET else interview_id), None, None


def _read_offer(data: Data, event_id: str) -> _Read:
    offer_id = cast(OfferReceived, data).offer_id
    return (event_id if offer_id is UNSET else offer_id), None, None


def _read_score(data: Data, _: str) -> _Read:
    return None, cast(MatchScoreUpdated, data).score.overall_score, None


_READERS: dict[Kind, Callable[[Data, str], _Read]] = {
    Kind.CREATED: _read_created,
    Kind.UPDATED: _read_updated,
    Kind.NOTE_ADDED: _read_note,
    Kind.WITHDRAWN: _read_withdrawn,
    Kind.INTERVIEW_SCHEDULED: _read_interview,
    Kind.OFFER_RECEIVED: _read_offer,
    Kind.MATCH_SCORE_UPDATED: _read_score,
}

FACT_OF: dict[str, FactOf] = {
    EventType.CREATED: _fact(Kind.CREATED, RANK["applied"]),
    EventType.UPDATED: _fact(Kind.UPDATED),
    EventType.STATUS_CHANGED: _status_fact,
    EventType.NOTE_ADDED: _fact(Kind.NOTE_ADDED),
    EventType.REMINDER_TRIGGERED: _fact(Kind.REMINDER_TRIGGERED),
    EventType.WITHDRAWN: _fact(Kind.WITHDRAWN, RANK["withdrawn"]),
    EventType.INTERVIEW_SCHEDULED: _fact(Kind.INTERVIEW_SCHEDULED),
    EventType.OFFER_RECEIVED: _fact(Kind.OFFER_RECEIVED),
    EventType.VIEWED_BY_EMPLOYER: _fact(Kind.VIEWED_BY_EMPLOYER),
    EventType.MATCH_SCORE_UPDATED: _fact(Kind.MATCH_SCORE_UPDATED),
}
