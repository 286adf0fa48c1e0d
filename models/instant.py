"""Instants: RFC 3339 in, microseconds since 1970-01-01T00:00:00Z inside, RFC 3339 out."""

import re
from datetime import UTC, datetime, timedelta

US_PER_SECOND = 1_000_000
US_PER_HOUR = 3_600 * US_PER_SECOND
US_PER_DAY = 24 * US_PER_HOUR

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
_EPOCH_ORDINAL = _NAIVE_EPOCH.toordinal()
_DAYS_PER_400_YEARS = 146_097

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
).fullmatch

_midnights: dict[str, int] = {}
_MIDNIGHTS_MAX = 20_000  # 54 years of distinct dates
_clock_times: dict[str, int] = {}  # of at most 86,400 texts


def parse(text: str) -> int:
    """Microseconds since 1970 of an RFC 3339 instant; digits beyond are cut, never rounded.

    Raises ValueError for anything else: no offset, a space for the T, second 60, a date
    that does not exist.
    """
    midnight = _midnights.get(text[:10])
    clock_time = _clock_times.get(text[10:19])
    if midnight is not None and clock_time is not None and text[-1] == "Z":
        if len(text) == 20:
            return midnight + clock_time
        digits = text[20:-1]
        if text[19] == "." and digits.isdecimal() and digits.isascii():
            return midnight + clock_time + int(digits[:6].ljust(6, "0"))
    return _parse(text)


def _midnight(date: str) -> int:
    """Microseconds since 1970 of `YYYY-MM-DD`; ValueError for a date that does not exist."""
    midnight = _midnights.get(date)
    if midnight is None:
        midnight = (_ordinal(date) - _EPOCH_ORDINAL) * US_PER_DAY
        if len(_midnights) < _MIDNIGHTS_MAX:
            _midnights[date] = midnight
    return midnight


def _ordinal(date: str) -> int:
    if date.startswith("0000"):
        # Python's calendar begins with year 1; 400 years later the days are the same.
        return datetime.fromisoformat(f"0400{date[4:]}").toordinal() - _DAYS_PER_400_YEARS
    return datetime.fromisoformat(date).toordinal()


def _parse(text: str) -> int:
    match = _RFC3339(text)
    if match is None:
        raise ValueError("not an RFC 3339 instant with an offset")
    date, hour, minute, second, fraction, sign, off_hour, off_minute = match.groups()
    clock_time = (int(hour) * 3_600 + int(minute) * 60 + int(second)) * US_PER_SECOND
    us = _midnight(date) + clock_time
    _clock_times.setdefault(f"T{hour}:{minute}:{second}", clock_time)
    if sign is not None:
        offset = (int(off_hour) * 3_600 + int(off_minute) * 60) * US_PER_SECOND
        us += offset if sign == "-" else -offset
    return us if fraction is None else us + int(fraction[:6].ljust(6, "0"))


def to_datetime(us: int) -> datetime:
    """The aware UTC datetime of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


def from_datetime(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_rfc3339(us: int) -> str:
    """`2026-03-02T09:00:00Z`, with six decimals where the instant has any."""
    return to_datetime(us).replace(tzinfo=None).isoformat() + "Z"
