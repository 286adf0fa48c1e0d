"""The outermost layer: trace id, security headers, timing, and no exception gets past it."""

import logging
import re
import secrets
import time
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import respond
from api.metrics import Metrics
from models.errors import JobfindersError

log = logging.getLogger("api.access")
trace_id_of_context: ContextVar[str] = ContextVar("trace_id", default="-")

_traceparent = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}").fullmatch
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PRIVATE = "/api/"
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class TraceFilter(logging.Filter):
    """Gives each log record the trace id of its request as `trace_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        record.trace_id = trace_id_of_context.get()
        return True


class Edge:
    """Wraps the whole app."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        match = _traceparent(headers.get("traceparent", ""))
        trace_id = match[1] if match else secrets.token_hex(16)
        trace_id_of_context.set(trace_id)
        scope.setdefault("state", {})["trace_id"] = trace_id
        # For api/stream/response.py, seen here before anything wraps `receive`.
        scope["state"]["transport"] = getattr(getattr(receive, "__self__", None), "transport", None)
        status = 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                marked = MutableHeaders(scope=message)
                marked["X-Trace-Id"] = trace_id
                for name, value in _SECURITY_HEADERS.items():
                    marked.setdefault(name, value)
                if scope["path"].startswith(_PRIVATE):
                    marked.setdefault("Cache-Control", "no-store")
                for name, value in scope["state"].get("response_headers", {}).items():
                    marked[name] = value
            await send(message)

        began = time.perf_counter()
        self._metrics.requests_open.inc()
        try:
            await self._app(scope, receive, send_marked)
        except Exception as error:
            # The server logs where; the client is told no more than that it is our fault.
            log.error("unexpected %s", type(error).__name__)
            if status == 0:
                answer = respond(JobfindersError("unexpected"), headers, trace_id)
                await answer(scope, receive, send_marked)
            raise
        finally:
            self._metrics.requests_open.dec()
            self._record(scope, status, time.perf_counter() - began)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.request_seconds.labels(method, route, str(status)).observe(seconds)
        # The template, never the path: it may hold ids, and the query tickets.
        log.info("%s %s %s %.1f ms", method, route, status, seconds * 1_000)
