"""What clients measured, into histograms; nothing of it is kept by user."""

from typing import Annotated, Literal

from fastapi import APIRouter, status
from pydantic import Field

from api.dependencies import Caller, Process
from api.models import Body
from api.strict import StrictRoute

router = APIRouter(prefix="/api/performance", tags=["performance"], route_class=StrictRoute)

Milliseconds = Annotated[float, Field(strict=True, ge=0, le=3_600_000, allow_inf_nan=False)]
Number = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
_MS_PER_S = 1_000


class ApplicationLoad(Body):
    """The list of applications was loaded; `loadTime` in milliseconds."""

    metric: Literal["application_load"]
    load_time: Milliseconds
    application_count: Number


class FilterPerformance(Body):
    """A filter was answered; `responseTime` in milliseconds."""

    metric: Literal["application_filter"]
    response_time: Milliseconds
    result_count: Number


class FeedLatency(Body):
    """From an event to its frame at the client; `latency` in milliseconds."""

    metric: Literal["feed_latency"]
    latency: Milliseconds
    message_count: Number


Report = Annotated[ApplicationLoad | FilterPerformance | FeedLatency, Field(discriminator="metric")]


@router.post("", status_code=status.HTTP_204_NO_CONTENT)
async def report(body: Report, _caller: Caller, parts: Process) -> None:
    """Count one measurement."""
    metrics = parts.metrics
    match body:
        case ApplicationLoad():
            metrics.client_application_load_seconds.observe(body.load_time / _MS_PER_S)
        case FilterPerformance():
            metrics.client_filter_seconds.observe(body.response_time / _MS_PER_S)
        case FeedLatency():
            metrics.client_feed_latency_seconds.observe(body.latency / _MS_PER_S)
