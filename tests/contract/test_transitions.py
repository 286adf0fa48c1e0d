"""CONTRACT.md: what a transition is, and which are allowed."""

import json
from datetime import datetime

import pytest

from models.analytics import StatusChange
from models.application import TRANSITIONS, Status, allowed
from models.rows import status_changes_column
from tests.contract.building import Json, event, row, status

SENTENCE = (
    "none → applied · applied → viewed, shortlisted, interview_scheduled, offer_received, "
    "rejected, withdrawn · viewed → shortlisted, interview_scheduled, offer_received, rejected, "
    "withdrawn · shortlisted → interview_scheduled, offer_received, rejected, withdrawn · "
    "interview_scheduled → interviewed, offer_received, rejected, withdrawn · interviewed → "
    "interview_scheduled, offer_received, hired, rejected, withdrawn · offer_received → hired, "
    "rejected, withdrawn · rejected → shortlisted (reopened) · hired, withdrawn → none"
)
"""Allowed transitions, word for word."""


def _table() -> dict[str | None, set[str]]:
    table: dict[str | None, set[str]] = {}
    for part in SENTENCE.replace(" (reopened)", "").split(" · "):
        before, after = part.split(" → ")
        for name in before.split(", "):
            table[None if name == "none" else name] = set(after.split(", ")) - {"none"}
    return table


TABLE = _table()
PAIRS = [(before, after) for before in [None, *Status] for after in Status]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_allowed_transitions(before: Status | None, after: Status) -> None:
    """'Allowed transitions: …'"""
    assert allowed(before, after) == (after.value in TABLE[before])
    assert set(TABLE) == set(TRANSITIONS)


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair[0] != pair[1]])
def test_the_stream_keeps_others_as_facts(before: Status | None, after: Status) -> None:
    """'the stream keeps them as facts with `allowed` false'"""
    first = [] if before is None else [status(before, "a", 1)]
    last = row(*first, status(after, "b", 2)).status_changes[-1]
    assert (last.from_status, last.to_status) == (before, after)
    assert last.allowed == (after.value in TABLE[before])


def changes(*events: Json) -> list[tuple[str | None, str]]:
    return [(change.from_status, change.to_status) for change in row(*events).status_changes]


def test_what_leads_to_which_status() -> None:
    """'`created` → applied, `status_changed` → newStatus, `withdrawn` → withdrawn, in order'"""
    story = [event("withdrawn", "w", 3), status("viewed", "v", 2), event("created", "c", 1)]
    expected = [(None, "applied"), ("applied", "viewed"), ("viewed", "withdrawn")]
    assert changes(*story) == expected


def test_one_that_repeats_the_status_before_it_is_none() -> None:
    """'one that repeats the status before it is none'"""
    story = [event("created", "c", 1), status("applied", "a", 2), status("viewed", "v", 3)]
    story += [status("viewed", "v2", 4), event("withdrawn", "w", 5), status("withdrawn", "w2", 6)]
    expected = [(None, "applied"), ("applied", "viewed"), ("viewed", "withdrawn")]
    assert changes(*story) == expected


def test_events_without_a_status_are_none() -> None:
    """'9 for events without one'"""
    kinds = ("viewed_by_employer", "interview_scheduled", "offer_received", "note_added")
    assert changes(*(event(kind, kind) for kind in kinds)) == []


def test_from_is_the_status_before_whatever_old_status_claims() -> None:
    """'`from` is the status before it in order, whatever oldStatus claims.'"""
    story = [event("created", "c", 1), status("rejected", "r", 2, old="interviewed")]
    assert changes(*story) == [(None, "applied"), ("applied", "rejected")]


def test_from_to_at_hours_in_from_allowed() -> None:
    """'status_changes | the transitions: from, to, at, hours_in_from (null for the first),
    allowed'; 'keys as above, `at` RFC 3339'"""
    made = row(event("created", "c", 1), status("hired", "h", 2.5)).status_changes
    assert made[0].hours_in_from is None
    assert made[1] == StatusChange("applied", "hired", made[0].at + 36 * 3_600_000_000, 36.0, False)
    first, second = json.loads(status_changes_column(made))
    assert first == {
        "from": None,
        "to": "applied",
        "at": "2026-03-01T00:00:00Z",
        "hours_in_from": None,
        "allowed": True,
    }
    assert list(second) == ["from", "to", "at", "hours_in_from", "allowed"]
    assert datetime.fromisoformat(second["at"]).utcoffset() is not None
