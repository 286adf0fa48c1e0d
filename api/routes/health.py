"""Whether the process lives, whether it can serve, and its figures. Open to all."""

from fastapi import APIRouter, Response

from api.body import StrictRoute

router = APIRouter(tags=["health"], route_class=StrictRoute)


@router.get("/healthz")
async def alive() -> Response:
    """The process answers; says nothing of what it depends on."""
    return Response(b'{"status":"alive"}', media_type="application/json")
