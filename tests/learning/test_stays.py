"""Stays counted from what the log says of applications, however much of it one report tells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import Floats
from models.instant import US_PER_DAY, parse
from models.learner import Learner, keep, restore
from models.stays import DAYS, HALF_LIFE_DAYS, STAGES, Place, Stay, Stays, Wait, wait_of

BEGIN = parse("2026-01-01T00:00:00Z")
APPLIED, _, SHORTLISTED, SCHEDULED, INTERVIEWED, OFFER, HIRED, REJECTED, WITHDRAWN = range(1, 10)
"""Statuses by rank + 1."""


def day(number: float) -> int:
    return BEGIN + int(number * US_PER_DAY)


def place(
    changes: list[tuple[float, int]], acted: float = 0.0, views: int = 0, score: float | None = 73.0
) -> Place:
    """An application of day 0 that came to these statuses on these days."""
    reached = [(day(at), status) for at, status in changes]
    at, status = reached[-1] if reached else (day(0), APPLIED)
    interviews = sum(status == SCHEDULED for _, status in reached)
    silent_since = max([day(acted), *(when for when, one in reached if one != WITHDRAWN)])
    return Place(5, status, at, score, interviews, views, day(0), silent_since, reached)


ROAD = [(0.0, APPLIED), (4.0, SHORTLISTED), (6.0, SCHEDULED), (9.0, INTERVIEWED)]
AGAIN = [*ROAD, (10.0, SCHEDULED), (12.0, INTERVIEWED), (15.0, OFFER), (18.0, HIRED)]


def counted(stays: Stays) -> tuple[Floats, Floats]:
    cells, routes = stays.at([5], day(0))
    return cells[0], routes[0]


def test_a_life_is_counted_the_same_in_one_report_and_in_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.stays.HALF_LIFE_DAYS", 1e12)
    at_once, one_by_one = Stays(), Stays()
    at_once.hear(place(AGAIN), None, day(20))
    stay = None
    for end in range(1, len(AGAIN) + 1):
        stay = one_by_one.hear(place(AGAIN[:end]), stay, day(AGAIN[end - 1][0]))
    for mine, its in zip(counted(at_once), counted(one_by_one), strict=True):
        assert mine == pytest.approx(its)
    cells, routes = counted(at_once)
    by_stage = cells.sum(axis=1)
    assert by_stage[:, DAYS] == pytest.approx([4, 2, 3 + 2, 1 + 3, 3])
    assert by_stage[:, 0] == pytest.approx([1, 1, 2, 2, 1]), "advances"
    assert cells[:, 7].sum() == pytest.approx(cells.sum()), "a score of 73"
    assert routes[3, 1, 2] == pytest.approx(1), "to another interview"
    assert routes[3, 2, 4] == pytest.approx(1), "to the offer"
    assert stay is not None
    assert stay.stage >= STAGES


def test_looks_are_divided_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.stays.HALF_LIFE_DAYS", 1e12)
    stays = Stays()
    stay = stays.hear(place([]), None, day(0))
    stay = stays.hear(place([], acted=2.0, views=1), stay, day(2))
    assert stay == Stay(5, 0, 7, 0, 1, day(2))
    stays.hear(place([(6.0, SHORTLISTED)], acted=8.0, views=4), stay, day(9))
    looks = counted(stays)[0].sum(axis=1)[:, 2]
    assert looks[:2] == pytest.approx([1 + 3 * 4 / 6, 3 * 2 / 6])


def test_what_began_a_half_life_later_counts_twice() -> None:
    stays = Stays()
    stays.hear(place([(1.0, REJECTED)]), None, day(1))
    later = place([])._replace(
        applied_at=day(HALF_LIFE_DAYS),
        changes=[(day(HALF_LIFE_DAYS + 1), REJECTED)],
        status=REJECTED,
    )
    stays.hear(
        later._replace(silent_since=day(HALF_LIFE_DAYS + 1), employer=6),
        None,
        day(HALF_LIFE_DAYS + 1),
    )
    cells, _ = stays.at([5, 6], day(HALF_LIFE_DAYS))
    assert cells[:, 0, 7, 1] == pytest.approx([0.5, 1.0])


def test_who_has_withdrawn_waited_until_then() -> None:
    stays = Stays()
    stay = stays.hear(place([(4.0, SHORTLISTED), (5.0, WITHDRAWN)]), None, day(9))
    assert stay == Stay(5, 1, 7, 0, 0, day(4), day(5))
    early, late = wait_of(stay, day(4.5)), wait_of(stay, day(40))
    assert early is not None
    assert late is not None
    assert early.lasted == early.age < late.lasted < late.age
    assert wait_of(stay, day(4)) is None


def test_a_corrected_rejection_begins_another_stay() -> None:
    stays = Stays()
    rejected = stays.hear(place([(3.0, REJECTED)]), None, day(3))
    assert wait_of(rejected, day(9)) is None
    again = stays.hear(place([(3.0, REJECTED), (5.0, SHORTLISTED)]), rejected, day(5))
    assert again == Stay(5, 1, 7, 0, 0, day(5))
    assert counted(stays)[0][0].sum() > 0
    assert counted(stays)[0][1:].sum() == 0


_TIMES = st.integers(0, parse("2030-01-01T00:00:00Z"))
_STATUSES = st.integers(0, 9)
PLACES = st.builds(
    Place,
    employer=st.integers(0, 2),
    status=_STATUSES,
    status_at=st.none() | _TIMES,
    score=st.none() | st.floats(0, 100),
    interviews=st.integers(0, 9),
    views=st.integers(0, 1_000),
    applied_at=_TIMES,
    silent_since=_TIMES,
    changes=st.lists(st.tuples(_TIMES, _STATUSES), max_size=5).map(sorted),
)
REPORTS = st.lists(st.tuples(st.integers(0, 3), PLACES, _TIMES), max_size=12)


def heard(learner: Learner, reports: list[tuple[int, Place, int]]) -> None:
    """Any reports of a few applications, then a fit at the greatest clock."""
    known: dict[int, Stay] = {}
    clock = 0
    for application, told, time in reports:
        clock = max(clock, time)
        known[application] = learner.stays.hear(told, known.get(application), clock)
    waits = [wait_of(stay, clock) for stay in known.values()]
    learner.fit([wait for wait in waits if isinstance(wait, Wait)], clock)


@given(reports=REPORTS, then=REPORTS)
@settings(max_examples=60, deadline=None)
def test_any_reports_give_finite_rates_and_what_is_kept_fits_on_the_same(
    reports: list[tuple[int, Place, int]], then: list[tuple[int, Place, int]]
) -> None:
    learner = Learner()
    heard(learner, reports)
    again = restore(*keep(learner))
    for one in (learner, again):
        heard(one, then)
        assert all((counts >= 0).all() for counts in one.stays.counts.values())
    flat = learner.transitions.flat()
    assert np.isfinite(flat).all()
    assert flat.tobytes() == again.transitions.flat().tobytes()
    assert learner.stays.total == again.stays.total
