"""Bodies: bounded while they arrive, parsed strictly, judged only after ownership.

FastAPI reads a body before it solves dependencies. So what cannot be parsed is handed on
as bytes (`api/strict.py`), which no model accepts, and the answer 422 comes after any 403.
"""

import msgspec
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.events import DEPTH_MAX

BODY_BYTES_MAX = 256_000
INGEST_BYTES_MAX = 8 * 1024 * 1024
INGEST_PATH = "/api/events"

_TOO_LARGE = 413


class BodyLimit:
    """Stops a body at its limit, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = INGEST_BYTES_MAX if scope["path"] == INGEST_PATH else BODY_BYTES_MAX
        announced = Headers(scope=scope).get("content-length", "")
        received = int(announced) if announced.isascii() and announced.isdecimal() else 0
        too_large = HTTPException(_TOO_LARGE, f"the body is over {limit} bytes")

        async def receive_announced() -> Message:
            if received > limit:
                raise too_large
            return await receive()

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise too_large
            return message

        await self._app(scope, receive_announced if announced else receive_counted, send)


def media_type_of(request: Request) -> str:
    """The content type without parameters, in lower case; `""` for none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(request: Request) -> bool:
    """Whether the content type is JSON, as FastAPI sees it."""
    kind, _, subtype = media_type_of(request).partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))


_decode = msgspec.json.Decoder().decode


def parse(body: bytes) -> tuple[object, str | None]:
    """The value, and why it is not acceptable: `is not JSON …`, `has a NUL character` …"""
    try:
        value = _decode(body)
        return value, _fault(value, 1)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return None, f"is not JSON: {error}"


def _fault(value: object, depth: int) -> str | None:
    if isinstance(value, str):
        return "has a NUL character" if "\0" in value else None
    if not isinstance(value, dict | list):
        return None
    if depth > DEPTH_MAX:
        return f"is nested deeper than {DEPTH_MAX}"
    members = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    faults = (_fault(member, depth + 1) for member in members)
    return next((fault for fault in faults if fault is not None), None)
