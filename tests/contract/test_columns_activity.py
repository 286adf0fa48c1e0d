"""CONTRACT.md, From facts to a row: what was done on either side, and how often."""

from typing import Any

from models.ageing import hours_in_stage, hours_of_silence
from models.analytics import ROW_FIELDS
from models.instant import to_datetime
from tests.contract.building import Json, Story, event, row, status
from tests.contract.columns import (
    Case,
    at,
    cases,
    check,
    created,
    interview,
    note,
    offer,
    score,
    updated,
    view,
)

RESPONSES = "shortlisted interview_scheduled interviewed offer_received hired rejected".split()

COLUMNS: list[Case] = [
    (
        "views, first_viewed_at: number and first time of `viewed_by_employer`",
        [view("a", 3), view("b", 2), status("viewed", "s", 1)],
        {"views": 2, "first_viewed_at": at(2)},
    ),
    ("first_viewed_at: none", [created()], {"views": 0, "first_viewed_at": None}),
    (
        "notes: distinct noteId",
        [note("a", 1, "x"), note("b", 2, "x"), note("c", 3, "y")],
        {"notes": 2},
    ),
    (
        "reminders: number of `reminder_triggered`",
        [event("reminder_triggered", "a"), event("reminder_triggered", "b")],
        {"reminders": 2},
    ),
    ("updates: number of `updated`", [updated("a", 1), updated("b", 2)], {"updates": 2}),
    *(
        (
            f"last_candidate_activity_at: last of … {told['type']}",
            [
                created(1),
                told,
                view("v", 6),
                event("reminder_triggered", "r", 6),
                status("applied", "s", 6),
                score("m", 6, 1),
            ],
            {"last_candidate_activity_at": at(5)},
        )
        for told in (
            created(5, "d"),
            updated("u", 5),
            note("n", 5, "n"),
            event("withdrawn", "w", 5),
        )
    ),
    ("last_candidate_activity_at: none", [view("v", 1)], {"last_candidate_activity_at": None}),
    *(
        (
            f"last_employer_activity_at: last of {told['type']} {told['data'].get('newStatus')}",
            [created(1), view("v", 2), told, created(6, "d"), note("n", 6, "n")],
            {"last_employer_activity_at": at(5)},
        )
        for told in (
            view("w", 5),
            interview("i", 5),
            offer("o", 5),
            *(status(to, "s", 5) for to in [*RESPONSES, "viewed"]),
        )
    ),
    (
        "last_employer_activity_at: `status_changed`, a repeated status too",
        [status("viewed", "s", 2), status("viewed", "t", 5)],
        {"last_employer_activity_at": at(5), "status_at": at(2)},
    ),
    (
        "`status_changed` to anything but applied and withdrawn",
        [status("applied", "s", 1), status("withdrawn", "t", 2), event("withdrawn", "w", 3)],
        {"last_employer_activity_at": None},
    ),
    (
        "version: number of facts, effective or not",
        [created(), view("v", 1), view("r", 1, retracts="v"), view("w", 2, corrects="v")],
        {"version": 4, "views": 1},
    ),
]


@cases(COLUMNS)
def test_column(events: list[Json], expected: dict[str, Any]) -> None:
    check(events, expected)


def test_revision_counts_committed_changes() -> None:
    """'revision | +1 for each committed change of the row'"""
    story = Story(created(), view("v", 2))
    assert story.held is not None
    assert story.held.revision == 2
    for told in (view("v", 2), view("v", 3), view("x", 2, userid="another")):
        story.tell(told)
        assert story.held.revision == 2


def test_what_depends_on_now_is_computed_when_read() -> None:
    """'What depends on now (hours of silence, hours in the present stage …) is computed when
    read, with `now` as an argument, and never stored in these columns.'"""
    made = row(created(1), status("viewed", "s", 2))
    assert made.status_at is not None
    assert made.applied_at is not None
    moved, applied = to_datetime(made.status_at), to_datetime(made.applied_at)
    now = to_datetime(at(3.5))
    assert hours_in_stage(moved, now) == 36.0
    assert hours_of_silence("viewed", applied, moved, now) == 36.0
    assert hours_of_silence("viewed", applied, None, now) == 60.0
    assert not any("hours" in name for name in ROW_FIELDS if name != "response_time_hours")
