"""Whether the process lives, whether it can serve, and its figures. Open to all."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field

from api.dependencies import Process
from api.models import Model
from api.state import State
from api.strict import StrictRoute
from models.errors import Unavailable
from storage.postgres.queries import load

SQL = load("health")
router = APIRouter(tags=["health"], route_class=StrictRoute)

_PATIENCE_S = 1.8
_NOT_READY = ("stalled", "unavailable")
_TAKERS = {"analytics": "analytics flow", "relay": "relay"}
_LAGGING_S = 30.0
"""A message waits for milliseconds, for seconds while the flow is restarted or has much to do."""
_DATABASE_TROUBLE = (Unavailable, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Lag(NamedTuple):
    """Age of the oldest message not taken and time since the flow's last commit, in seconds,
    None where there is none; who takes from the outbox, its last commit, whether it runs."""

    oldest_s: float | None
    idle_s: float | None
    taker: str
    taker_idle_s: float | None
    taker_runs: bool


class Alive(Model):
    """The process answers."""

    status: str = "alive"


class Ready(Model):
    """What the answers depend on. A flow that is behind is told of; one that takes nothing makes
    the answers older and older, so that this process is not ready."""

    status: str = Field(
        description="ready, lagging (the flow is behind), stalled (it takes nothing) or unavailable"
    )
    reason: str | None = Field(description="what is wrong, for a person; null where nothing is")
    postgres: bool
    token_keys: bool
    oldest_message_seconds: float | None = Field(description="not yet folded; null for none")
    flow_idle_seconds: float | None = Field(description="since its last commit; null for none")


@router.get("/healthz")
async def alive() -> Alive:
    """Alive. Says nothing of what the process depends on."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Ready, "description": "Not ready: see reason"}})
async def ready(parts: Process, response: Response) -> Ready:
    """Ready to serve: Postgres answers, token keys are there, and the flow takes messages."""
    lag = await _lag(parts)
    status, reason = _judge(lag, keys=parts.keys.ready)
    if status in _NOT_READY:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = str(Unavailable.retry_after)
    return Ready(
        status=status,
        reason=reason,
        postgres=lag is not None,
        token_keys=parts.keys.ready,
        oldest_message_seconds=lag and lag.oldest_s,
        flow_idle_seconds=lag and lag.idle_s,
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(parts: Process) -> Response:
    """Figures for Prometheus; `api/metrics.py` lists them with their meaning."""
    lag = await _lag(parts)
    parts.metrics.database_up.set(lag is not None)
    parts.pipeline.forget()
    if lag is not None:
        parts.metrics.outbox_age_seconds.set(lag.oldest_s or 0)
        parts.metrics.flow_idle_seconds.set(lag.idle_s or 0)
        with suppress(*_DATABASE_TROUBLE):
            async with asyncio.timeout(_PATIENCE_S):
                await parts.pipeline.read(parts.database())
    return Response(parts.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _judge(lag: Lag | None, *, keys: bool) -> tuple[str, str | None]:
    """Status and reason."""
    if lag is None:
        return "unavailable", "Postgres does not answer"
    if not keys:
        return "unavailable", "no keys to check tokens with"
    if lag.oldest_s is None or lag.oldest_s <= _LAGGING_S:
        return "ready", None
    waits = f"a message has waited for {lag.oldest_s:.0f} s"
    taker = _TAKERS[lag.taker]
    if lag.taker_idle_s is not None and lag.taker_idle_s <= _LAGGING_S:
        return "lagging", f"{waits}; the {taker} is behind"
    if lag.taker_runs:
        return "stalled", f"{waits}; the {taker} runs but takes nothing"
    return "stalled", f"{waits}; no {taker} is running"


async def _lag(parts: State) -> Lag | None:
    """None when Postgres is down."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return Lag(**await parts.database().fetchrow(SQL.lag))
    except _DATABASE_TROUBLE:
        return None
