"""The application as a person knows it: what the API shows and changes.

`after` follows the same rules as the fold, so that the answer of a write and the entity
that the flow derives from its events are one.
"""

from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from models.application import TRANSITIONS, Status
from models.events import Changes, Created, Data, StatusChanged, Updated, Withdrawn

_TICK = timedelta(microseconds=1)


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `applications`. `revision` is its ETag; instants are aware datetimes."""

    id: str
    user_id: str
    job_id: str | None = None
    job_title: str | None = None
    company: str | None = None
    location: str | None = None
    source: str | None = None
    match_score: float | None = None
    resume_id: str | None = None
    referral_code: str | None = None
    applied_at: datetime | None = None
    status: str | None = None
    status_at: datetime | None = None
    withdraw_reason: str | None = None
    orphan: bool = False
    cover_letter: str | None = None
    revision: int = 0
    last_write_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def stage(self) -> Status | None:
        """The status as a member of the enum."""
        return None if self.status is None else Status(self.status)

    @property
    def allowed_transitions(self) -> tuple[Status, ...]:
        """Where the application may go from here."""
        return TRANSITIONS[self.stage]


def event_time(now: datetime, *behind: datetime | None) -> datetime:
    """When a write takes place: now, but later than all that is known already.

    So the fold ends where the write's answer was, whatever other clocks say.
    """
    return max([now, *(instant + _TICK for instant in behind if instant is not None)])


def after(entity: Entity, data: Data, at: datetime) -> Entity:
    """The entity once an event with this data, later than all before it, is folded."""
    if isinstance(data, Created):
        return _moved(replace(entity, applied_at=at, **_known(data)), Status.APPLIED, at)
    if isinstance(data, Updated):
        return replace(entity, **_known(data.changes))
    if isinstance(data, StatusChanged):
        return _moved(entity, data.new_status, at)
    if isinstance(data, Withdrawn):
        reason = None if data.reason is UNSET else data.reason
        return _moved(replace(entity, withdraw_reason=reason), Status.WITHDRAWN, at)
    return entity


def _moved(entity: Entity, status: Status, at: datetime) -> Entity:
    """Repeating the present status is no transition."""
    if entity.status == status:
        return entity
    return replace(entity, status=status.value, status_at=at)


def _known(data: Created | Changes) -> dict[str, str | float]:
    fields = ((name, getattr(data, name)) for name in data.__struct_fields__)
    return {name: value for name, value in fields if value is not UNSET}
