"""The multi-state model against what it is made from: known rates found again, its linear system
iterated, its silence by Bayes."""

from random import Random

import numpy as np
import pytest

from models.analytics import Row
from models.application import RANK
from models.features import EMPLOYERS, Floats
from models.instant import US_PER_DAY, parse
from models.learner import FORGETTING, Learner
from models.stays import HIRED, ROUNDS, STAGES, Place, Stays, Wait, wait_of
from models.transition_fit import fit
from models.transitions import RATES, SCORE_SCALE, Transitions, from_flat, pooled, unfitted

BEGIN = parse("2026-01-01T00:00:00Z")
END_DAYS = 240.0
_APPLIED = RANK["applied"] + 1
_OF_STAGE = [RANK[name] + 1 for name in ("applied", "shortlisted", "interview_scheduled")]
_OF_STAGE += [RANK[name] + 1 for name in ("interviewed", "offer_received", "hired", "rejected")]
RATES_A_DAY = np.array([0.12, 0.05, 0.04, 0.2])
"""Advance, reject, forget, look."""
PACES = (2.0, 1.0, 0.5)
"""Of the employers: how much faster they advance."""


def life(random: Random, employer: int) -> tuple[Place, float]:
    """One application, by competing rates: how it stands at the end, and when it was made."""
    made = random.uniform(0.0, END_DAYS - 1.0)
    score = random.choice((20.0, 50.0, 80.0))
    rates = RATES_A_DAY * [PACES[employer] * np.exp(0.5 * (score - 50.0) / SCORE_SCALE), 1, 1, 1]
    now, acted, stage, views = made, made, 0, 0
    changes: list[tuple[int, int]] = []
    while stage < HIRED:
        now += random.expovariate(float(rates.sum()))
        [act] = random.choices(range(RATES), rates)
        if now >= END_DAYS or act == 2:
            break
        acted = now
        if act == 3:
            views += 1
            continue
        stage = stage + 1 if act == 0 else HIRED + 1
        changes.append((day(now), _OF_STAGE[stage]))
    status_at, status = changes[-1] if changes else (day(made), _APPLIED)
    interviews = min(len(changes), int(stage >= 2))
    place = Place(
        employer, status, status_at, score, interviews, views, day(made), day(acted), changes
    )
    return place, made


def day(number: float) -> int:
    return BEGIN + int(number * US_PER_DAY)


@pytest.fixture(scope="module")
def fitted() -> Transitions:
    """What 3,000 lives teach, in three fits."""
    random, stays, found = Random(4), Stays(), unfitted()
    waits: list[Wait] = []
    clock = day(END_DAYS)
    for number in range(3_000):
        place, _ = life(random, number % len(PACES))
        wait = wait_of(stays.hear(place, None, clock), clock)
        waits += [] if wait is None else [wait]
        if number % 1_000 == 999:
            found = fit(stays, waits, clock, found)
    return found


def test_rates_are_found_again_though_nobody_tells_of_forgetting(fitted: Transitions) -> None:
    middle = fitted.stages[0] + fitted.effects[1]
    assert np.exp(middle) == pytest.approx(RATES_A_DAY, rel=0.25)
    assert fitted.slopes == pytest.approx([0.5, 0.0], abs=0.1)
    paces = np.exp(fitted.effects[:, 0] - fitted.effects[1, 0])
    assert paces == pytest.approx(PACES, rel=0.25)
    assert fitted.seen.sum() < 3_000 * 5


def test_a_stage_nobody_came_to_is_believed_to_be_like_the_others() -> None:
    stays, rejected = Stays(), _OF_STAGE[HIRED + 1]
    for number in range(100):
        end = day(1.0 + number / 10)
        place = Place(0, rejected, end, 50.0, 0, 2, day(0.0), end, [(end, rejected)])
        stays.hear(place, None, end)
    found = fit(stays, [], day(12.0), unfitted())
    forgets = np.exp(found.stages[:, 2])
    assert forgets[0] < 0.02, "of a hundred none was forgotten"
    assert forgets[0] < forgets[4] < 0.04, "so few offers will be, where one in ten a day might"


def test_losses_count_by_moments(fitted: Transitions) -> None:
    def added(moments: int) -> Floats:
        learner = Learner()
        learner.transitions = fitted
        before = learner.mixed
        row = Row(
            user_id="u",
            applied_at=BEGIN,
            status="applied",
            status_changes=[],
            flags=[],
            version=1,
        )
        learner.learn([row] * moments, [BEGIN] * moments, True, again=False)
        return learner.mixed - FORGETTING * before

    assert added(20) == pytest.approx(20 * added(1))


