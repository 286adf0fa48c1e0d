"""Routes that take nothing but what they declare."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Depends
from fastapi.dependencies.utils import get_flat_params, get_parameterless_sub_dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Cookie, Header, Path
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from api.body import parse

STREAM = "/stream"
"""How the paths of streams end, and no others."""


class StrictRequest(Request):
    """A request whose `json()` never raises: the bytes as they came where they are no JSON.

    Bytes, since FastAPI reads a model's fields from the attributes of any other object.
    """

    async def json(self) -> object:
        """The body parsed, or as it came."""
        body = await self.body()
        value, fault = parse(body)
        return value if fault is None else body


class StrictRoute(APIRoute):
    """A route whose request is a StrictRequest, without query parameters that the document does
    not name. HEAD is answered as GET, the server leaving the body out; streams are not opened
    by it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        super().__init__(path, endpoint, **options)
        self.answered = set(self.methods or ())
        if "GET" in self.answered and not path.endswith(STREAM):
            self.answered.add("HEAD")
        if self.include_in_schema:
            # Behind the route's own dependencies: who may not ask is told so first.
            refuse = Depends(_refusing_all_but(self._declared()))
            last = get_parameterless_sub_dependant(depends=refuse, path=self.path_format)
            self.dependant.dependencies.append(last)

    def _declared(self) -> set[str]:
        # Fields of a model of parameters are plain; only parameters of the query come as models.
        params = get_flat_params(self.dependant)
        return {p.alias for p in params if not isinstance(p.field_info, Path | Header | Cookie)}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler on a StrictRequest."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """With HEAD where it is answered, though the document does not list it."""
        match, child = super().matches(scope)
        if match is Match.PARTIAL and scope["method"] in self.answered:
            match = Match.FULL
        return match, child

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a method that is answered, or 405."""
        if scope["method"] in self.answered:
            await self.app(scope, receive, send)
        else:
            await super().handle(scope, receive, send)


def _refusing_all_but(declared: set[str]) -> Callable[[Request], Coroutine[Any, Any, None]]:
    async def refuse(request: Request) -> None:
        unknown = [name for name in request.query_params if name not in declared]
        if unknown:
            message = "no such parameter here"
            faults = [{"loc": ("query", n), "msg": message, "type": "unknown"} for n in unknown]
            raise RequestValidationError(faults)

    return refuse
