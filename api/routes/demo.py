"""Signing in to the demo: where `up --demo` runs, from this machine only, limited by address.

It lies outside `/api`, where nothing is open to a caller without a token.
"""

import time
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from api.dependencies import Config, Process
from api.models import Body, Model
from api.strict import StrictRoute
from models.demo import DEMO_ACCOUNTS
from models.errors import NotFound
from models.instant import US_PER_SECOND, to_datetime
from models.role import Role
from storage import development_tokens

LIFETIME_S = 8 * 3_600
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_REFUSALS: dict[int | str, dict[str, Any]] = {
    404: {"description": "No demo here."},
    429: {"description": "Too many requests."},
}


class Account(Model):
    """Somebody to sign in as."""

    user_id: str
    role: Role


class Demo(Model):
    """Whom the demo can be seen as; nobody where it is refused."""

    accounts: list[Account]


class Chosen(Body):
    """As whom to sign in."""

    role: Literal["user", "analyst"]


class Session(Account):
    """A bearer token of a demo account."""

    token: str
    expires_at: datetime


async def counted(request: Request, parts: Process) -> None:
    """Count the request against its address. Raises RateLimited."""
    verdict = await parts.limits.of_address(request.client.host if request.client else "")
    verdict.settle(request.scope)


def available(request: Request, settings: Config) -> bool:
    """Whether this is a demo, which signs tokens itself, and the caller sits at its machine.

    The name it was called by is looked at as well: a foreign site whose name was pointed at
    this machine must not get a token. Behind a proxy on this machine everybody sits at it.
    """
    return (
        settings.demo
        and development_tokens.allowed(settings)
        and request.url.hostname in _LOCAL_NAMES
        and request.client is not None
        and _is_loopback(request.client.host)
    )


Available = Annotated[bool, Depends(available)]
router = APIRouter(
    prefix="/demo", tags=["demo"], route_class=StrictRoute, dependencies=[Depends(counted)]
)


@router.get("", responses={429: _REFUSALS[429]})
def read(here: Available, response: Response) -> Demo:
    """The accounts that one may sign in as without a password."""
    response.headers["Cache-Control"] = "no-store"
    people = DEMO_ACCOUNTS.items() if here else ()
    return Demo(accounts=[Account(user_id=user_id, role=role) for role, user_id in people])


def refused(here: Available) -> None:
    """Raises NotFound, before a body is looked at."""
    if not here:
        raise NotFound("there is nothing here")


@router.post("/token", status_code=201, responses=_REFUSALS, dependencies=[Depends(refused)])
def sign_in(body: Chosen, settings: Config, response: Response) -> Session:
    """A token of a demo account."""
    role = Role(body.role)
    user_id = DEMO_ACCOUNTS[role]
    lifetime_s = min(LIFETIME_S, settings.jwt_lifetime_max_s)
    issued_at = int(time.time())
    response.headers["Cache-Control"] = "no-store"
    return Session(
        user_id=user_id,
        role=role,
        token=development_tokens.sign(settings, user_id, role, lifetime_s, issued_at=issued_at),
        expires_at=to_datetime((issued_at + lifetime_s) * US_PER_SECOND),
    )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
