"""The fold: an application's facts → its row of analytics (contract: From facts to a row).

Pure and order-free: the same set of facts gives the same row to the last bit, however the
facts arrived. `FOLD_VERSION` goes up whenever any row could come out differently.
"""

from collections.abc import Mapping

import msgspec
from msgspec.structs import astuple

from models.application import RANK, RESPONSES, STATUSES, allowed
from models.facts import Fact, Kind, State, effective
from models.instant import US_PER_HOUR

FOLD_VERSION = 1


NO_ACT, VIEW, INTERVIEW, OFFER, STATUS = range(5)
"""Acts of the employer; a change of status is STATUS + its rank."""
ACTS = STATUS + len(STATUSES)


class StatusChange(msgspec.Struct, gc=False, frozen=True):
    """One transition; `at` in microseconds since 1970."""

    from_status: str | None
    to_status: str
    at: int
    hours_in_from: float | None
    allowed: bool


class Row(msgspec.Struct, gc=False, kw_only=True):
    """The contract's columns but application_id; times in microseconds since 1970."""

    user_id: str
    job_id: str | None = None
    job_title: str | None = None
    company: str | None = None
    location: str | None = None
    source: str | None = None
    applied_at: int | None = None
    status: str | None = None
    status_at: int | None = None
    views: int = 0
    first_viewed_at: int | None = None
    interviews_scheduled: int = 0
    offers_received: int = 0
    hired: bool = False
    hired_at: int | None = None
    first_response_at: int | None = None
    response_time_hours: float | None = None
    notes: int = 0
    reminders: int = 0
    updates: int = 0
    last_candidate_activity_at: int | None = None
    last_employer_activity_at: int | None = None
    match_score: float | None = None
    status_changes: list[StatusChange]
    flags: list[str]
    version: int

    resume_id: str | None = None
    referral_code: str | None = None
    withdraw_reason: str | None = None
    last_fact_at: int | None = None
    """The four above are the entity's and the API's, not columns of the contract."""

    last_act: int = NO_ACT
    act_before: int = NO_ACT
    """The employer's last two acts, for the success model."""

    @property
    def orphan(self) -> bool:
        """No `created` yet: folded, but not listed, streamed or notified."""
        return "orphan" in self.flags


ROW_FIELDS: tuple[str, ...] = Row.__struct_fields__[: Row.__struct_fields__.index("version") + 1]

# Plain numbers: looking a member up in its enum costs as much as the comparison.
_CREATED, _UPDATED, _STATUS_CHANGED, _NOTE_ADDED, _REMINDER, _WITHDRAWN = map(int, list(Kind)[:6])
_INTERVIEW, _OFFER, _VIEWED, _MATCH_SCORE = map(int, list(Kind)[6:])

_RANK_APPLIED = RANK["applied"]
_RANK_WITHDRAWN = RANK["withdrawn"]
_RANK_INTERVIEW = RANK["interview_scheduled"]
_RANK_OFFER = RANK["offer_received"]
_RANK_HIRED = RANK["hired"]
_RANKS_OF_RESPONSE = frozenset(RANK[status] for status in RESPONSES)
_NAMES = tuple(status.value for status in STATUSES)
_ALLOWED: Mapping[tuple[int | None, int], bool] = {
    (None if before is None else RANK[before], RANK[after]): allowed(before, after)
    for before in (None, *STATUSES)
    for after in STATUSES
}


def hours_between(start: int, end: int) -> float:
    """Hours from `start` to `end`, both in microseconds, as the contract divides them."""
    return (end - start) / US_PER_HOUR


