"""Metrics across applications: for analysts and admins, and for users over their own."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Request

from api.auth import Role
from api.body import StrictRoute
from api.dependencies import Caller, Process
from api.models import Model
from api.schemas.metrics import (
    Answer,
    CurveItem,
    Filters,
    FreshnessView,
    FunnelItem,
    Grouped,
    OffersItem,
    ResponseItem,
    VolumeFilters,
    VolumeItem,
)
from api.services import metrics
from api.services.metrics import Asked
from api.state import State
from models.errors import AccessDenied
from models.metrics import CASES_MIN, DEFINITIONS, Metric
from storage.duckdb.metrics import By, Reader, Selection
from storage.duckdb.published import Freshness

router = APIRouter(prefix="/api/analytics", tags=["metrics"], route_class=StrictRoute)

_MINE = "mine"

Item = TypeVar("Item", bound=Model)


def whose(request: Request, caller: Caller) -> str | None:
    """The user whose applications are counted; None for everybody's. Judged before the other
    parameters are. Raises AccessDenied."""
    mine = request.query_params.getlist("scope")[-1:] == [_MINE]
    if caller.role is Role.SERVICE or (caller.role is Role.USER and not mine):
        raise AccessDenied("you do not have access to this resource")
    return caller.user_id if mine else None


Whose = Annotated[str | None, Depends(whose)]


@router.get("/funnel")
async def funnel(
    user_id: Whose, parts: Process, filters: Annotated[Grouped, Query()]
) -> Answer[FunnelItem]:
    """How far applications get, and where they end."""
    return await _answer(parts, Metric.FUNNEL, metrics.funnel_items, user_id, filters)


@router.get("/response-times")
async def response_times(
    user_id: Whose, parts: Process, filters: Annotated[Grouped, Query()]
) -> Answer[ResponseItem]:
    """How long answers take, those still waited for included."""
    return await _answer(parts, Metric.RESPONSE_TIMES, metrics.response_items, user_id, filters)


@router.get("/response-curve")
async def response_curve(
    user_id: Whose, parts: Process, filters: Annotated[Filters, Query()]
) -> Answer[CurveItem]:
    """The share not answered after so many hours."""
    return await _answer(parts, Metric.RESPONSE_CURVE, metrics.curve_items, user_id, filters)


@router.get("/offers")
async def offers(
    user_id: Whose, parts: Process, filters: Annotated[Grouped, Query()]
) -> Answer[OffersItem]:
    """Who gets offers, and what becomes of them."""
    return await _answer(parts, Metric.OFFERS, metrics.offers_items, user_id, filters)


@router.get("/volume")
async def volume(
    user_id: Whose, parts: Process, filters: Annotated[VolumeFilters, Query()]
) -> Answer[VolumeItem]:
    """Events by hour, day or week."""

    def count(reader: Reader, freshness: Freshness, asked: Asked) -> list[VolumeItem]:
        by_type = filters.by is not None
        return metrics.volume_items(reader, freshness, asked, filters.per, by_type=by_type)

    return await _answer(parts, Metric.VOLUME, count, user_id, filters)


async def _answer(
    parts: State,
    metric: Metric,
    items_of: Callable[[Reader, Freshness, Asked], list[Item]],
    user_id: str | None,
    filters: Filters,
) -> Answer[Item]:
    asked = _asked(user_id, filters)
    items, freshness = await parts.warehouse.ask(
        lambda reader, freshness: items_of(reader, freshness, asked)
    )
    return Answer(
        definition=DEFINITIONS[metric],
        scope="all" if user_id is None else _MINE,
        tz=filters.tz,
        minimum_cases=asked.cases_min,
        freshness=FreshnessView(
            clock=freshness.clock, published_at=freshness.published_at, as_of=freshness.as_of
        ),
        items=items,
    )


def _asked(user_id: str | None, filters: Filters) -> Asked:
    selection = Selection(
        user_id,
        filters.since,
        filters.until,
        filters.company,
        tuple(filters.source) or None,
        tuple(filters.status) or None,
    )
    cases_min = CASES_MIN if user_id is None else 1
    if isinstance(filters, Grouped):
        by = filters.by or By.NONE
        return Asked(selection, filters.zone, cases_min, by, filters.limit)
    return Asked(selection, filters.zone, cases_min)
