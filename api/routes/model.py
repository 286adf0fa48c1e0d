"""How good the success model is, for analysts and admins."""

from fastapi import APIRouter

from api.auth import Role
from api.dependencies import Database, require
from api.schemas.model import ModelReport, compared, spans, tenths, version
from api.strict import StrictRoute
from storage.postgres import scores

router = APIRouter(
    prefix="/api/analytics",
    tags=["metrics"],
    route_class=StrictRoute,
    dependencies=[require(Role.ANALYST, Role.ADMIN)],
)


@router.get("/model")
async def model(database: Database) -> ModelReport:
    """The version in use and its scores: progressive validation beside two baselines, the
    calibration table, the learning curve by day, drift by week."""
    async with (
        database.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        overall = await scores.overall(connection)
        return ModelReport(
            version=version(await scores.in_use(connection)),
            answered=compared(overall, provisional=False),
            silence=compared(overall, provisional=True),
            calibration=tenths(overall),
            days=spans(await scores.by_span(connection, "day")),
            weeks=spans(await scores.by_span(connection, "week")),
        )
