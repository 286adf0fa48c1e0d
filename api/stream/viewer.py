"""Who opens a stream: a bearer or a cookie that the guard checked, or a single-use ticket."""

import re
from typing import Annotated

from fastapi import Depends, Query, Request

from api.access import check_read, denied
from api.auth import Principal, Role
from api.dependencies import Database, Process
from models.errors import TokenInvalid, Unauthenticated
from models.events import IDENTIFIER_PATTERN
from storage.postgres import applications, stream_tickets
from storage.postgres.event_log import Audience

_is_identifier = re.compile(IDENTIFIER_PATTERN).fullmatch


async def viewer(
    request: Request,
    parts: Process,
    database: Database,
    ticket: Annotated[str | None, Query(description="From POST /api/stream/tickets.")] = None,
) -> Principal:
    """The caller. Raises Unauthenticated, TokenInvalid, or RateLimited."""
    principal = getattr(request.state, "principal", None)
    if isinstance(principal, Principal):
        return principal
    if not ticket:
        raise Unauthenticated("a bearer token, the cookie or a ticket is required")
    claims = await stream_tickets.redeem(database, ticket)
    if claims is None:
        raise TokenInvalid("the ticket is unknown, used or too old")
    principal = Principal(claims.user_id, Role(claims.role), claims.issued_at, claims.expires_at)
    parts.revocations.check(principal)
    parts.limits.forgive(request.client.host if request.client else "")
    verdict = await parts.limits.of_caller(principal, request.url.path)
    verdict.settle(request.scope)
    return principal


Viewer = Annotated[Principal, Depends(viewer)]


async def of_application(
    request: Request, application_id: str, caller: Viewer, database: Database
) -> Audience:
    """The owner's entries of one application, for him and, audited, for admins."""
    if caller.role not in (Role.USER, Role.ADMIN) or _is_identifier(application_id) is None:
        raise denied()
    owner = await applications.owner(database, application_id)
    action = f"{request.method} {request.scope['route'].path}"
    await check_read(database, caller, owner, action, application_id)
    return Audience(owner or caller.user_id, application_id)
