"""The error tree as HTTP: one table of statuses, one envelope, one place that writes it."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from models import errors
from models.errors import JobfindersError

log = logging.getLogger(__name__)

STATUS: Mapping[type[JobfindersError], int] = {
    errors.Unauthenticated: 401,
    errors.TokenInvalid: 401,
    errors.AccessDenied: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.InvalidTransition: 409,
    errors.ApplicationTooLarge: 409,
    errors.IdempotencyInFlight: 409,
    errors.PreconditionFailed: 412,
    errors.PayloadTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.InvalidRequest: 422,
    errors.InvalidEvent: 422,
    errors.IdempotencyMismatch: 422,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
    errors.WarehouseNotReady: 503,
    errors.QueryTooLong: 503,
}
_CHALLENGE = 'Bearer realm="jobfinders"'
_PROBLEM = "application/problem+json"


def status_of(error: JobfindersError) -> int:
    """The HTTP status; 500 for what a client can do nothing about."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def respond(error: JobfindersError, headers: Headers, trace_id: str) -> Response:
    """The error in the seed's envelope, or as RFC 9457 where `Accept` asks for that."""
    status = status_of(error)
    known = status != 500
    fields: dict[str, object] = {
        "code": error.code if known else "INTERNAL",
        "message": error.message if known else "something went wrong on our side",
    }
    if known and error.details:
        fields["details"] = error.details
    fields["traceId"] = trace_id
    extra = _headers(error, status)
    if _PROBLEM in headers.get("accept", ""):
        problem = {
            "type": f"urn:jobfinders:error:{fields['code']}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": fields.pop("message"),
            **fields,
        }
        return Response(msgspec.json.encode(problem), status, extra, _PROBLEM)
    envelope = {"success": False, "error": fields}
    return Response(msgspec.json.encode(envelope), status, extra, "application/json")


def _headers(error: JobfindersError, status: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = _CHALLENGE
    elif isinstance(error, errors.TokenInvalid):
        headers["WWW-Authenticate"] = f'{_CHALLENGE}, error="invalid_token"'
    elif isinstance(error, errors.RateLimited | errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, errors.PayloadTooLarge):
        headers["Connection"] = "close"  # else the server reads the rest, however much it is
    elif isinstance(error, errors.MethodNotAllowed) and error.allow:
        headers["Allow"] = error.allow
    return headers
