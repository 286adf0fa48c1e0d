"""The application: parts made once, layers around the routes, routes from one list.

From outside in: edge (trace, headers) → CORS → guard (limits, authentication) → body limit
→ route (role, ownership, validation).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import document, handlers, logs
from api.auth import Verifier
from api.body import BodyLimit
from api.edge import Edge
from api.guard import Guard
from api.idempotency import forget_old
from api.keys import keys_of
from api.metrics import Metrics
from api.pipeline import PipelineFigures
from api.rate_limit import InProcess, Limiter, Limits
from api.revocations import Revocations
from api.routes import ROUTERS
from api.services.ghosting import Ghosting
from api.services.warehouse import Warehouse
from api.state import State
from api.stream.streams import Streams
from api.upkeep import repeat
from models.settings import Settings
from storage.postgres.embedded import Server
from storage.postgres.pool import make_pool

_FORGET_EVERY_S = 3_600
_GHOSTING_EVERY_S = 30
_EXPOSED = [
    *("ETag", "Location", "Link", "Idempotency-Replayed", "X-Trace-Id"),
    *("Retry-After", "RateLimit", "RateLimit-Policy"),
    *("X-Definition", "X-Clock", "X-Published-At", "X-As-Of"),
]
_ALLOWED = ["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Last-Event-ID"]


def create(settings: Settings | None = None) -> FastAPI:
    """The API. Without settings they come from the environment: this is the entry point.

    Raises ConfigurationError for settings it would be unsafe to serve with.
    """
    if settings is None:
        settings = Settings()
        logs.configure(settings.log_level)
    parts = _assemble(settings)
    app = FastAPI(
        title="Application Analytics",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.parts = parts
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # as they are: including would make others
    handlers.install(app)
    document.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard, state=parts)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
        )
    app.add_middleware(Edge, metrics=parts.metrics)
    return app


def _assemble(settings: Settings) -> State:
    keys = keys_of(settings)
    metrics = Metrics()
    pipeline = PipelineFigures(settings)
    metrics.registry.register(pipeline)
    limiter: Limiter = InProcess()
    if settings.redis_url is not None:
        from api.shared_limit import Shared  # noqa: PLC0415  its client is slow to import
        from storage.redis.windows import Windows  # noqa: PLC0415

        limiter = Shared(Windows(settings.redis_url), metrics.redis_unreachable)
    warehouse = Warehouse(settings.warehouse_folder)
    return State(
        settings=settings,
        keys=keys,
        verifier=Verifier(settings, keys),
        revocations=Revocations(settings.jwt_lifetime_max_s),
        limits=Limits(settings, limiter),
        metrics=metrics,
        pipeline=pipeline,
        warehouse=warehouse,
        ghosting=Ghosting(warehouse),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: State = app.state.parts
    settings = parts.settings
    url = settings.postgres_url or Server(settings.postgres_folder).url()
    pool = parts.pool = await make_pool(url, settings.pool_size)
    revoked = parts.revocations.revoked
    parts.streams = Streams(url, pool, settings, parts.metrics, revoked)
    upkeep = [
        asyncio.create_task(parts.streams.run()),
        asyncio.create_task(parts.folded.listen(url)),
        asyncio.create_task(parts.folded.watch(pool)),
        asyncio.create_task(
            repeat(
                "revocations",
                lambda: parts.revocations.refresh(pool),
                every_s=settings.revocation_poll_s,
            )
        ),
        asyncio.create_task(
            repeat("old answers", lambda: forget_old(pool), every_s=_FORGET_EVERY_S)
        ),
        asyncio.create_task(
            repeat("likely ghosted", parts.ghosting.refresh, every_s=_GHOSTING_EVERY_S)
        ),
        asyncio.create_task(parts.keys.keep_fresh()),
        asyncio.create_task(parts.limits.watch()),
    ]
    try:
        yield
    finally:
        for task in upkeep:
            task.cancel()
        await asyncio.gather(*upkeep, return_exceptions=True)
        parts.pool = parts.streams = None
        pool.terminate()
