"""What an admin may do to another user's sessions."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.auth import Principal, Role
from api.dependencies import Database, Process, require
from api.routes.me import Revoked
from api.strict import StrictRoute
from models.events import IDENTIFIER_PATTERN
from storage.postgres import audit

router = APIRouter(prefix="/api/users", tags=["users"], route_class=StrictRoute)

UserId = Annotated[str, Path(pattern=f"^{IDENTIFIER_PATTERN}$")]


@router.post("/{user_id}/revoke")
async def revoke(
    user_id: UserId,
    admin: Annotated[Principal, require(Role.ADMIN)],
    database: Database,
    parts: Process,
) -> Revoked:
    """Refuse all tokens of a user up to now; his streams end within 30 s. Audited."""
    async with database.acquire() as connection, connection.transaction():
        await audit.record(connection, admin.user_id, admin.role, "user.revoke", user_id)
        not_before = await parts.revocations.revoke(connection, user_id)
    return Revoked(user_id=user_id, not_before=not_before)
