"""CONTRACT.md, From facts to a row: which facts are effective, and their order."""

from itertools import permutations

import pytest

from models.facts import effective
from tests.contract.building import LEAST, Json, Story, event, fact, row, status


def view(id_: str, **fields: str) -> Json:
    """A fact that shows whether it counts."""
    return event("viewed_by_employer", id_, **fields)


def standing(*events: Json) -> str:
    """Ids of the effective facts, the same in whatever order they came."""
    found = {
        " ".join(fact.id for fact in effective(sorted(map(fact, order))))
        for order in permutations(events)
    }
    (only,) = found
    return only


EFFECTIVE: list[tuple[str, list[Json], str]] = [
    ("those whose id no fact `corrects`", [view("a"), view("b", corrects="a")], "b"),
    ("… or `retracts`, and which do not themselves `retracts`", [view("a", retracts="z")], ""),
    ("those whose id no fact `retracts`", [view("a"), view("b", retracts="a")], ""),
    (
        "A correction may itself be corrected.",
        [view("a"), view("b", corrects="a"), view("c", corrects="b")],
        "c",
    ),
    (
        "Of several corrections of one event only the one with the greatest id can stand",
        [view("a"), view("c", corrects="a"), view("b", corrects="a")],
        "c",
    ),
    (
        "… with the greatest id, as byte strings",
        [view("a"), view("b9", corrects="a"), view("b10", corrects="a")],
        "b9",
    ),
    (
        "… even if that one is itself corrected",
        [view("a"), view("b", corrects="a"), view("c", corrects="a"), view("d", corrects="c")],
        "d",
    ),
    (
        "… or retracted",
        [view("a"), view("b", corrects="a"), view("c", corrects="a"), view("d", retracts="c")],
        "",
    ),
    (
        "A correction may arrive before what it corrects: without its target it stands",
        [view("b", corrects="a")],
        "b",
    ),
    (
        "To remove a corrected event, retract its correction.",
        [view("a"), view("b", corrects="a"), view("c", retracts="b")],
        "",
    ),
    (
        "To remove a corrected event, retracting the event itself is not enough",
        [view("a"), view("b", corrects="a"), view("c", retracts="a")],
        "b",
    ),
    (
        "Every fact's `corrects` and `retracts` counts, itself effective or not",
        [view("a"), view("x"), view("b", corrects="a"), view("c", retracts="b")],
        "x",
    ),
    (
        "retracting a retraction revives nothing",
        [view("a"), view("b", retracts="a"), view("c", retracts="b")],
        "",
    ),
    (
        "correcting a retraction revives nothing",
        [view("a"), view("b", retracts="a"), view("c", corrects="b")],
        "c",
    ),
    (
        "retracting the greatest correction revives nothing",
        [view("a"), view("b", corrects="a"), view("c", corrects="a"), view("d", retracts="c")],
        "",
    ),
    (
        "both: one that corrects and retracts is a retraction, and its `corrects` counts",
        [view("a"), view("b"), view("c", corrects="a", retracts="b")],
        "",
    ),
    (
        "both: as the greatest correction it lets no other stand",
        [view("a"), view("b", corrects="a"), view("c", corrects="a", retracts="z")],
        "",
    ),
    ("one that corrects itself does not stand", [view("a", corrects="a")], ""),
    ("two that correct each other", [view("a", corrects="b"), view("b", corrects="a")], ""),
]


@pytest.mark.parametrize(
    ("facts", "expected"), [pytest.param(*case, id=words) for words, *case in EFFECTIVE]
)
def test_effective(facts: list[Json], expected: str) -> None:
    assert standing(*facts) == expected


def test_a_correction_keeps_its_own_time() -> None:
    """'a correction keeps its own time'"""
    corrected = row(event("created", "a", 1), event("created", "b", 4, corrects="a"))
    assert corrected.applied_at == fact(event("created", "b", 4)).time


@pytest.mark.parametrize("kind", LEAST)
def test_a_correction_may_have_another_type(kind: str) -> None:
    """'and may have another type'"""
    assert standing(view("a"), event(kind, "b", corrects="a")) == "b"


@pytest.mark.parametrize("kind", LEAST)
def test_a_retraction_of_any_type_counts_nothing(kind: str) -> None:
    """'Effective facts: … which do not themselves `retracts`'"""
    alone = row(event(kind, "r", retracts="z"))
    assert (alone.version, alone.status, alone.views, alone.flags) == (1, None, 0, ["orphan"])


RANKED = (
    "applied viewed shortlisted interview_scheduled interviewed offer_received hired rejected"
    " withdrawn"
).split()


def test_order_is_by_time_first() -> None:
    """'All **order** is by (time, rank, id)'"""
    later = row(status("viewed", "b", 2), status("rejected", "a", 1))
    assert later.status == "viewed"


def test_order_at_one_time_is_by_rank() -> None:
    """'rank is the position, from 0, of the status that a created, status_changed or withdrawn
    event leads to in the list applied, viewed, …; 9 for events without one'"""
    events = [status(to, f"{9 - rank}") for rank, to in enumerate(RANKED)]
    facts = effective(sorted(map(fact, [event("viewed_by_employer", "0"), *reversed(events)])))
    assert [one.rank for one in facts] == [*range(9), 9]
    assert [change.to_status for change in row(*reversed(events)).status_changes] == RANKED


def test_created_counts_as_applied_and_withdrawn_as_withdrawn() -> None:
    """'(`created` counts as applied)'"""
    assert fact(event("created")).rank == 0
    assert fact(event("withdrawn")).rank == 8
    assert {fact(event(kind)).rank for kind in LEAST if kind not in _LEADING} == {9}


_LEADING = {"created", "withdrawn", "status_changed"}


def test_order_at_one_time_and_rank_is_by_id_as_bytes() -> None:
    """'ids compare as byte strings'"""
    ids = ["-", ".", "0", "10", "9", ":", "A", "Z", "_", "a", "aa", "b"]
    facts = sorted(fact(view(id_)) for id_ in reversed(ids))
    assert [one.id for one in facts] == ids == sorted(ids, key=str.encode)


def test_a_source_that_only_knows_days_yields_a_sensible_story() -> None:
    """'So a source that only knows days still yields a sensible story.'"""
    told = row(
        status("hired", "a"),
        status("offer_received", "b"),
        status("interviewed", "c"),
        status("interview_scheduled", "d"),
        event("created", "e"),
    )
    assert told.status == "hired"
    assert told.flags == []


def test_acceptance_follows_arrival_and_the_row_does_not() -> None:
    """'Acceptance (id, owner, size) follows arrival; the row follows from the accepted set
    alone.'"""
    told = [
        event("created", "a"),
        status("viewed", "b", 2),
        status("shortlisted", "c", 3, old="viewed"),
        event("updated", "d", 2.5, data={"changes": {"company": "d"}}),
        event("viewed_by_employer", "f", 2, corrects="b"),
    ]
    first = row(*told)
    assert all(row(*order) == first for order in permutations(told))
    foreign = event("viewed_by_employer", "x", 9, userid="another")
    assert Story(told[0], foreign).row == row(told[0])
    assert Story(foreign, told[0]).row == row(foreign)


def test_a_row_stands_even_when_no_fact_is_effective() -> None:
    """'A row stands even when no fact is effective'"""
    empty = row(event("created", "a"), event("created", "b", retracts="a"))
    assert (empty.user_id, empty.version, empty.flags) == ("user", 2, ["orphan"])
    assert (empty.status, empty.applied_at, empty.job_id) == (None, None, None)
