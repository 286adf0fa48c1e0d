"""Dates as people write them."""

from contextlib import suppress
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.diary.dates import Order, guess_order, parse
from models.instant import to_rfc3339

MIDDAY = time(12)
UTC = ZoneInfo("UTC")


def read(text: str, order: Order = Order.DAY_FIRST, zone: ZoneInfo = UTC) -> list[str]:
    return [to_rfc3339(us) for us in parse(text, order, zone, MIDDAY)]


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-04",
        "2025/3/4",
        "4/3/2025",
        "04.03.2025",
        "4-3-25",
        "4 March 2025",
        "4 mrt. 2025",
        "4. März 2025",
        "4 de marzo de 2025",
        "Mar 4, 2025",
        "March 4th, 2025",
        "Tuesday, March 4, 2025",
    ],
)
def test_a_day_is_a_day_however_it_is_written(text: str) -> None:
    assert read(text) == ["2025-03-04T12:00:00Z"]


def test_the_order_decides_where_numbers_do_not() -> None:
    assert read("3/4/2025", Order.MONTH_FIRST) == ["2025-03-04T12:00:00Z"]


def test_instants_keep_their_time() -> None:
    assert read("2025-03-04T18:12:00Z") == ["2025-03-04T18:12:00Z"]
    assert read("2025-03-04 18:12:00+01:00") == ["2025-03-04T17:12:00Z"]
    assert read("4/3/2025 9:30") == ["2025-03-04T09:30:00Z"]
    assert read("1741111920") == ["2025-03-04T18:12:00Z"]


def test_a_day_is_one_of_the_users_zone() -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    assert read("2025-01-15", zone=amsterdam) == ["2025-01-15T11:00:00Z"]
    assert read("2025-07-15", zone=amsterdam) == ["2025-07-15T10:00:00Z"]


def test_several_dates_in_a_cell_are_several_dates() -> None:
    expected = ["2019-08-05T12:00:00Z", "2019-08-14T12:00:00Z"]
    for text in ("8/5/2019 & 8/14/2019", "8/5/2019 and 8/14/2019", "8/5/2019, 8/14/2019"):
        assert read(text, Order.MONTH_FIRST) == expected


@pytest.mark.parametrize(
    "text", ["yes", "8-Jul", "8/82019", "Before 2025-01-24", "31/2/2025", "", "4 foo 2025"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)


@given(day=st.dates(date(2000, 1, 2), date(2099, 12, 30)), order=st.sampled_from(Order))
def test_numeric_dates_round_trip_and_tell_their_order(day: date, order: Order) -> None:
    text = (
        f"{day.day}/{day.month}/{day.year}"
        if order is Order.DAY_FIRST
        else f"{day.month}/{day.day}/{day.year}"
    )
    assert read(text, order) == [f"{day.isoformat()}T12:00:00Z"]
    assert guess_order([text]) == (order if day.day > 12 else None)


def test_numbers_that_contradict_each_other_say_nothing() -> None:
    assert guess_order(["13/2/2025", "2/13/2025"]) is None


@given(text=st.text(max_size=30))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with suppress(ValueError, OverflowError):
        parse(text, Order.DAY_FIRST, UTC, MIDDAY)
