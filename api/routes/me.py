"""The caller himself: who the token says he is, his limits, and an end to his sessions."""

from datetime import datetime

from fastapi import APIRouter

from api.auth import Role
from api.dependencies import Caller, Database, Process
from api.models import Model
from api.strict import StrictRoute
from models.instant import US_PER_SECOND, to_datetime

router = APIRouter(prefix="/api/me", tags=["me"], route_class=StrictRoute)


class Limit(Model):
    """Requests that pass within a window of so many seconds."""

    name: str
    requests: int
    window_seconds: int


class Me(Model):
    """Who the token says the caller is, and how much he may ask."""

    user_id: str
    role: Role
    issued_at: datetime
    expires_at: datetime
    limits: list[Limit]


class Revoked(Model):
    """Tokens issued before this moment are refused."""

    user_id: str
    not_before: datetime


@router.get("")
async def read(caller: Caller, parts: Process) -> Me:
    """The caller's claims and limits."""
    return Me(
        user_id=caller.user_id,
        role=caller.role,
        issued_at=_moment(caller.issued_at),
        expires_at=_moment(caller.expires_at),
        limits=[
            Limit(name=policy.name, requests=policy.requests, window_seconds=policy.window_s)
            for policy in parts.limits.policies(caller.role)
        ],
    )


@router.post("/revoke")
async def revoke(caller: Caller, database: Database, parts: Process) -> Revoked:
    """Sign out everywhere: all tokens of the caller up to now, this one too."""
    async with database.acquire() as connection:
        not_before = await parts.revocations.revoke(connection, caller.user_id)
    return Revoked(user_id=caller.user_id, not_before=not_before)


def _moment(seconds: float) -> datetime:
    return to_datetime(int(seconds * US_PER_SECOND))
