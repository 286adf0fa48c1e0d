"""Whether the process lives, whether it can serve, and its figures. Open to all."""

import asyncio
from contextlib import suppress

import asyncpg
from fastapi import APIRouter, Response, status
from pydantic import Field

from api.body import StrictRoute
from api.dependencies import Process
from api.models import Model
from api.state import State
from models.errors import Unavailable
from storage.postgres.queries import load

SQL = load("health")
router = APIRouter(tags=["health"], route_class=StrictRoute)

_PATIENCE_S = 1.8
_LAGGING_S = 30.0
_DATABASE_TROUBLE = (Unavailable, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Alive(Model):
    """The process answers."""

    status: str = "alive"


class Ready(Model):
    """What the API depends on. A flow that lags is told of, but does not stop the API."""

    status: str = Field(description="ready, lagging (the flow is behind) or unavailable")
    postgres: bool
    token_keys: bool
    oldest_message_seconds: float | None = Field(description="not yet folded; null for none")
    flow_idle_seconds: float | None = Field(description="since its last commit; null for none")


@router.get("/healthz")
async def alive() -> Alive:
    """Alive. Says nothing of what the process depends on."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Ready, "description": "Cannot serve now"}})
async def ready(parts: Process, response: Response) -> Ready:
    """Ready to serve: Postgres answers and token keys are there."""
    lag = await _lag(parts)
    oldest, idle = lag or (None, None)
    able = lag is not None and parts.keys.ready
    if not able:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = str(Unavailable.retry_after)
    lagging = oldest is not None and oldest > _LAGGING_S
    return Ready(
        status="unavailable" if not able else "lagging" if lagging else "ready",
        postgres=lag is not None,
        token_keys=parts.keys.ready,
        oldest_message_seconds=oldest,
        flow_idle_seconds=idle,
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(parts: Process) -> Response:
    """Figures for Prometheus; `api/metrics.py` lists them with their meaning."""
    lag = await _lag(parts)
    parts.metrics.database_up.set(lag is not None)
    parts.pipeline.forget()
    if lag is not None:
        parts.metrics.outbox_age_seconds.set(lag[0] or 0)
        parts.metrics.flow_idle_seconds.set(lag[1] or 0)
        with suppress(*_DATABASE_TROUBLE):
            async with asyncio.timeout(_PATIENCE_S):
                await parts.pipeline.read(parts.database())
    return Response(parts.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _lag(parts: State) -> tuple[float | None, float | None] | None:
    """(age of the oldest message, time since the flow's commit) in seconds; None when down."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            row = await parts.database().fetchrow(SQL.lag)
    except _DATABASE_TROUBLE:
        return None
    return row["oldest_s"], row["idle_s"]
