"""Cases of the contract's table of columns: its words, events, and what the columns must be."""

from typing import Any

import pytest

from models.instant import parse
from tests.contract.building import Json, event, row

Case = tuple[str, list[Json], dict[str, Any]]


def cases(table: list[Case]) -> Any:
    """Each case as a test of the events in both orders."""
    named = [pytest.param(*case, id=words) for words, *case in table]
    return pytest.mark.parametrize(("events", "expected"), named)


def check(events: list[Json], expected: dict[str, Any]) -> None:
    """The columns named are as expected, whichever event came first."""
    for order in (events, events[::-1]):
        made = row(*order)
        assert {name: getattr(made, name) for name in expected} == expected


def at(day: float) -> int:
    """Microseconds since 1970 of a time as `event` writes it."""
    return parse(event("created", day=day)["time"])


def created(day: float = 1, id_: str = "c", **fields: Any) -> Json:
    return event("created", id_, day, **fields)


def updated(id_: str, day: float, **changes: Any) -> Json:
    return event("updated", id_, day, data={"changes": changes})


def view(id_: str, day: float, **fields: Any) -> Json:
    return event("viewed_by_employer", id_, day, **fields)


def interview(id_: str, day: float, interview_id: str | None = None) -> Json:
    data = {} if interview_id is None else {"interviewId": interview_id}
    return event("interview_scheduled", id_, day, data=data)


def offer(id_: str, day: float, offer_id: str | None = None) -> Json:
    data = {} if offer_id is None else {"offerId": offer_id}
    return event("offer_received", id_, day, data=data)


def note(id_: str, day: float, note_id: str) -> Json:
    return event("note_added", id_, day, data={"noteId": note_id})


def score(id_: str, day: float, overall: float) -> Json:
    return event("match_score_updated", id_, day, data={"score": {"overallScore": overall}})
