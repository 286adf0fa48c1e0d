"""Dates as people write them in spreadsheets."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum

from models import instant


class Order(StrEnum):
    """Which number of 3/4/2025 is the day."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


_NUMERIC = re.compile(
    r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4}|\d{2})(?:,?\s+(\d{1,2}:\d\d)(?::\d\d)?)?"
)
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})")
_NAMED = re.compile(
    r"(?:[^\W\d]+,\s+)?(\d{1,2})(?:st|nd|rd|th|º|\.)?[\s-]+(?:de\s+)?([^\W\d]+)\.?,?[\s-]+(?:de\s+)?(\d{4}|\d{2})"
)
_NAMED_FIRST = re.compile(r"(?:[^\W\d]+,\s+)?([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_UNIX = re.compile(r"1\d{9}(?:\.0)?|1\d{12}")
_BETWEEN = re.compile(r"\s*(?:&|;|\n|\band\b|\bund\b|\ben\b|\by\b|\bet\b)\s*|,\s+(?=\d{1,4}[./-])")

_MONTHS: dict[str, int] = {
    prefix: number
    for number, prefixes in enumerate(
        (
            "jan ene gen",
            "feb fév fev",
            "mar mrt maa mär mrz",
            "apr abr avr",
            "may mei mai",
            "jun jui",
            "jul",
            "aug ago aoû aou",
            "sep",
            "oct okt",
            "nov",
            "dec dez dic déc",
        ),
        1,
    )
    for prefix in prefixes.split()
}
_MONTHS |= {"juil": 7}


def parse(text: str, order: Order, zone: tzinfo, midday: time) -> list[int]:
    """Microseconds since 1970 of the dates in a cell; a day alone gets the time `midday`.

    Raises ValueError for a cell that holds anything else, a year left out included.
    """
    return [_one(part.strip(), order, zone, midday) for part in _BETWEEN.split(text.strip())]


def guess_order(texts: Iterable[str]) -> Order | None:
    """What the numbers above 12 say; None where they say nothing or both."""
    seen = set()
    for text in texts:
        for part in _BETWEEN.split(text.strip()):
            match = _NUMERIC.fullmatch(part)
            if match:
                if int(match[1]) > 12:
                    seen.add(Order.DAY_FIRST)
                elif int(match[2]) > 12:
                    seen.add(Order.MONTH_FIRST)
    return seen.pop() if len(seen) == 1 else None


def is_ambiguous(texts: Iterable[str]) -> bool:
    """Whether any cell has a day in numbers that the order decides."""
    return any(_NUMERIC.fullmatch(part) for text in texts for part in _BETWEEN.split(text.strip()))


def _one(text: str, order: Order, zone: tzinfo, midday: time) -> int:
    if _UNIX.fullmatch(text):
        number = int(float(text))
        return number * (1_000 if number > 10**11 else instant.US_PER_SECOND)
    moment = _day(text, order)
    if moment is None:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("not a date with day, month and year") from None
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
    else:
        day, clock = moment
        aware = datetime.combine(day, clock or midday, zone)
    return instant.from_datetime(aware.astimezone(UTC))


def _day(text: str, order: Order) -> tuple[date, time | None] | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[2]), int(match[3])), None
    if match := _NUMERIC.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        day, month = (first, second) if order is Order.DAY_FIRST else (second, first)
        clock = time.fromisoformat(match[4].zfill(5)) if match[4] else None
        return date(_year(match[3]), month, day), clock
    if match := _NAMED.fullmatch(text):
        return date(_year(match[3]), _month(match[2]), int(match[1])), None
    if match := _NAMED_FIRST.fullmatch(text):
        return date(int(match[3]), _month(match[1]), int(match[2])), None
    return None


def _year(text: str) -> int:
    return int(text) + (2_000 if len(text) == 2 else 0)


def _month(name: str) -> int:
    lower = name.lower()
    month = _MONTHS.get(lower[:4]) or _MONTHS.get(lower[:3])
    if month is None:
        raise ValueError(f"unknown month {name}")
    return month