def numbers(employer: int, status: int, score: float, rounds: int, silence: float) -> Floats:
    """The row of models/features.py that these are in."""
    row = np.zeros(19)
    row[[1, 3, 7, 10, 12]] = silence, status, employer, score, rounds
    return row


def told(transitions: Transitions, *rows: Floats) -> Floats:
    logits = transitions.logits(np.array(rows))
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), np.float64)


def test_silence_is_weighed_by_bayes(fitted: Transitions) -> None:
    advance, reject, forget, look = np.exp(fitted.stages[1] + fitted.effects[2])
    total = advance + reject + forget + look
    for days in (0.0, 3.0, 30.0):
        alive = np.exp(-total * days)
        odds = alive / (forget / total * (1.0 - alive)) if days else np.inf
        [now, fresh] = told(
            fitted, numbers(2, _OF_STAGE[1], 50.0, 0, days), numbers(2, _OF_STAGE[1], 50.0, 0, 0.0)
        )
        assert now == pytest.approx(fresh / (1.0 + 1.0 / odds), rel=1e-9)


def test_the_chance_on_entry_solves_the_chain() -> None:
    """Routes with loops between interviews, against the chain stepped until nothing moves."""
    random = np.random.default_rng(3)
    routes = random.uniform(0.0, 9.0, (1, STAGES, ROUNDS, STAGES + 1))
    possible = np.triu(np.ones((STAGES, STAGES + 1)), 1)
    possible[3, 2] = 1.0
    routes *= possible[:, np.newaxis]
    stages = random.normal(-2.0, 1.0, (STAGES, RATES))
    none = unfitted()
    transitions = Transitions(
        employers=np.array([7.0]),
        stages=stages,
        slopes=none.slopes,
        effects=np.zeros((1, RATES)),
        covariance=none.covariance,
        routes=routes,
        seen=np.ones(1),
    )
    rates = np.exp(stages)
    advances = rates[:, 0] / rates[:, :3].sum(axis=1)
    shares = routes[0] + pooled(routes)
    shares /= shares.sum(axis=2, keepdims=True)
    chance = np.zeros((STAGES + 1, ROUNDS))
    chance[HIRED] = 1.0
    for _ in range(500):
        for stage in range(STAGES):
            for number in range(ROUNDS):
                ahead = [chance[to, min(number + (to == 2), ROUNDS - 1)] for to in range(HIRED + 1)]
                chance[stage, number] = advances[stage] * (shares[stage, number] @ ahead)
    for stage in range(STAGES):
        rows = [numbers(7, _OF_STAGE[stage], 50.0, number, 0.0) for number in range(ROUNDS)]
        assert told(transitions, *rows) == pytest.approx(chance[stage], rel=1e-9)


def test_a_moment_does_not_depend_on_its_company(fitted: Transitions) -> None:
    random = Random(5)
    rows = [
        numbers(
            random.choice((0, 1, 2, 9, EMPLOYERS - 1)),
            random.randrange(10),
            random.choice((0.0, 33.3, np.nan, 100.0)),
            random.randrange(9),
            random.choice((-1.0, 0.0, 1e-3, 7.7, 1e4)),
        )
        for _ in range(37)
    ]
    together = fitted.moves(np.array(rows))
    for number, row in enumerate(rows):
        alone = fitted.moves(np.array([row]))
        for mine, its in zip(alone, together, strict=True):
            assert np.isfinite(its[number])
            assert mine[0] == its[number]
    assert together.logit.tobytes() == fitted.logits(np.array(rows)).tobytes()
    again = from_flat(fitted.flat())
    assert again.logits(np.array(rows)).tobytes() == together.logit.tobytes()


def test_an_employer_nobody_knows_is_as_the_mean_one(fitted: Transitions) -> None:
    moved = fitted.moves(np.array([numbers(9, _APPLIED, 50.0, 0, 0.0)]))
    assert [float(part[0]) for part in moved[1:]] == [0.0, 0.0, 0.0, 0.0]
    known = fitted.moves(np.array([numbers(0, _APPLIED, 80.0, 0, days) for days in (0.0, 9.0)]))
    assert known.match[0] > 0
    assert known.employer[0] > 0 > known.employer[1], "silence of a fast one says more"
    assert known.silence[0] == 0 > known.silence[1]
