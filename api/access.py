"""Who may touch an application: its owner; an admin may look, and that is written down.

What is foreign and what does not exist get the same answer.
"""

import re
from typing import Annotated

import asyncpg
from fastapi import Depends, Request

from api.auth import Principal, Role
from api.dependencies import Caller, Database, require
from models.errors import AccessDenied
from models.events import IDENTIFIER_PATTERN
from storage.postgres import applications, audit
from storage.postgres.applications import Found

_READERS = (Role.USER, Role.ADMIN)
_is_identifier = re.compile(IDENTIFIER_PATTERN).fullmatch


def denied() -> AccessDenied:
    """The one refusal."""
    return AccessDenied("You do not have access to this application")


def check_write(caller: Principal, owner: str | None) -> None:
    """Raises AccessDenied for all but the owner."""
    if caller.role is not Role.USER or owner != caller.user_id:
        raise denied()


async def check_read(
    database: asyncpg.Pool,
    caller: Principal,
    owner: str | None,
    action: str,
    application_id: str,
) -> None:
    """Raises AccessDenied for all but the owner and admins; an admin's look is audited as
    `action`, a method and a route."""
    if owner is not None and caller.role is Role.ADMIN:
        await audit.record(database, caller.user_id, caller.role, action, application_id)
        return
    check_write(caller, owner)


def action_of(request: Request) -> str:
    """`GET /api/applications/{application_id}`: the template, without ids."""
    return f"{request.method} {request.scope['route'].path}"


async def _found(
    request: Request, application_id: str, caller: Caller, database: Database
) -> Found:
    may_exist = _may_exist(caller, application_id)
    found = await applications.find(database, application_id) if may_exist else None
    owner = None if found is None else found.entity.user_id
    await check_read(database, caller, owner, action_of(request), application_id)
    assert found is not None  # noqa: S101
    return found


async def _readable(
    request: Request, application_id: str, caller: Caller, database: Database
) -> str:
    owner = await _owner(database, caller, application_id)
    await check_read(database, caller, owner, action_of(request), application_id)
    return application_id


async def _writable(application_id: str, caller: Caller, database: Database) -> str:
    check_write(caller, await _owner(database, caller, application_id))
    return application_id


async def _owner(database: asyncpg.Pool, caller: Principal, application_id: str) -> str | None:
    if not _may_exist(caller, application_id):
        return None
    return await applications.owner(database, application_id)


def _may_exist(caller: Principal, application_id: str) -> bool:
    return caller.role in _READERS and _is_identifier(application_id) is not None


Sought = Annotated[Found, Depends(_found)]
"""The application, which the caller may read."""
Readable = Annotated[str, Depends(_readable)]
"""Id of an application that the caller may read."""
Writable = Annotated[str, Depends(_writable)]
"""Id of an application that the caller may change; checked before the body is."""
Candidate = Annotated[Principal, require(Role.USER)]
"""A caller who has applications."""
