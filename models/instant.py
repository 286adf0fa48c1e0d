"""Instants: RFC 3339 in, microseconds since 1970-01-01T00:00:00Z inside, RFC 3339 out."""

import re
from datetime import UTC, datetime, timedelta

US_PER_SECOND = 1_000_000
US_PER_HOUR = 3_600 * US_PER_SECOND
US_PER_DAY = 24 * US_PER_HOUR

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
_EPOCH_ORDINAL = _NAIVE_EPOCH.toordinal()

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
).fullmatch

_ordinals: dict[str, int] = {}
_ORDINALS_MAX = 20_000  # days kept; 54 years of distinct dates


def _day(text: str) -> int:
    """Days since 1970 of `YYYY-MM-DD`; ValueError for a date that does not exist."""
    day = _ordinals.get(text)
    if day is None:
        day = datetime.fromisoformat(text).toordinal() - _EPOCH_ORDINAL
        if len(_ordinals) < _ORDINALS_MAX:
            _ordinals[text] = day
    return day


def parse(text: str) -> int:
    """Microseconds since 1970 of an RFC 3339 instant; digits beyond are cut, never rounded.

    Raises ValueError for anything else: no offset, a space for the T, second 60, a date
    that does not exist.
    """
    match = _RFC3339(text)
    if match is None:
        raise ValueError("not an RFC 3339 instant with an offset")
    date, hour, minute, second, fraction, sign, off_hour, off_minute = match.groups()
    seconds = _day(date) * 86_400 + int(hour) * 3_600 + int(minute) * 60 + int(second)
    if sign is not None:
        offset = int(off_hour) * 3_600 + int(off_minute) * 60
        seconds += offset if sign == "-" else -offset
    if fraction is None:
        return seconds * US_PER_SECOND
    return seconds * US_PER_SECOND + int(fraction[:6].ljust(6, "0"))


def to_datetime(us: int) -> datetime:
    """The aware UTC datetime of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


def from_datetime(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_rfc3339(us: int) -> str:
    """`2026-03-02T09:00:00Z`, with six decimals where the instant has any."""
    return to_datetime(us).replace(tzinfo=None).isoformat() + "Z"