def fold(state: State) -> Row:
    """The row of an application with these facts; they must be in fold order."""
    row = Row(user_id=state.user_id, status_changes=[], flags=[], version=len(state.facts))
    row.last_fact_at = state.facts[-1].time if state.facts else None
    facts = effective(state.facts)
    profile: dict[str, str | float] | None = None
    changes: list[dict[str, str | float]] = []
    changed_score: float | None = None
    note_ids: set[str] = set()
    interview_ids: set[str] = set()
    offer_ids: set[str] = set()
    response_at: int | None = None
    act = act_before = NO_ACT

    for fact in facts:
        kind, time = fact.kind, fact.time
        if kind == _STATUS_CHANGED:
            if fact.rank not in (_RANK_APPLIED, _RANK_WITHDRAWN):
                row.last_employer_activity_at = time
                act_before, act = act, STATUS + fact.rank
        elif kind == _CREATED:
            row.last_candidate_activity_at = time
            if profile is None:
                profile = fact.profile or {}
                row.applied_at = time
        elif kind == _VIEWED:
            row.views += 1
            if row.first_viewed_at is None:
                row.first_viewed_at = time
            row.last_employer_activity_at = time
            act_before, act = act, VIEW
        elif kind == _MATCH_SCORE:
            changed_score = fact.score
        elif kind == _NOTE_ADDED:
            note_ids.add(fact.value or "")
            row.last_candidate_activity_at = time
        elif kind == _REMINDER:
            row.reminders += 1
        elif kind == _UPDATED:
            changes.append(fact.profile or {})
            row.updates += 1
            row.last_candidate_activity_at = time
        elif kind == _WITHDRAWN:
            row.withdraw_reason = fact.value
            row.last_candidate_activity_at = time
        else:
            (interview_ids if kind == _INTERVIEW else offer_ids).add(fact.value or "")
            row.last_employer_activity_at = time
            act_before, act = act, INTERVIEW if kind == _INTERVIEW else OFFER
            if response_at is None:
                response_at = time
    row.notes = len(note_ids)
    row.interviews_scheduled, row.offers_received = len(interview_ids), len(offer_ids)
    row.first_response_at = response_at
    row.last_act, row.act_before = act, act_before
    _apply_profile(row, profile, changes, changed_score)
    gap, irregular = _move(row, facts)
    row.flags = _flags(row, profile is None, irregular, gap)
    return row


def _move(row: Row, facts: list[Fact]) -> tuple[bool, bool]:
    """Fill in what follows from the transitions; whether there is a gap, and one outside the
    table."""
    status: int | None = None
    status_at = 0
    interviews = offers = 0
    gap = irregular = False
    for fact in facts:
        rank = fact.rank
        if rank > _RANK_WITHDRAWN:
            continue
        if fact.old is not None and fact.old != status:
            gap = True
        if rank == status:
            continue
        time = fact.time
        regular = _ALLOWED[status, rank]
        irregular = irregular or not regular
        row.status_changes.append(
            StatusChange(
                None if status is None else _NAMES[status],
                _NAMES[rank],
                time,
                None if status is None else hours_between(status_at, time),
                regular,
            )
        )
        status, status_at = rank, time
        interviews += rank == _RANK_INTERVIEW
        offers += rank == _RANK_OFFER
        if rank in _RANKS_OF_RESPONSE and (
            row.first_response_at is None or time < row.first_response_at
        ):
            row.first_response_at = time
    if status is not None:
        row.status, row.status_at = _NAMES[status], status_at
        if status == _RANK_HIRED:
            row.hired, row.hired_at = True, status_at
    row.interviews_scheduled = max(row.interviews_scheduled, interviews)
    row.offers_received = max(row.offers_received, offers)
    if row.first_response_at is not None and row.applied_at is not None:
        row.response_time_hours = max(0.0, hours_between(row.applied_at, row.first_response_at))
    return gap, irregular


def _apply_profile(
    row: Row,
    profile: dict[str, str | float] | None,
    changes: list[dict[str, str | float]],
    changed_score: float | None,
) -> None:
    """Fields of the first created, then each change in order, also one earlier in time."""
    for fields in (profile or {}, *changes):
        for name, value in fields.items():
            setattr(row, name, value)
    if changed_score is not None:
        row.match_score = changed_score


def _flags(row: Row, orphan: bool, irregular: bool, gap: bool) -> list[str]:
    early = (
        row.applied_at is not None
        and row.first_response_at is not None
        and row.first_response_at < row.applied_at
    )
    if not (early or gap or orphan or irregular):
        return []
    named = (("clock", early), ("gap", gap), ("orphan", orphan), ("transition", irregular))
    return [name for name, raised in named if raised]


def changed_fields(before: Row | None, after: Row) -> list[str]:
    """Names of the contract's columns that differ, in the table's order."""
    if before is None:
        return list(ROW_FIELDS)
    pairs = zip(ROW_FIELDS, astuple(before), astuple(after), strict=False)
    return [name for name, old, new in pairs if old != new]
