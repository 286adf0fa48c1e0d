"""CONTRACT.md, From facts to a row: what the job and the application are."""

from typing import Any

from tests.contract.building import Json, event, row, status
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

FULL = {"location": "Berlin", "source": "referral", "matchScore": 40, "resumeId": "r"}

COLUMNS: list[Case] = [
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
        "application_id, user_id: the subject; the owner",
        [view("v", 1, userid="me")],
        {"user_id": "me"},
    ),
]


@cases(COLUMNS)
def test_column(events: list[Json], expected: dict[str, Any]) -> None:
    check(events, expected)


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
