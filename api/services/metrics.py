"""Each metric: what the warehouse counts, and what the rules in `models/` make of it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from api.models import Model
from api.schemas.metrics import (
    CurveItem,
    FunnelItem,
    GhostedItem,
    OffersItem,
    ResponseItem,
    SilentItem,
    StageItem,
    SummaryItem,
    VolumeItem,
)
from api.services.asked import Asked, names
from models import ghosting, survival
from models.application import CLOSED, Status
from models.errors import InvalidRequest
from models.funnel import funnel, offers, share
from models.periods import Per, starts
from models.survival import Curve, Floats
from storage.duckdb import metrics
from storage.duckdb.metrics import Grouping, Reader, Selection, Silence, Stays
from storage.duckdb.published import Version

_SPANS = {Per.HOUR: timedelta(days=7), Per.DAY: timedelta(days=90), Per.WEEK: timedelta(days=730)}
_FIRST = datetime.min.replace(tzinfo=UTC)
_PERIODS_BY_TYPE_MAX = 2_000
_KEYS = frozenset({"group", "stage", "start", "local", "type"})

Item = TypeVar("Item", bound=Model)


def funnel_items(reader: Reader, _: Version, asked: Asked) -> list[FunnelItem]:
    """The stages of each group."""
    grouping = asked.grouping(reader)
    found = metrics.standings(reader, asked.selection, grouping)
    items = []
    for number, name in enumerate(names(grouping)):
        hops = funnel(found.get(number, []), asked.cases_min)
        for hop in hops:
            item = FunnelItem(group=name, **hop._asdict())
            items.append(_shown(item, hops[0].reached, asked))
    return items


def offers_items(reader: Reader, _: Version, asked: Asked) -> list[OffersItem]:
    """The offers of each group."""
    grouping = asked.grouping(reader)
    found = metrics.standings(reader, asked.selection, grouping)
    items = []
    for number, name in enumerate(names(grouping)):
        counted = offers(found.get(number, []), asked.cases_min)
        item = OffersItem(group=name, **counted._asdict())
        items.append(_shown(item, item.applications or 0, asked))
    return items


def response_items(reader: Reader, version: Version, asked: Asked) -> list[ResponseItem]:
    """The wait of each group."""
    grouping = asked.grouping(reader)
    called = names(grouping)
    found = metrics.responses(
        reader, asked.selection, grouping, len(called), version.freshness.clock
    )
    items = []
    for name, (watched, withdrawn) in zip(called, found, strict=True):
        cases, unanswered = len(watched), survival.censored(watched)
        curve = _curve(watched)
        low, high = (None, None) if curve is None else curve.percentile_band(0.5)
        item = ResponseItem(
            group=name,
            cases=cases,
            answered=cases - unanswered,
            waiting=unanswered - withdrawn,
            withdrawn=withdrawn,
            median_hours=None if curve is None else curve.percentile(0.5),
            median_low_hours=low,
            median_high_hours=high,
            p90_hours=None if curve is None else curve.percentile(0.9),
        )
        items.append(_shown(item, cases, asked))
    return items


def curve_items(reader: Reader, version: Version, asked: Asked) -> list[CurveItem]:
    """The steps of the curve, none under 5 cases."""
    watched = _watched(reader, version, asked.selection)
    curve = _curve(watched)
    if curve is None:
        return []
    steps = curve.main_steps()
    first = CurveItem(hours=0, unanswered=1, low=1, high=1, at_risk=len(watched))
    shown = (curve.hours[steps], curve.waiting[steps], *curve.band(steps), curve.at_risk[steps])
    return [first] + [
        CurveItem(hours=hours, unanswered=waiting, low=low, high=high, at_risk=at_risk)
        for hours, waiting, low, high, at_risk in zip(
            *(column.tolist() for column in shown), strict=True
        )
    ]


def stage_items(reader: Reader, version: Version, asked: Asked) -> list[StageItem]:
    """Each stage that can be left; one is estimated while the next one is read."""
    items = []
    with ThreadPoolExecutor(1) as pool:
        found = [
            (stays, pool.submit(_stay_percentiles, stays))
            for stays in metrics.stays(reader, asked.selection, version.freshness.clock)
        ]
    for stays, estimating in found:
        median, p90 = estimating.result()
        left, present = len(stays.left), len(stays.present)
        item = StageItem(
            stage=stays.stage,
            entered=left + present,
            left=left,
            present=present,
            median_hours=median,
            p90_hours=p90,
        )
        items.append(_shown(item, left + present, asked))
    return items


def ghosted_items(reader: Reader, version: Version, asked: Asked) -> list[GhostedItem]:
    """The open applications of each group, and the likely ghosted ones among them."""
    hours = ghosted_after(reader, version)
    grouping = asked.grouping(reader)
    found = metrics.silences(reader, asked.selection, grouping, version.freshness.clock, hours)
    items = []
    for number, name in enumerate(names(grouping)):
        silence = found.get(number, Silence(0, 0))
        item = GhostedItem(
            group=name,
            open=silence.open,
            likely_ghosted=silence.silent,
            share=share(silence.silent, silence.open),
            ghosted_after_hours=hours,
        )
        items.append(_shown(item, silence.open, asked))
    return items


def silent_items(reader: Reader, version: Version, asked: Asked) -> list[SilentItem]:
    """The likely ghosted ones, the longest silence first."""
    hours, clock = ghosted_after(reader, version), version.freshness.clock
    found = metrics.silent_applications(reader, asked.selection, clock, hours, limit=asked.limit)
    return [SilentItem(**silent._asdict()) for silent in found]


def summary_items(reader: Reader, version: Version, asked: Asked) -> list[SummaryItem]:
    """The headline figures."""
    (waits,) = response_items(reader, version, asked)
    (ghosted,) = ghosted_items(reader, version, asked)
    standings = metrics.standings(reader, asked.selection, Grouping()).get(0, [])
    offered = offers(standings)
    ends = Counter[str]()
    for standing in standings:
        ends[standing.status] += standing.applications
    item = SummaryItem(
        applications=offered.applications,
        open=offered.applications - sum(ends[status] for status in CLOSED),
        answered=waits.answered,
        waiting=waits.waiting,
        offered=offered.offered,
        hired=ends[Status.HIRED],
        rejected=ends[Status.REJECTED],
        withdrawn=ends[Status.WITHDRAWN],
        median_response_hours=waits.median_hours,
        likely_ghosted=ghosted.likely_ghosted,
        ghosted_after_hours=ghosted.ghosted_after_hours,
    )
    return [_shown(item, offered.applications, asked)]


def ghosted_after(reader: Reader, version: Version) -> float:
    """Hours of silence, by everybody's answers: one's own are too few."""

    def find() -> float:
        watched = _watched(reader, version, Selection())
        answered = len(watched) - survival.censored(watched)
        return ghosting.ghosted_after(survival.estimate(watched), answered)

    return version.once("ghosted_after", find)


def volume_items(
    reader: Reader, version: Version, asked: Asked, *, per: Per, by_type: bool
) -> list[VolumeItem]:
    """Each period, those without events included. Raises InvalidRequest for too many."""
    selection = asked.selection
    until = selection.until or version.freshness.clock + timedelta(microseconds=1)
    since = selection.since or until - min(_SPANS[per], until - _FIRST)
    begins = tuple(starts(per, asked.zone, since, until))
    if by_type and len(begins) - 1 > _PERIODS_BY_TYPE_MAX:
        raise InvalidRequest(
            f"more than {_PERIODS_BY_TYPE_MAX} periods by type: take longer ones, or fewer"
        )
    narrow = replace(selection, since=selection.since or begins[0], until=until)
    found = metrics.volume(reader, narrow, begins, by_type=by_type)
    counts = {(one.period, one.type): one.events for one in found}
    kinds = sorted({one.type for one in found if one.type}) if by_type else [None]
    return [
        _shown(
            VolumeItem(
                start=begin.astimezone(UTC),
                local=begin.isoformat(),
                type=kind,
                events=counts.get((number, kind), 0),
            ),
            counts.get((number, kind), asked.cases_min),
            asked,
        )
        for number, begin in enumerate(begins[:-1])
        for kind in kinds
    ]


VOLUMES = {
    (per, by_type): partial(volume_items, per=per, by_type=by_type)
    for per in Per
    for by_type in (False, True)
}
"""Each volume by its period's length, and whether by type."""


def _watched(reader: Reader, version: Version, selection: Selection) -> Floats:
    """Hours that all of them together waited."""
    (found,) = metrics.responses(reader, selection, Grouping(), 1, version.freshness.clock)
    return found.watched


def _curve(watched: Floats) -> Curve | None:
    """The estimate; None from fewer than 5 cases."""
    return survival.estimate(watched) if survival.enough(len(watched)) else None


def _stay_percentiles(stays: Stays) -> list[float | None]:
    """Median and 90th; None from fewer than 5 cases."""
    if not survival.enough(len(stays.left) + len(stays.present)):
        return [None, None]
    return survival.percentiles(stays.left, stays.present, (0.5, 0.9))


def _shown(item: Item, cases: int, asked: Asked) -> Item:
    """The item; without its figures where they rest on too few cases."""
    if cases == 0 or cases >= asked.cases_min:
        return item
    return item.model_copy(
        update={name: None for name in type(item).model_fields if name not in _KEYS}
    )
