"""The page at `/` and its files. It holds no data: what it shows it asks the API for."""

from fastapi import APIRouter, Request, Response

from api.page import INDEX, Asset, load
from api.strict import StrictRoute
from models.errors import NotFound

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_ANEW = "no-cache"
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@router.get("/")
def index(request: Request) -> Response:
    """The page."""
    return _answer(request, load().assets[INDEX], _ASK_ANEW)


@router.get("/assets/{version}/{name:path}")
def asset(request: Request, version: str, name: str) -> Response:
    """A file of the page. Another version's address gets this version's file, not to be kept:
    so a page goes on while processes are replaced one by one."""
    page = load()
    if name not in page.assets:
        raise NotFound("there is nothing here")
    kept = _FOR_EVER if version == page.version else _ASK_ANEW
    return _answer(request, page.assets[name], kept)


def _answer(request: Request, asset: Asset, caching: str) -> Response:
    headers = {
        **_SECURITY,
        "Cache-Control": caching,
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
    }
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = asset.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.zipped
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=asset.media_type)
