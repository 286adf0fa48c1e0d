"""Kaplan-Meier, held against lifelines and against fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import qth_survival_times

from models import survival
from models.survival import Curve

CASES = st.lists(
    st.tuples(st.integers(0, 40).map(lambda n: n / 4), st.booleans()), min_size=1, max_size=60
)


def curve_of(cases: list[tuple[float, bool]]) -> Curve:
    hours, happened = zip(*cases, strict=True)
    return survival.estimate(np.where(happened, 1.0, -1.0) * np.array(hours, dtype=float))


@settings(max_examples=150)
@given(cases=CASES)
def test_curve_and_band_are_those_of_lifelines(cases: list[tuple[float, bool]]) -> None:
    hours, happened = zip(*cases, strict=True)
    other = KaplanMeierFitter().fit(hours, happened)
    curve = curve_of(cases)
    found = other.event_table[other.event_table["observed"] > 0]
    assert curve.hours.tolist() == list(found.index)
    assert curve.at_risk.tolist() == list(found["at_risk"])
    np.testing.assert_allclose(
        curve.waiting, other.survival_function_at_times(curve.hours), atol=1e-12
    )
    low, high = curve.band()
    inside = (curve.waiting > 1e-9) & (curve.waiting < 1)
    band = other.confidence_interval_.loc[curve.hours[inside]]
    np.testing.assert_allclose(low[inside], band.iloc[:, 0], atol=1e-9)
    np.testing.assert_allclose(high[inside], band.iloc[:, 1], atol=1e-9)


@settings(max_examples=300)
@given(cases=CASES, share=st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0]))
def test_percentiles_are_those_of_fractions(cases: list[tuple[float, bool]], share: float) -> None:
    wanted, waiting = None, Fraction(1)
    for time in sorted({hours for hours, happened in cases if happened}):
        at_risk = sum(hours >= time for hours, _ in cases)
        events = sum(hours == time and happened for hours, happened in cases)
        waiting *= 1 - Fraction(events, at_risk)
        if wanted is None and waiting <= 1 - Fraction(str(share)):
            wanted = time
    assert curve_of(cases).percentile(share) == wanted


def both_ways(watched: survival.Floats, shares: list[float]) -> tuple[object, object]:
    """The percentiles of the curve, and those without it."""
    curve, lost = survival.estimate(watched), np.signbit(watched)
    alone = survival.percentiles(watched[~lost], -watched[lost], shares)
    return [curve.percentile(share) for share in shares], alone


@settings(max_examples=300)
@given(cases=CASES)
def test_percentiles_need_no_curve(cases: list[tuple[float, bool]]) -> None:
    watched = np.array([hours if happened else -hours for hours, happened in cases])
    of_curve, alone = both_ways(watched, [0.1, 0.25, 0.5, 0.9, 1.0])
    assert alone == of_curve


@pytest.mark.parametrize("happens", [0.0, 0.3, 0.8, 1.0])
@pytest.mark.parametrize("unit", [1e-6, 1.0])
def test_percentiles_of_many_need_no_curve(happens: float, unit: float) -> None:
    random = np.random.default_rng(7)
    hours = np.ceil(random.exponential(50, 100_000) / unit) * unit
    watched = np.where(random.random(100_000) < happens, hours, -hours)
    of_curve, alone = both_ways(watched, [0.001, 0.1, 0.5, 0.9, 0.999])
    assert alone == of_curve


@settings(max_examples=100)
@given(cases=CASES)
def test_median_is_that_of_lifelines(cases: list[tuple[float, bool]]) -> None:
    hours, happened = zip(*cases, strict=True)
    other = KaplanMeierFitter().fit(hours, happened)
    median = curve_of(cases).percentile(0.5)
    surviving = other.survival_function_at_times(curve_of(cases).hours)
    if not np.isclose(surviving, 0.5).any():  # at the half itself rounding decides for lifelines
        wanted = qth_survival_times(0.5, other.survival_function_)
        assert (math.inf if median is None else median) == wanted


@given(cases=CASES)
def test_the_band_holds_the_curve(cases: list[tuple[float, bool]]) -> None:
    curve = curve_of(cases)
    edges = curve.band()
    assert np.isfinite(edges).all()
    assert ((edges[0] >= 0) & (edges[1] <= 1)).all()
    assert (edges[0] <= curve.waiting + 1e-12).all()
    assert (edges[1] >= curve.waiting - 1e-12).all()
    low, high = curve.percentile_band(0.5)
    median = curve.percentile(0.5)
    if median is not None:
        assert low is not None
        assert low <= median <= (math.inf if high is None else high)


@given(cases=CASES)
def test_order_and_waiting_change_what_they_should(cases: list[tuple[float, bool]]) -> None:
    curve = curve_of(cases)
    np.testing.assert_array_equal(curve_of(cases[::-1]).waiting, curve.waiting)
    longer = curve_of([*cases, (100.0, False)])
    assert (longer.waiting > curve.waiting).all()


def test_a_median_of_the_answered_alone_would_flatter() -> None:
    answered = [(float(hours), True) for hours in (1, 2, 3)]
    waiting = [(50.0, False)] * 4
    assert curve_of(answered).percentile(0.5) == 2
    assert curve_of(answered + waiting).percentile(0.5) is None


def test_the_percentile_of_those_who_are_ever_answered() -> None:
    cases = [(float(hours), True) for hours in range(1, 11)] + [(1_000.0, False)] * 10
    curve = curve_of(cases)
    assert curve.percentile(0.9) is None
    assert curve.percentile_of_events(0.9) == 9
    assert curve_of([(5.0, False)] * 7).percentile_of_events(0.9) is None


def test_nothing_ever_happened() -> None:
    curve = curve_of([(5.0, False), (7.0, False)])
    assert not len(curve.hours)
    assert curve.percentile(0.5) is None
    assert not len(curve.main_steps())
    assert curve.percentile_band(0.5) == (None, None)


def test_fewer_than_five_are_not_enough() -> None:
    assert [cases for cases in range(8) if survival.enough(cases)] == [5, 6, 7]


@pytest.mark.parametrize("size", [1, 2, 30, 5_000])
def test_a_thinned_curve_misses_no_half_per_cent(size: int) -> None:
    random = np.random.default_rng(size)
    happened = np.where(random.random(size) < 0.8, 1.0, -1.0)
    curve = survival.estimate(random.exponential(50, size) * happened)
    steps = curve.main_steps()
    hours, waiting = curve.hours[steps], curve.waiting[steps]
    assert len(steps) <= 202
    if len(curve.hours):
        assert (hours[0], hours[-1]) == (curve.hours[0], curve.hours[-1])
        shown = np.searchsorted(hours, curve.hours, side="right") - 1
        missed = np.maximum(0.005, -np.diff(curve.waiting, prepend=1).min())
        assert (np.abs(waiting[shown] - curve.waiting) <= missed + 1e-12).all()


def test_the_band_of_a_percentile_is_that_of_the_whole_curve() -> None:
    random = np.random.default_rng(3)
    for size in (10, 40_000, 100_000):  # of less than a block, and of several
        lost = np.where(random.random(size) < 0.7, 1.0, -1.0)
        curve = survival.estimate(random.exponential(50, size) * lost)
        for share in (0.1, 0.5, 0.9, 1.0):
            edges = [curve.hours[edge <= 1 - share + 1e-12] for edge in curve.band()]
            wanted = tuple(float(hours[0]) if len(hours) else None for hours in edges)
            assert curve.percentile_band(share) == wanted
