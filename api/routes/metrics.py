"""Metrics across applications: for analysts and admins, and for users over their own.

Each route is there twice, bare and with the extension of a file format.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api import asking, files
from api.asking import Asking
from api.models import Model
from api.schemas.metrics import (
    Answer,
    CurveItem,
    Filters,
    FunnelItem,
    GhostedItem,
    Grouped,
    OffersItem,
    ResponseItem,
    SilentFilters,
    SilentItem,
    StageItem,
    SummaryItem,
    VolumeFilters,
    VolumeItem,
)
from api.services import metrics
from api.strict import StrictRoute
from models.metrics import Metric

router = APIRouter(prefix="/api/analytics", tags=["metrics"], route_class=StrictRoute)

Ask = Annotated[Asking, Depends()]
Endpoint = Callable[..., Awaitable[Response]]


def get(metric: Metric, item: type[Model]) -> Callable[[Endpoint], Endpoint]:
    """The two routes of a metric."""

    def add(endpoint: Endpoint) -> Endpoint:
        for suffix, documented in ((".{extension}", [Depends(files.by_extension)]), ("", [])):
            router.get(
                f"/{metric}{suffix}",
                response_model=Answer[item],  # type: ignore[valid-type]
                responses=files.DOCUMENTED,
                dependencies=documented,
            )(endpoint)
        return endpoint

    return add


@get(Metric.SUMMARY, SummaryItem)
async def summary(ask: Ask, filters: Annotated[Filters, Query()]) -> Response:
    """The headline figures."""
    return await ask.answer(Metric.SUMMARY, SummaryItem, metrics.summary_items, filters)


@get(Metric.FUNNEL, FunnelItem)
async def funnel(ask: Ask, filters: Annotated[Grouped, Query()]) -> Response:
    """How far applications get, and where they end."""
    return await ask.answer(Metric.FUNNEL, FunnelItem, metrics.funnel_items, filters)


@get(Metric.STAGES, StageItem)
async def stages(ask: Ask, filters: Annotated[Filters, Query()]) -> Response:
    """How long applications stay in a stage."""
    return await ask.answer(Metric.STAGES, StageItem, metrics.stage_items, filters)


@get(Metric.RESPONSE_TIMES, ResponseItem)
async def response_times(ask: Ask, filters: Annotated[Grouped, Query()]) -> Response:
    """How long answers take, those still waited for included."""
    return await ask.answer(Metric.RESPONSE_TIMES, ResponseItem, metrics.response_items, filters)


@get(Metric.RESPONSE_CURVE, CurveItem)
async def response_curve(ask: Ask, filters: Annotated[Filters, Query()]) -> Response:
    """The share not answered after so many hours."""
    return await ask.answer(Metric.RESPONSE_CURVE, CurveItem, metrics.curve_items, filters)


@get(Metric.OFFERS, OffersItem)
async def offers(ask: Ask, filters: Annotated[Grouped, Query()]) -> Response:
    """Who gets offers, and what becomes of them."""
    return await ask.answer(Metric.OFFERS, OffersItem, metrics.offers_items, filters)


@get(Metric.VOLUME, VolumeItem)
async def volume(ask: Ask, filters: Annotated[VolumeFilters, Query()]) -> Response:
    """Events by hour, day or week."""
    find = metrics.VOLUMES[filters.per, filters.by is not None]
    return await ask.answer(Metric.VOLUME, VolumeItem, find, filters)


@get(Metric.GHOSTED, GhostedItem)
async def ghosted(ask: Ask, filters: Annotated[Grouped, Query()]) -> Response:
    """Open applications that nobody will answer any more, probably."""
    return await ask.answer(Metric.GHOSTED, GhostedItem, metrics.ghosted_items, filters)


@get(Metric.GHOSTED_APPLICATIONS, SilentItem)
async def ghosted_applications(
    ask: Ask,
    _: Annotated[str | None, Depends(asking.whose_rows)],
    filters: Annotated[SilentFilters, Query()],
) -> Response:
    """Which they are: one's own, or to admins, whose look is written down, everybody's."""
    metric = Metric.GHOSTED_APPLICATIONS
    return await ask.answer(metric, SilentItem, metrics.silent_items, filters)
