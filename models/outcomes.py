"""How an application came out, as the success model learns it.

Hired is 1, rejected 0, withdrawn is no label. Silence of the employer for longer than the
patience is a provisional 0, and 1 after all where somebody is hired later. An outcome that is
corrected or reopened is void: it stays learned, but is left out of the scores.
"""

from enum import StrEnum

import msgspec

from models.application import CLOSED, RESPONSES, Status
from models.instant import US_PER_DAY
from models.moments import next_age
from models.stays import Place, Stay


class Reason(StrEnum):
    """Why an application has this outcome."""

    HIRED = "hired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SILENCE = "silence"


LABELS: dict[Reason, bool | None] = {
    Reason.HIRED: True,
    Reason.REJECTED: False,
    Reason.WITHDRAWN: None,
    Reason.SILENCE: False,
}
_REASONS = {Status.HIRED: Reason.HIRED, Status.REJECTED: Reason.REJECTED}
_REASONS[Status.WITHDRAWN] = Reason.WITHDRAWN
_OF_STATUS: dict[str | None, Reason] = {status.value: why for status, why in _REASONS.items()}


class Report(msgspec.Struct, frozen=True):
    """What the log says of an application at a place; times in microseconds since 1970."""

    application_id: str
    partition: int
    offset: int
    status: str | None
    status_at: int | None
    silent_since: int
    """When the employer last did anything, or else the application was made."""
    applied_at: int
    first_response_at: int | None
    believed: bool | None
    """Whether its chance was told by a version past its cold start; None where none was told."""
    place: Place


class Standing(msgspec.Struct):
    """What is remembered of an application between its reports."""

    application_id: str
    partition: int
    offset: int
    silent_since: int
    status: str | None = None
    reason: Reason | None = None
    """Of the outcome in force, None while there is none."""
    position: int | None = None
    """Of the outcome in force."""
    next_age: int | None = None
    """When silence comes of another age and is to be predicted anew, microseconds."""
    taught: frozenset[bool] = frozenset()
    """Labels that were learned of it; void ones too, because nothing is unlearned."""
    stay: Stay | None = None
    """How it waits."""

    @property
    def is_open(self) -> bool:
        """Whether there is a chance to tell."""
        return self.status not in CLOSED


class Outcome(msgspec.Struct, frozen=True):
    """One decision; the facts up to (partition, offset) in the log were known."""

    position: int
    application_id: str
    reason: Reason
    decided_at: int
    """The log clock, microseconds since 1970."""
    partition: int
    offset: int
    replaces: int | None = None
    """Position of the outcome that was in force."""
    replaced: Reason | None = None
    """The reason of that one."""

    @property
    def label(self) -> bool | None:
        """Hired or not; None where there is nothing to learn."""
        return LABELS[self.reason]


class Void(msgspec.Struct, frozen=True):
    """An outcome that no longer counts, because it was corrected or reopened."""

    position: int
    by: int | None
    """Position of the outcome in its place, None where the application is open again."""


PATIENCE_DAYS = 21
"""Until enough answers have been seen."""
_PATIENCE_DAYS_MIN, _PATIENCE_DAYS_MAX = 14, 60
"""Less would learn answers as silence; more would keep what is learned waiting."""
_ANSWERS_MIN = 100
_ANSWERED_SHARE = 0.9
_DELAY_DAYS_MAX = 120


class Judge(msgspec.Struct):
    """Decides outcomes one report after the other. All of it is kept with the positions."""

    next_position: int = 1
    delays: list[int] = msgspec.field(default_factory=lambda: [0] * (_DELAY_DAYS_MAX + 1))
    """Answers by the whole days of silence before them."""

    @property
    def patience_us(self) -> int:
        """The silence after which an application counts as not hired, microseconds: the 90th
        percentile of the silences that answers have ended, between 14 and 60 days."""
        answers = sum(self.delays)
        if answers < _ANSWERS_MIN:
            return PATIENCE_DAYS * US_PER_DAY
        seen = days = 0
        for days, count in enumerate(self.delays, 1):  # noqa: B007
            seen += count
            if seen >= _ANSWERED_SHARE * answers:
                break
        return min(max(days, _PATIENCE_DAYS_MIN), _PATIENCE_DAYS_MAX) * US_PER_DAY

    def hear(
        self, report: Report, standing: Standing | None, clock: int
    ) -> tuple[Standing, list[Outcome | Void]]:
        """What the report changes, and the standing after it."""
        if standing is None:
            standing = Standing(
                report.application_id, report.partition, report.offset, report.silent_since
            )
            # How long the answers behind the first let wait, nobody has heard.
            self._observe(report.first_response_at, report.applied_at)
        elif report.status != standing.status and report.status in RESPONSES:
            self._observe(report.status_at, standing.silent_since)
        standing.partition, standing.offset = report.partition, report.offset
        standing.silent_since, standing.status = report.silent_since, report.status
        reason = _OF_STATUS.get(report.status)
        standing.next_age = None if reason else next_age(report.silent_since, clock)
        before = standing.reason
        if reason is before or (reason is None and before is Reason.SILENCE):
            return standing, []
        changes: list[Outcome | Void] = []
        if standing.position is not None and (
            before is not Reason.SILENCE or reason is Reason.WITHDRAWN
        ):
            by = None if reason is None else self.next_position
            changes.append(Void(standing.position, by))
        if reason is None:
            standing.reason = standing.position = None
        else:
            changes.append(self._decide(standing, reason, clock))
        return standing, changes

    def give_up(self, standing: Standing, clock: int) -> Outcome:
        """The employer has been silent for too long."""
        return self._decide(standing, Reason.SILENCE, clock)

    def _decide(self, standing: Standing, reason: Reason, clock: int) -> Outcome:
        outcome = Outcome(
            self.next_position,
            standing.application_id,
            reason,
            clock,
            standing.partition,
            standing.offset,
            standing.position,
            standing.reason,
        )
        self.next_position += 1
        standing.reason, standing.position = reason, outcome.position
        return outcome

    def _observe(self, answered_at: int | None, silent_since: int) -> None:
        if answered_at is not None:
            days = max(0, answered_at - silent_since) // US_PER_DAY
            self.delays[min(days, _DELAY_DAYS_MAX)] += 1
