"""CONTRACT.md, From facts to a row: how far the application has come, and when it was answered."""

from typing import Any

from tests.contract.building import Json, row, status
from tests.contract.columns import Case, at, cases, check, created, interview, offer, view

RESPONSES = "shortlisted interview_scheduled interviewed offer_received hired rejected".split()
SILENT = "applied viewed withdrawn".split()

COLUMNS: list[Case] = [
    (
        "status, status_at: the last **transition**",
        [created(), status("viewed", "s", 2), status("viewed", "t", 3)],
        {"status": "viewed", "status_at": at(2)},
    ),
    ("status: null without one", [view("v", 1)], {"status": None, "status_at": None}),
    (
        "interviews_scheduled: distinct interviewId (the event's id where absent)",
        [
            interview("a", 1, "x"),
            interview("b", 2, "x"),
            interview("y", 3),
            interview("c", 4, "y"),
            interview("z", 5),
        ],
        {"interviews_scheduled": 3},
    ),
    (
        "interviews_scheduled: the larger of …; transitions to `interview_scheduled`",
        [
            interview("a", 1, "x"),
            status("interview_scheduled", "s", 2),
            status("interviewed", "t", 3),
            status("interview_scheduled", "u", 4),
            status("interview_scheduled", "w", 5),
        ],
        {"interviews_scheduled": 2, "offers_received": 0},
    ),
    (
        "offers_received: the same with offerId and `offer_received`",
        [
            offer("a", 1, "x"),
            offer("b", 2, "x"),
            offer("y", 3),
            offer("c", 4, "y"),
            offer("z", 5),
        ],
        {"offers_received": 3},
    ),
    (
        "offers_received: the larger of …; transitions to `offer_received`",
        [
            offer("a", 1),
            status("offer_received", "s", 1),
            status("rejected", "t", 2),
            status("offer_received", "u", 3),
        ],
        {"offers_received": 2, "interviews_scheduled": 0},
    ),
    (
        "hired, hired_at: last transition is to hired; its time",
        [created(), status("hired", "h", 2), status("hired", "i", 3)],
        {"hired": True, "hired_at": at(2)},
    ),
    (
        "hired, hired_at: not when another transition is the last",
        [created(), status("hired", "h", 2), status("rejected", "r", 3)],
        {"hired": False, "hired_at": None},
    ),
    *(
        (
            f"first_response_at: first of: a transition to {to}",
            [created(1), status(to, "s", 2), status("rejected", "z", 3), interview("i", 4)],
            {"first_response_at": at(2), "response_time_hours": 24.0},
        )
        for to in RESPONSES
    ),
    *(
        (
            f"first_response_at: not a transition to {to}",
            [created(1), status(to, "s", 2), view("v", 2)],
            {"first_response_at": None, "response_time_hours": None},
        )
        for to in SILENT
    ),
    (
        "first_response_at: first of: an `interview_scheduled`",
        [created(1), interview("i", 2), offer("o", 3)],
        {"first_response_at": at(2)},
    ),
    (
        "first_response_at: first of: an `offer_received`",
        [created(1), offer("o", 2), status("rejected", "r", 3)],
        {"first_response_at": at(2)},
    ),
    (
        "response_time_hours: at least 0",
        [created(3), status("rejected", "r", 1)],
        {"response_time_hours": 0.0, "first_response_at": at(1)},
    ),
    (
        "response_time_hours: null unless both are known",
        [status("rejected", "r", 1)],
        {"response_time_hours": None, "first_response_at": at(1)},
    ),
]


@cases(COLUMNS)
def test_column(events: list[Json], expected: dict[str, Any]) -> None:
    check(events, expected)


def test_hours_are_microseconds_over_3_600_000_000_as_a_double() -> None:
    """'microseconds / 3_600_000_000 as a double'"""
    # Multiplying by the reciprocal gives another double here.
    answer = status("rejected", "r") | {"time": "2026-03-01T00:00:01.000022Z"}
    assert row(created(), answer).response_time_hours == 1_000_022 / 3_600_000_000
