"""The live feed: Server-Sent Events, and the two ways in for an EventSource."""

import secrets
import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api.auth import Principal, Role
from api.dependencies import Caller, Config, Database, Process, require
from api.guard import COOKIE, bearer
from api.models import Model
from api.stream.response import StreamResponse
from api.stream.viewer import Viewer, of_application, viewer
from api.strict import StrictRoute
from models.errors import Unauthenticated
from storage.postgres import stream_tickets
from storage.postgres.event_log import Audience

router = APIRouter(prefix="/api", tags=["stream"], route_class=StrictRoute)

TICKET_LIFETIME_S = 60
_TICKET_BYTES = 32
_COOKIE_PATH = "/api/"
_EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Frames with `id` (opaque cursor), `event` and `data` (JSON), until the "
        "token ends. `reset` says that a cursor could not be used or that frames were dropped.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

Snapshot = Annotated[bool, Query(description="Begin with the present state.")]
Known = Annotated[
    str | None, Query(description="As the Last-Event-ID header, which counts where both are.")
]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID")]


class Ticket(Model):
    """Opens one stream, once, as `?ticket=`."""

    ticket: str
    expires_at: datetime


@router.get("/stream", status_code=200, response_class=StreamResponse, responses=_EVENT_STREAM)
async def of_user(
    caller: Annotated[Principal, require(Role.USER, Role.ADMIN, who=viewer)],
    parts: Process,
    snapshot: Snapshot = False,
    last_event_id: Known = None,
    header: LastEventId = None,
) -> Response:
    """All of the caller's applications."""
    return await parts.live().applications(
        caller, Audience(caller.user_id), known=header or last_event_id, snapshot=snapshot
    )


@router.get(
    "/applications/{application_id}/stream",
    status_code=200,
    response_class=StreamResponse,
    responses=_EVENT_STREAM,
)
async def of_one_application(
    caller: Viewer,
    audience: Annotated[Audience, Depends(of_application)],
    parts: Process,
    snapshot: Snapshot = False,
    last_event_id: Known = None,
    header: LastEventId = None,
) -> Response:
    """One application."""
    return await parts.live().applications(
        caller, audience, known=header or last_event_id, snapshot=snapshot
    )


@router.get(
    "/analytics/stream",
    status_code=200,
    response_class=StreamResponse,
    responses=_EVENT_STREAM,
)
async def of_counters(
    caller: Annotated[Principal, require(Role.ANALYST, Role.ADMIN, who=viewer)],
    parts: Process,
    snapshot: Snapshot = False,
    last_event_id: Known = None,
    header: LastEventId = None,
) -> Response:
    """Counters across all applications, for analysts and admins; each frame is complete."""
    return await parts.live().counters(caller, known=header or last_event_id, snapshot=snapshot)


@router.post("/stream/tickets", status_code=201)
async def issue_ticket(caller: Caller, database: Database, response: Response) -> Ticket:
    """A ticket for a client that can send neither a header nor a cookie."""
    ticket = secrets.token_urlsafe(_TICKET_BYTES)
    expires_at = await stream_tickets.issue(
        database,
        ticket,
        stream_tickets.Claims(
            caller.user_id, caller.role.value, caller.issued_at, caller.expires_at
        ),
        lifetime_s=TICKET_LIFETIME_S,
    )
    response.headers["Cache-Control"] = "no-store"
    return Ticket(ticket=ticket, expires_at=expires_at)


@router.post("/stream/cookie", status_code=204)
async def set_cookie(caller: Caller, settings: Config, request: Request) -> Response:
    """Keep the bearer token in a cookie that opens streams and nothing else."""
    token = bearer(request.headers)
    if token is None:
        raise Unauthenticated("a bearer token is required")
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE,
        token,
        max_age=max(0, int(caller.expires_at - time.time())),
        path=_COOKIE_PATH,
        httponly=True,
        samesite="strict",
        secure=settings.environment == "production",
    )
    return response


@router.delete("/stream/cookie", status_code=204)
async def delete_cookie(_: Caller, settings: Config) -> Response:
    """Forget the cookie."""
    response = Response(status_code=204)
    response.delete_cookie(
        COOKIE,
        path=_COOKIE_PATH,
        httponly=True,
        samesite="strict",
        secure=settings.environment == "production",
    )
    return response
