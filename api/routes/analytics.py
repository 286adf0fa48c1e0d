"""The row of analytics of one application, if need be after one's own writes are in it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import access, answers
from api.access import Readable
from api.dependencies import Database, Process
from api.schemas.analytics import Analytics, analytics
from api.strict import StrictRoute
from storage.postgres import applications

router = APIRouter(
    prefix="/api/applications/{application_id}", tags=["analytics"], route_class=StrictRoute
)

PATIENCE_S = 2.0


@router.get(
    "/analytics",
    response_model=Analytics,
    responses={202: {"model": Analytics, "description": "Not all is folded yet; what there is."}},
)
async def read(
    application_id: Readable,
    database: Database,
    process: Process,
    min_revision: Annotated[
        str | None, Query(pattern=r'^"?[0-9]{1,18}"?$', description="ETag of a write.")
    ] = None,
) -> Response:
    """What the events add up to. With `min_revision`, waits up to 2 s until that write is
    folded: 200 then, else 202."""
    folded = True
    if min_revision is not None:
        revision = int(min_revision.strip('"'))
        folded = await process.folded.wait(application_id, revision, PATIENCE_S)
    found = await applications.analytics(database, application_id)
    if found is None:
        raise access.denied()
    shown = analytics(*found, process.ghosting.after_hours)
    return answers.body(shown, status=200 if folded else 202)
