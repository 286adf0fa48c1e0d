"""The caller himself."""

from datetime import datetime

from fastapi import APIRouter

from api.auth import Role
from api.body import StrictRoute
from api.dependencies import Caller
from api.models import Model
from models.instant import US_PER_SECOND, to_datetime

router = APIRouter(prefix="/api/me", tags=["me"], route_class=StrictRoute)


class Me(Model):
    """Who the token says the caller is."""

    user_id: str
    role: Role
    issued_at: datetime
    expires_at: datetime


@router.get("")
async def read(caller: Caller) -> Me:
    """The caller's claims."""
    return Me(
        user_id=caller.user_id,
        role=caller.role,
        issued_at=to_datetime(int(caller.issued_at * US_PER_SECOND)),
        expires_at=to_datetime(int(caller.expires_at * US_PER_SECOND)),
    )
