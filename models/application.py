"""An application's statuses and the transitions allowed between them (contract: Transitions)."""

from enum import StrEnum


class Status(StrEnum):
    """The nine statuses, in the order that ranks events of equal time."""

    APPLIED = "applied"
    VIEWED = "viewed"
    SHORTLISTED = "shortlisted"
    INTERVIEW_SCHEDULED = "interview_scheduled"
    INTERVIEWED = "interviewed"
    OFFER_RECEIVED = "offer_received"
    HIRED = "hired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


STATUSES: tuple[Status, ...] = tuple(Status)
RANK: dict[str, int] = {status.value: rank for rank, status in enumerate(STATUSES)}
RANK_OF_NO_STATUS = 9

_S = Status
TRANSITIONS: dict[Status | None, tuple[Status, ...]] = {
    None: (_S.APPLIED,),
    _S.APPLIED: (
        _S.VIEWED,
        _S.SHORTLISTED,
        _S.INTERVIEW_SCHEDULED,
        _S.OFFER_RECEIVED,
        _S.REJECTED,
        _S.WITHDRAWN,
    ),
    _S.VIEWED: (
        _S.SHORTLISTED,
        _S.INTERVIEW_SCHEDULED,
        _S.OFFER_RECEIVED,
        _S.REJECTED,
        _S.WITHDRAWN,
    ),
    _S.SHORTLISTED: (_S.INTERVIEW_SCHEDULED, _S.OFFER_RECEIVED, _S.REJECTED, _S.WITHDRAWN),
    _S.INTERVIEW_SCHEDULED: (_S.INTERVIEWED, _S.OFFER_RECEIVED, _S.REJECTED, _S.WITHDRAWN),
    _S.INTERVIEWED: (
        _S.INTERVIEW_SCHEDULED,
        _S.OFFER_RECEIVED,
        _S.HIRED,
        _S.REJECTED,
        _S.WITHDRAWN,
    ),
    _S.OFFER_RECEIVED: (_S.HIRED, _S.REJECTED, _S.WITHDRAWN),
    _S.REJECTED: (_S.SHORTLISTED,),
    _S.HIRED: (),
    _S.WITHDRAWN: (),
}

CLOSED = frozenset({_S.HIRED, _S.REJECTED, _S.WITHDRAWN})
"""Statuses in which nobody waits for anything."""

RESPONSES = frozenset(
    {
        _S.SHORTLISTED,
        _S.INTERVIEW_SCHEDULED,
        _S.INTERVIEWED,
        _S.OFFER_RECEIVED,
        _S.HIRED,
        _S.REJECTED,
    }
)
"""Statuses that are an answer of the employer."""


def allowed(before: Status | None, after: Status) -> bool:
    """Whether the table allows `before` → `after`."""
    return after in TRANSITIONS[before]


class Source(StrEnum):
    """Where the candidate found the job."""

    JOB_BOARD = "job_board"
    REFERRAL = "referral"
    COMPANY_SITE = "company_site"
    RECRUITER = "recruiter"
    SOCIAL = "social"
    OTHER = "other"
