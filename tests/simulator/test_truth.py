"""The stated probability is the true one: of those with p, a share of p is hired."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.simulator.hazards import MATCH_MAX, Employer, stages
from flows.simulator.plan import Plan
from flows.simulator.truth import lives, moments, probability_at
from models.instant import US_PER_DAY

END = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
FACTORS = st.floats(0.05, 20)


@given(
    employer=st.builds(
        Employer,
        name=st.just("Any"),
        city=st.just("Where"),
        pace=FACTORS,
        generosity=FACTORS,
        neglect=FACTORS,
        curiosity=FACTORS,
        rounds=st.integers(1, 3),
    ),
    match=st.integers(0, MATCH_MAX),
    silence_days=st.floats(0, 10_000),
)
def test_it_is_a_probability_that_falls_with_silence(
    employer: Employer, match: int, silence_days: float
) -> None:
    for stage in stages(employer, match):
        at_once = stage.probability(0)
        later = stage.probability(int(silence_days * US_PER_DAY))
        assert 0 <= later <= at_once <= 1
        assert at_once == pytest.approx(stage.on_entry)


@pytest.mark.parametrize("age_days", [0, 5, 20, 45])
def test_it_is_calibrated_at_any_age(age_days: int) -> None:
    plan = Plan(seed=4, applications=12_000, days=90, end=END)
    rng = Random(age_days)
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(8)]
    for life in lives(plan):
        time = life.silences[0].since + int(rng.random() * 2 * age_days * US_PER_DAY)
        if life.closed is None or time < life.closed:
            p = probability_at(life, time)
            bins[min(7, int(p * 16))].append((p, life.hired))
    for members in bins:
        if len(members) < 200:
            continue
        expected = sum(p for p, _ in members) / len(members)
        seen = sum(hired for _, hired in members) / len(members)
        deviation = (expected * (1 - expected) / len(members)) ** 0.5
        assert abs(seen - expected) < 4 * deviation + 0.002


def test_moments_are_in_order_within_their_application_and_end_in_the_outcome() -> None:
    plan = Plan(seed=4, applications=300, days=90, end=END)
    for life in lives(plan):
        written = list(moments(life, END))
        assert all(0 <= moment.probability <= 1 for moment in written)
        times = [moment.time for moment in written]
        assert times == sorted(times)
        if life.closed is not None and life.closed <= END:
            assert written[-1].probability in (0.0, 1.0)
            assert written[-1].stage is None


def test_the_mix_is_one_of_a_hard_market() -> None:
    plan = Plan(seed=4, applications=5_000, days=90, end=END)
    hired = sum(life.hired for life in lives(plan)) / plan.applications
    assert 0.1 < hired < 0.3
