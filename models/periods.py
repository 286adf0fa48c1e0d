"""Hours, days and ISO weeks of a time zone, daylight saving included."""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from models.errors import InvalidRequest

PERIODS_MAX = 10_000


class Per(StrEnum):
    """Length of a period."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


_LENGTH = {Per.HOUR: timedelta(hours=1), Per.DAY: timedelta(days=1), Per.WEEK: timedelta(weeks=1)}


def starts(per: Per, zone: tzinfo, since: datetime, until: datetime) -> list[datetime]:
    """When the periods begin in which [since, until) lies, ascending, in `zone`, and behind
    them the end of the last.

    A day begins at midnight, or where the clock goes on when there is no midnight; a week on
    Monday; an hour when the clock shows a full one, or is set. Raises InvalidRequest for more
    than 10,000, and outside the years 1 to 9999.
    """
    if (until - since) / _LENGTH[per] > PERIODS_MAX - 1:
        raise InvalidRequest(f"more than {PERIODS_MAX} periods: take longer ones, or fewer")
    try:
        return _starts(per, since.astimezone(zone), until)
    except OverflowError:
        raise InvalidRequest("outside the years 1 to 9999") from None


def _starts(per: Per, since: datetime, until: datetime) -> list[datetime]:
    start = _start(per, since)
    found = [start]
    while start.astimezone(UTC) < until.astimezone(UTC):
        start = _next(per, start)
        if start.astimezone(UTC) > found[-1].astimezone(UTC):  # some zones have skipped a day
            found.append(start)
    return found


def _start(per: Per, moment: datetime) -> datetime:
    """Begin of the period that `moment`, which has its zone, is in."""
    if per is Per.HOUR:
        passed = timedelta(
            minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
        )
        return _elapsed(moment, -passed)
    days = moment.weekday() if per is Per.WEEK else 0
    return _midnight(moment, -days)


def _next(per: Per, start: datetime) -> datetime:
    if per is Per.HOUR:
        return _elapsed(start, timedelta(minutes=60 - start.minute))
    return _midnight(start, 7 if per is Per.WEEK else 1)


def _midnight(moment: datetime, days: int) -> datetime:
    wall = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0) + timedelta(days)
    return _elapsed(wall, timedelta())  # a midnight that the clock skips shows a later time


def _elapsed(moment: datetime, time: timedelta) -> datetime:
    """So much later on a stopwatch; a sum within a zone would be one on the clock's face."""
    return (moment.astimezone(UTC) + time).astimezone(moment.tzinfo)
