"""Who passes: limit by address → authentication → limit by caller. Then routes take over.

Everything under /api needs a caller, so a new route is closed until it opens itself.
"""

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import Principal
from api.errors import respond
from api.state import State
from api.strict import STREAM
from models.errors import (
    InvalidRequest,
    JobfindersError,
    TokenInvalid,
    Unauthenticated,
    UnsupportedMediaType,
)

COOKIE = "jobfinders_session"
GUARDED = "/api/"


class Guard:
    """Leaves the verified caller in `scope["state"]["principal"]`."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or answer why not."""
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            await self._admit(scope, headers)
        except JobfindersError as error:
            self._state.metrics.refused.labels(error.code).inc()
            answer = respond(error, headers, scope["state"]["trace_id"])
            if scope["method"] not in ("GET", "HEAD"):
                answer.headers["Connection"] = "close"  # the body was not read, nor will it be
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, headers: Headers) -> None:
        limits = self._state.limits
        address = scope["client"][0] if scope.get("client") else ""
        (await limits.of_address(address)).settle(scope)
        streaming = scope["method"] == "GET" and scope["path"].endswith(STREAM)
        if streaming and "authorization" not in headers and b"ticket=" in scope["query_string"]:
            return  # the stream's own dependency redeems the ticket and counts its owner
        caller = self._authenticate(headers, cookie_allowed=streaming)
        scope["state"]["principal"] = caller
        limits.forgive(address)
        (await limits.of_caller(caller, scope["path"])).settle(scope)
        _refuse_oddities(scope, headers)

    def _authenticate(self, headers: Headers, *, cookie_allowed: bool) -> Principal:
        token = bearer(headers)
        if token is None and cookie_allowed:
            token = _cookie(headers)
        if token is None:
            raise Unauthenticated("a bearer token is required")
        caller = self._state.verifier.verify(token)
        self._state.revocations.check(caller)
        return caller


def _refuse_oddities(scope: Scope, headers: Headers) -> None:
    """What no route could make sense of, whoever owns what it names."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise InvalidRequest("NUL characters are not allowed")
    if scope["method"] in ("GET", "HEAD"):
        return
    if len(headers.getlist("content-type")) > 1:
        raise UnsupportedMediaType("more than one Content-Type")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("encoded bodies are not taken")


def bearer(headers: Headers) -> str | None:
    """The token of `Authorization: Bearer`; None without the header, else TokenInvalid."""
    values = headers.getlist("authorization")
    if not values:
        return None
    scheme, _, token = values[0].strip().partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise TokenInvalid("the Authorization header is not one bearer token")
    return token.strip()


def _cookie(headers: Headers) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value
