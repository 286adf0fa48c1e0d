"""What passes with time alone: computed when read, with now as an argument, never stored."""

from datetime import datetime, timedelta

from models.application import CLOSED

_HOUR = timedelta(hours=1)


def hours_in_stage(status_at: datetime | None, now: datetime) -> float | None:
    """Hours since the last transition, at least 0; None without one."""
    return None if status_at is None else _hours(status_at, now)


def hours_of_silence(
    status: str | None,
    applied_at: datetime | None,
    last_employer_activity_at: datetime | None,
    now: datetime,
) -> float | None:
    """Hours since the employer last did anything, at least 0; since the application where he
    never did. None once it is closed or when it has no beginning."""
    since = last_employer_activity_at or applied_at
    return None if since is None or status in CLOSED else _hours(since, now)


def _hours(start: datetime, now: datetime) -> float:
    return max(0.0, (now - start) / _HOUR)
