"""CONTRACT.md, From facts to a row: each column of the table."""

from typing import Any

import pytest

from models.ageing import hours_in_stage, hours_of_silence
from models.analytics import ROW_FIELDS
from models.instant import parse, to_datetime
from tests.contract.building import Json, Story, event, row, status


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


FULL = {"location": "Berlin", "source": "referral", "matchScore": 40, "resumeId": "r"}
RESPONSES = "shortlisted interview_scheduled interviewed offer_received hired rejected".split()
SILENT = "applied viewed withdrawn".split()

# words of the contract, events, the columns
COLUMNS: list[tuple[str, list[Json], dict[str, Any]]] = [
    (
        "job_id, job_title, company, location, source: from the first `created`",
        [created(2, "a", data={"company": "second"}), created(1, "b", data=FULL)],
        {
            "job_id": "j",
            "job_title": "t",
            "company": "c",
            "location": "Berlin",
            "source": "referral",
        },
    ),
    (
        "then each `updated.changes` in order",
        [updated("v", 3, company="z"), created(), updated("u", 2, company="y", location="Rome")],
        {"company": "z", "location": "Rome", "job_title": "t"},
    ),
    (
        "(also one earlier in time …)",
        [created(2), updated("u", 1, company="earlier")],
        {"company": "earlier", "job_id": "j"},
    ),
    (
        "(… also without a created)",
        [updated("u", 1, company="known")],
        {"company": "known", "job_id": None, "applied_at": None},
    ),
    (
        "applied_at: time of the first `created`",
        [created(3, "a"), created(2, "b"), status("applied", "s", 1)],
        {"applied_at": at(2)},
    ),
    ("applied_at: null without one", [status("applied", "s", 1)], {"applied_at": None}),
    (
        "status, status_at: the last **transition**",
        [created(), status("viewed", "s", 2), status("viewed", "t", 3)],
        {"status": "viewed", "status_at": at(2)},
    ),
    ("status: null without one", [view("v", 1)], {"status": None, "status_at": None}),
    (
        "views, first_viewed_at: number and first time of `viewed_by_employer`",
        [view("a", 3), view("b", 2), status("viewed", "s", 1)],
        {"views": 2, "first_viewed_at": at(2)},
    ),
    ("first_viewed_at: none", [created()], {"views": 0, "first_viewed_at": None}),
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
        "match_score: the last `match_score_updated` overallScore",
        [
            score("a", 3, 30),
            created(4, data=FULL),
            score("b", 2, 20),
            updated("u", 5, matchScore=1),
        ],
        {"match_score": 30.0},
    ),
    (
        "match_score: else created's matchScore as updated",
        [created(data=FULL), updated("u", 2, matchScore=55.5)],
        {"match_score": 55.5},
    ),
    ("match_score: else created's matchScore", [created(data=FULL)], {"match_score": 40.0}),
    ("match_score: none", [created()], {"match_score": None}),
    (
        "version: number of facts, effective or not",
        [created(), view("v", 1), view("r", 1, retracts="v"), view("w", 2, corrects="v")],
        {"version": 4, "views": 1},
    ),
    (
        "application_id, user_id: the subject; the owner",
        [view("v", 1, userid="me")],
        {"user_id": "me"},
    ),
]


@pytest.mark.parametrize(
    ("events", "expected"), [pytest.param(*case, id=words) for words, *case in COLUMNS]
)
def test_column(events: list[Json], expected: dict[str, Any]) -> None:
    for order in (events, events[::-1]):
        made = row(*order)
        assert {name: getattr(made, name) for name in expected} == expected


def test_hours_are_microseconds_over_3_600_000_000_as_a_double() -> None:
    """'microseconds / 3_600_000_000 as a double'"""
    # Multiplying by the reciprocal gives another double here.
    answer = status("rejected", "r") | {"time": "2026-03-01T00:00:01.000022Z"}
    assert row(created(), answer).response_time_hours == 1_000_022 / 3_600_000_000


def test_revision_counts_committed_changes() -> None:
    """'revision | +1 for each committed change of the row'"""
    story = Story(created(), view("v", 2))
    assert story.held is not None
    assert story.held.revision == 2
    for told in (view("v", 2), view("v", 3), view("x", 2, userid="another")):
        story.tell(told)
        assert story.held.revision == 2


def test_only_effective_facts_are_told() -> None:
    """'value, over effective facts'"""
    story = row(
        created(),
        *[interview("i", 2), status("hired", "h", 3), note("n", 4, "n"), offer("o", 5)],
        *[event("created", f"r{id_}", 6, retracts=id_) for id_ in "ihno"],
    )
    assert story == row(created()).__class__(
        **{name: getattr(row(created()), name) for name in story.__struct_fields__}
        | {"version": 9, "last_fact_at": at(6)}
    )


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
