"""Kinds of value that several bodies share."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from models import instant
from models.events import IDENTIFIER_PATTERN

COVER_LETTER_CHARACTERS_MAX = 50_000
NOTE_CHARACTERS_MAX = 10_000


def _instant(text: str) -> str:
    try:
        instant.to_datetime(instant.parse(text))
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999 in UTC") from error
    return text


def moment(text: str) -> datetime:
    """The aware UTC datetime of a valid RFC 3339 text."""
    return instant.to_datetime(instant.parse(text))


def moment_or_day(text: str) -> datetime:
    """The same, a day meaning its midnight in UTC."""
    if len(text) == _DAY_CHARACTERS:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    return moment(text)


def _instant_or_day(text: str) -> str:
    if len(text) == _DAY_CHARACTERS:
        date.fromisoformat(text)
        return text
    return _instant(text)


_DAY_CHARACTERS = len("2026-03-01")

Instant = Annotated[
    str,
    Field(strict=True, max_length=64),
    AfterValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339 with an offset, kept as it came: the offset says where somebody is."""

Moment = Annotated[
    str,
    Field(max_length=64),
    AfterValidator(_instant_or_day),
    WithJsonSchema({"type": "string", "examples": ["2026-03-01", "2026-03-01T09:00:00Z"]}),
]
"""Of a filter: RFC 3339, or a day in UTC."""

Identifier = Annotated[str, Field(strict=True, pattern=f"^{IDENTIFIER_PATTERN}$")]
