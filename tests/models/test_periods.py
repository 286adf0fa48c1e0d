"""Hours, days and ISO weeks, where the clock is changed and where it is not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.errors import InvalidRequest
from models.periods import PERIODS_MAX, Per, starts

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = sorted(available_timezones() - {"localtime"})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def shown(per: Per, zone: str, since: str, until: str) -> list[str]:
    return [start.isoformat() for start in starts(per, ZoneInfo(zone), at(since), at(until))]


def test_the_day_of_the_spring_change_has_23_hours() -> None:
    hours = shown(Per.HOUR, "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00")
    assert len(hours) - 1 == 23
    assert hours[1:4] == [
        "2026-03-29T01:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T04:00:00+02:00",
    ]


def test_the_day_of_the_autumn_change_has_25_hours() -> None:
    hours = shown(Per.HOUR, "Europe/Berlin", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00")
    assert len(hours) - 1 == 25
    assert hours[2:4] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]


def test_days_begin_at_midnight_there() -> None:
    days = shown(Per.DAY, "Europe/Berlin", "2026-03-28T12:00Z", "2026-03-30T12:00Z")
    assert days == [
        "2026-03-28T00:00:00+01:00",
        "2026-03-29T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",
        "2026-03-31T00:00:00+02:00",
    ]


def test_a_day_without_midnight_begins_when_the_clock_goes_on() -> None:
    days = shown(Per.DAY, "America/Santiago", "2026-09-05T12:00Z", "2026-09-06T12:00Z")
    assert days[1] == "2026-09-06T01:00:00-03:00"


def test_a_day_that_never_was_is_left_out() -> None:
    days = shown(Per.DAY, "Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-31T12:00+14:00")
    assert [day[:10] for day in days] == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_weeks_are_iso_weeks_across_the_year() -> None:
    weeks = shown(Per.WEEK, "UTC", "2026-12-30T00:00Z", "2027-01-05T00:00Z")
    assert [week[:10] for week in weeks] == ["2026-12-28", "2027-01-04", "2027-01-11"]


@settings(max_examples=300)
@given(
    zone=st.sampled_from(ZONES),
    per=st.sampled_from(Per),
    since=st.datetimes(datetime(2000, 1, 2), datetime(2036, 1, 1)),
    hours=st.floats(0.01, 400),
)
@example("Australia/Lord_Howe", Per.HOUR, datetime(2026, 4, 4, 12), 10)
@example("Asia/Kathmandu", Per.DAY, datetime(2026, 4, 4, 12), 60)
def test_each_moment_is_in_the_period_whose_name_it_has(
    zone: str, per: Per, since: datetime, hours: float
) -> None:
    begin = since.replace(tzinfo=UTC)
    until = begin + timedelta(hours=hours)
    found = starts(per, ZoneInfo(zone), begin, until)
    moments = [start.astimezone(UTC) for start in found]
    assert moments == sorted(set(moments))
    assert moments[0] <= begin < moments[1]
    assert moments[-2] < until <= moments[-1]
    assert {moment.timestamp() % 900 for moment in moments} == {0}
    for start, after in pairwise(moments):
        first, last = (
            moment.astimezone(ZoneInfo(zone)) for moment in (start, after - timedelta(seconds=1))
        )
        assert _name(per, first) == _name(per, last)


def _name(per: Per, local: datetime) -> object:
    if per is Per.HOUR:
        return local.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    return local.date() if per is Per.DAY else local.date().isocalendar()[:2]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_too_many_are_refused(zone: str) -> None:
    begin = datetime(2000, 1, 3, tzinfo=UTC)
    fit = starts(Per.HOUR, ZoneInfo(zone), begin, begin + timedelta(hours=PERIODS_MAX - 2))
    assert len(fit) - 1 <= PERIODS_MAX
    for until in (begin + timedelta(hours=PERIODS_MAX + 1), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(InvalidRequest):
            starts(Per.HOUR, ZoneInfo(zone), begin, until)


@pytest.mark.parametrize(
    ("zone", "since"), [("America/New_York", datetime.min), ("Asia/Tokyo", datetime.max)]
)
def test_the_ends_of_the_calendar_are_refused(zone: str, since: datetime) -> None:
    begin = since.replace(tzinfo=UTC)
    with pytest.raises(InvalidRequest):
        starts(Per.WEEK, ZoneInfo(zone), begin, begin)
