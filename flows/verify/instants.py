"""RFC 3339 as the contract reads it, written for verify alone."""

import re

_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_BEFORE_1970 = 719_528  # from 0000-01-01, proleptic Gregorian
_CUT = 6  # digits of a microsecond


def microseconds(text: str) -> int | None:
    """Microseconds since 1970 UTC, further digits cut; None where it is not RFC 3339."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, zulu, sign, ahead_hours, ahead_minutes = found.groups()[6:]
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 59:
        return None
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _MONTH_DAYS[month - 1] + (leap and month == 2):
        return None
    offset_minutes = 0
    if zulu is None:
        if int(ahead_hours) > 23 or int(ahead_minutes) > 59:
            return None
        offset_minutes = int(sign + "1") * (int(ahead_hours) * 60 + int(ahead_minutes))
    past = year - 1
    days = 365 * year + (past // 4 - past // 100 + past // 400 + 1) - _DAYS_BEFORE_1970
    days += sum(_MONTH_DAYS[: month - 1]) + (leap and month > 2) + day - 1
    seconds = ((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second
    return seconds * 1_000_000 + (int(fraction[:_CUT].ljust(_CUT, "0")) if fraction else 0)
