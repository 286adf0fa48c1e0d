"""Every error that a route can end with → the one envelope."""

import logging

import asyncpg
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.body import is_json, parse
from api.errors import respond
from api.routes import ROUTERS
from api.strict import StrictRoute
from models.errors import (
    AccessDenied,
    Details,
    InvalidRequest,
    JobfindersError,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from storage.postgres.pool import is_lost_connection

log = logging.getLogger(__name__)

_FAULTS_MAX = 20
_OF_STATUS: dict[int, type[JobfindersError]] = {
    401: Unauthenticated,
    403: AccessDenied,
    404: NotFound,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
}


def install(app: FastAPI) -> None:
    """Register the handlers; `api/edge.py` answers what they do not know."""
    app.add_exception_handler(JobfindersError, _of_the_tree)
    app.add_exception_handler(HTTPException, _of_starlette)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(asyncpg.PostgresError, _of_postgres)
    app.add_exception_handler(asyncpg.InterfaceError, _of_postgres)
    app.add_exception_handler(asyncpg.InternalClientError, _of_postgres)
    app.add_exception_handler(TimeoutError, _of_postgres)


def _answer(request: Request, error: JobfindersError) -> Response:
    request.app.state.parts.metrics.refused.labels(error.code).inc()
    return respond(error, request.headers, request.state.trace_id)


async def _of_the_tree(request: Request, error: Exception) -> Response:
    assert isinstance(error, JobfindersError)  # noqa: S101
    return _answer(request, error)


async def _of_starlette(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 405:
        message = "this route has no such method"
        named = (error.headers or {}).get("Allow", "").split(", ")
        allow = _methods(request) or ", ".join(sorted(named))  # theirs come in any order
        return _answer(request, MethodNotAllowed(message, allow=allow))
    ours = error.status_code >= 500
    kind = _OF_STATUS.get(error.status_code, JobfindersError if ours else InvalidRequest)
    message = "there is nothing here" if error.status_code == 404 else str(error.detail)
    return _answer(request, kind(message))


def _methods(request: Request) -> str:
    """What a path of the routers takes; Starlette names only those of the first route on it."""
    path = request.scope["path"]
    routes = [route for router in ROUTERS for route in router.routes]
    here = [r for r in routes if isinstance(r, StrictRoute) and r.path_regex.match(path)]
    return ", ".join(sorted({method for route in here for method in route.answered}))


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    if isinstance(error.body, bytes) and error.body:
        return _answer(request, _unparsed(request, error.body))
    faults = [_fault(fault) for fault in error.errors()[:_FAULTS_MAX]]
    return _answer(request, InvalidRequest("the request is not valid", details={"fields": faults}))


def _unparsed(request: Request, body: bytes) -> JobfindersError:
    if is_json(request):
        _, fault = parse(body)
        return InvalidRequest(f"the body {fault}", field="body")
    return UnsupportedMediaType("the body must be application/json")


def _fault(fault: dict[str, object]) -> Details:
    """Where and what; never the value, which may be private."""
    location = fault.get("loc")
    path = [str(part) for part in location] if isinstance(location, tuple) else []
    return {"field": ".".join(path), "message": fault.get("msg"), "type": fault.get("type")}


async def _of_postgres(request: Request, error: Exception) -> Response:
    if isinstance(error, TimeoutError) or is_lost_connection(error):
        # Of a statement only the kind: its text may quote what a client sent.
        log.warning("the database cannot do this now: %s", type(error).__name__)
        return _answer(request, Unavailable("the database cannot do this now"))
    raise error
