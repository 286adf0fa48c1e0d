"""CONTRACT.md: the flags of a row."""

import pytest

from tests.contract.building import Json, event, row, status

CREATED = event("created", "c", 1)

FLAGS: list[tuple[str, list[Json], list[str]]] = [
    ("none", [CREATED, status("viewed", "s", 2, old="applied")], []),
    ("`orphan` (no `created` yet …)", [event("viewed_by_employer", "v")], ["orphan"]),
    (
        "`orphan`: a created that does not stand is none",
        [CREATED, event("created", "r", 2, retracts="c")],
        ["orphan"],
    ),
    ("`orphan`: a status is no created", [status("applied", "s", 1)], ["orphan"]),
    ("`transition` (one outside the table)", [CREATED, status("hired", "s", 2)], ["transition"]),
    (
        "`transition`: one in the middle too",
        [CREATED, status("interviewed", "s", 2), status("rejected", "t", 3)],
        ["transition"],
    ),
    (
        "`transition`: none → applied only",
        [status("viewed", "s", 1)],
        ["orphan", "transition"],
    ),
    (
        "`transition`: what repeats a status is no transition",
        [CREATED, status("rejected", "s", 2), status("rejected", "t", 3)],
        [],
    ),
    (
        "`gap` (… oldStatus is not the status before it in order)",
        [CREATED, status("shortlisted", "s", 2, old="viewed")],
        ["gap"],
    ),
    (
        "`gap` (… or is given where there is none)",
        [status("applied", "s", 1, old="applied"), CREATED | {"time": "2026-03-02T00:00:00Z"}],
        ["gap"],
    ),
    (
        "`gap`: of a status that repeats the one before too",
        [CREATED, status("viewed", "s", 2), status("viewed", "t", 3, old="applied")],
        ["gap"],
    ),
    (
        "`gap`: in order, not in arrival",
        [status("shortlisted", "t", 3, old="viewed"), CREATED, status("viewed", "s", 2)],
        [],
    ),
    (
        "`gap`: (an effective status_changed …)",
        [
            CREATED,
            status("shortlisted", "s", 2, old="viewed"),
            event("status_changed", "r", 3, retracts="s"),
        ],
        [],
    ),
    ("`gap`: no claim, no gap", [CREATED, status("shortlisted", "s", 2)], []),
    (
        "`clock` (a response before applied_at)",
        [CREATED, event("offer_received", "o") | {"time": "2026-02-28T23:59:59.999999Z"}],
        ["clock"],
    ),
    (
        "`clock`: one at the same time is not before",
        [CREATED, event("offer_received", "o", 1)],
        [],
    ),
    (
        "`clock`: a view is no response",
        [CREATED, event("viewed_by_employer", "v") | {"time": "2026-02-01T00:00:00Z"}],
        [],
    ),
    (
        "sorted list",
        [
            status("hired", "h", 1, old="viewed"),
            event("created", "c", 2),
        ],
        ["clock", "gap", "transition"],
    ),
]


@pytest.mark.parametrize(
    ("events", "expected"), [pytest.param(*case, id=words) for words, *case in FLAGS]
)
def test_flags(events: list[Json], expected: list[str]) -> None:
    assert row(*events).flags == expected
    assert row(*events[::-1]).flags == expected
