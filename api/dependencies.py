"""What a route may ask for.

    async def read(caller: Caller, database: Database) -> …
    router = APIRouter(dependencies=[require(Role.ADMIN)])

`Caller` alone lets every role in; `require` those named, with 403 for others. Both answer
before a body is looked at.
"""

from collections.abc import Callable
from typing import Annotated

import asyncpg
from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from api.auth import Principal, Role
from api.state import State
from models.errors import AccessDenied, Unauthenticated
from models.settings import Settings

_documented = HTTPBearer(bearerFormat="JWT", scheme_name="bearer", auto_error=False)


def state(request: Request) -> State:
    """This process's parts."""
    found = request.app.state.parts
    assert isinstance(found, State)  # noqa: S101
    return found


Process = Annotated[State, Depends(state)]


def caller(
    request: Request,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_documented)] = None,
) -> Principal:
    """The caller whom the guard let in. Raises Unauthenticated for none."""
    principal = getattr(request.state, "principal", None)
    if not isinstance(principal, Principal):
        raise Unauthenticated("a bearer token is required")
    return principal


def database(parts: Process) -> asyncpg.Pool:
    """The pool; its `acquire` raises Unavailable while Postgres does not answer."""
    return parts.database()


def config(parts: Process) -> Settings:
    """The settings."""
    return parts.settings


Caller = Annotated[Principal, Depends(caller)]
Database = Annotated[asyncpg.Pool, Depends(database)]
Config = Annotated[Settings, Depends(config)]


def require(*roles: Role, who: Callable[..., object] = caller) -> Dependency:
    """A dependency that lets these roles in: `Annotated[Principal, require(Role.ADMIN)]`.

    `who` is the dependency that says who asks.
    """

    def check(principal: Annotated[Principal, Depends(who)]) -> Principal:
        if principal.role not in roles:
            raise AccessDenied("you do not have access to this resource")
        return principal

    checked: Callable[..., Principal] = check
    found = Depends(checked)
    assert isinstance(found, Dependency)  # noqa: S101
    return found
