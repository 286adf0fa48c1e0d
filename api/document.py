"""The OpenAPI document, completed: what the layers around the routes can answer too.

Routes declare what is their own (404 of a note, 409, 412 …); statuses that follow from a
route's shape are added here, so that no route can forget them.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import STATUS
from api.examples import ANSWERED, EXAMPLES
from api.guard import COOKIE, GUARDED
from api.strict import STREAM

Node = dict[str, Any]

_REF = "#/components/responses/"
_APPLICATION = "/api/applications/{application_id}"
_METHODS = ("get", "put", "post", "patch", "delete")
_DESCRIPTION = """\
Applications of candidates, their analytics, and the way in for events.

Errors come as `{success: false, error: {code, message, details?, traceId}}`, or as RFC 9457
with `Accept: application/problem+json`; the codes are the same, and `X-Trace-Id` names the
request in the logs. Unknown fields and query parameters are refused. HEAD is answered as GET,
but for streams. Requests are limited per caller: see
`RateLimit` and `RateLimit-Policy`.
"""

_ERRORS: dict[str, tuple[str, str, str]] = {
    "401": ("Unauthenticated", "UNAUTHENTICATED", "No token, or TOKEN_INVALID"),
    "403": ("AccessDenied", "ACCESS_DENIED", "Not yours, or not for your role"),
    "404": ("NotFound", "NOT_FOUND", "Nothing of that id here"),
    "409": ("Conflict", "IDEMPOTENCY_IN_FLIGHT", "Or INVALID_TRANSITION, APPLICATION_TOO_LARGE"),
    "412": ("PreconditionFailed", "PRECONDITION_FAILED", "If-Match names another revision"),
    "413": ("PayloadTooLarge", "PAYLOAD_TOO_LARGE", "The body is over the limit"),
    "415": ("UnsupportedMediaType", "UNSUPPORTED_MEDIA_TYPE", "Another content type is needed"),
    "422": ("Invalid", "VALIDATION_ERROR", "Or INVALID_EVENT, IDEMPOTENCY_MISMATCH"),
    "429": ("RateLimited", "RATE_LIMITED", "Too many requests; see Retry-After"),
    "500": ("Internal", "INTERNAL", "Our fault; traceId finds it in the logs"),
    "503": ("Unavailable", "UNAVAILABLE", "A dependency is down; see Retry-After"),
}

_SECURITY: Node = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Streams only."},
    "ticket": {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "One stream, once, within 60 s: see POST /api/stream/tickets.",
    },
}
_IF_MATCH: Node = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that this change is meant for: the application's, or the note's.",
    "schema": {"type": "string"},
    "example": '"3"',
}
_ERROR: Node = {
    "type": "object",
    "required": ["code", "message", "traceId"],
    "properties": {
        "code": {"enum": sorted({"INTERNAL", *(kind.code for kind in STATUS)})},
        "message": {"type": "string"},
        "details": {"type": "object"},
        "traceId": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    },
    "additionalProperties": False,
}
_ENVELOPE: Node = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {"success": {"const": False}, "error": _ERROR},
    "additionalProperties": False,
}
_PROBLEM: Node = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "traceId"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        **{name: _ERROR["properties"][name] for name in ("code", "details", "traceId")},
    },
}


def install(app: FastAPI) -> None:
    """Make `app.openapi` the completed document, built once."""

    def openapi() -> Node:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=_DESCRIPTION,
                    routes=app.routes,
                )
            )
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented extension point


def _complete(document: Node) -> Node:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for name, example in (EXAMPLES | ANSWERED).items():
        schemas[name]["examples"] = [example]
    schemas["ErrorEnvelope"], schemas["Problem"] = _ENVELOPE, _PROBLEM
    components["securitySchemes"] = _SECURITY
    components["parameters"] = {"IfMatch": _IF_MATCH}
    components["responses"] = {
        name: _response(code, meaning) for name, code, meaning in _ERRORS.values()
    }
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                _complete_operation(path, method, methods[method])
    return document


def _complete_operation(path: str, method: str, operation: Node) -> None:
    responses: Node = operation["responses"]
    if path.endswith(STREAM):
        operation["security"] = [{scheme: []} for scheme in _SECURITY]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    if _is_conditional(path, method):
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfMatch"})
    for status in _statuses(path, method, operation):
        if status not in responses or set(responses[status]) == {"description"}:
            responses[status] = {"$ref": _REF + _ERRORS[status][0]}


def _statuses(path: str, method: str, operation: Node) -> list[str]:
    of_body = ["413", "415"] if "requestBody" in operation else []
    if not path.startswith(GUARDED):
        declared = [status for status in operation["responses"] if status in _ERRORS]
        return ["422", "500", *of_body, *declared]
    statuses = ["401", "403", "422", "429", "500", "503", *of_body]
    headers = {
        parameter["name"].lower()
        for parameter in operation.get("parameters", ())
        if parameter.get("in") == "header"
    }
    if "{" in path:
        statuses.append("404")
    if "idempotency-key" in headers:
        statuses.append("409")
    if _is_conditional(path, method):
        statuses.append("412")
    return statuses


def _is_conditional(path: str, method: str) -> bool:
    return method != "get" and path.startswith(_APPLICATION)


def _response(code: str, meaning: str) -> Node:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    error = {"code": code, "message": meaning, "traceId": trace_id}
    problem = {
        "type": f"urn:jobfinders:error:{code}",
        "title": meaning,
        "status": next(int(s) for s, (_, known, _m) in _ERRORS.items() if known == code),
        "detail": meaning,
        "code": code,
        "traceId": trace_id,
    }
    return {
        "description": meaning,
        "headers": {"X-Trace-Id": {"schema": {"type": "string"}}},
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/ErrorEnvelope"},
                "example": {"success": False, "error": error},
            },
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": problem,
            },
        },
    }
