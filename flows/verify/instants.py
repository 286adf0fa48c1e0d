"""RFC 3339 as the contract reads it, written for verify alone."""

import re
from functools import lru_cache

_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_FORM = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[Tt]({_CLOCK}:[0-5][0-9])(?:\.([0-9]+))?"
    rf"(?:[Zz]|([+-]{_CLOCK}))"
)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_BEFORE_1970 = 719_528  # from 0000-01-01, proleptic Gregorian
_CUT = 6  # digits of a microsecond


def microseconds(text: str) -> int | None:
    """Microseconds since 1970 UTC, further digits cut; None where it is not RFC 3339."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    date, clock, fraction, offset = found.groups()
    days = _days(date)
    if days is None:
        return None
    seconds = days * 86_400 + _seconds(clock)
    if offset is not None:
        ahead = _seconds(offset[1:] + ":00")
        seconds += ahead if offset[0] == "-" else -ahead
    return seconds * 1_000_000 + (int(fraction[:_CUT].ljust(_CUT, "0")) if fraction else 0)


@lru_cache(maxsize=10_000)
def _days(date: str) -> int | None:
    """From 1970-01-01; None for a day that the calendar does not have."""
    year, month, day = map(int, date.split("-"))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12 or not 1 <= day <= _MONTH_DAYS[month - 1] + (leap and month == 2):
        return None
    past = year - 1
    days = 365 * year + (past // 4 - past // 100 + past // 400 + 1) - _DAYS_BEFORE_1970
    return days + sum(_MONTH_DAYS[: month - 1]) + (leap and month > 2) + day - 1


@lru_cache(maxsize=100_000)
def _seconds(clock: str) -> int:
    """Of hh:mm:ss since midnight."""
    hour, minute, second = map(int, clock.split(":"))
    return (hour * 60 + minute) * 60 + second
