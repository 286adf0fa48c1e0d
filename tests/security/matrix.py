"""Which class each route is in, and what each class answers whom. A route outside fails.

Callers: nobody (no token), owner (of the application named), other (another user), analyst,
admin, service.
"""

from dataclasses import dataclass
from enum import Enum

from models.metrics import Metric

CALLERS = ("nobody", "owner", "other", "analyst", "admin", "service")


class Kind(Enum):
    """Who may; everybody else gets 403, nobody 401."""

    PUBLIC = CALLERS
    ANYONE = ("owner", "other", "analyst", "admin", "service")
    OWN = ("owner", "other")
    OWN_STREAM = ("owner", "other", "admin")
    READ = ("owner", "admin")
    WRITE = ("owner",)
    COUNTERS = ("analyst", "admin")
    INGEST = ("service",)
    ADMIN = ("admin",)


@dataclass(frozen=True)
class Route:
    """A route's class and a request that it answers with `success`."""

    kind: Kind
    body: object = None
    success: int = 200


_APPLICATION = "/api/applications/{application_id}"
_NOTE = _APPLICATION + "/notes/{note_id}"
_NEW = {"jobId": "job-1", "jobTitle": "Engineer", "company": "Acme"}
_EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/test",
    "type": "application.viewed_by_employer",
    "subject": "app-1",
    "time": "2026-03-02T09:00:00Z",
    "userid": "ada",
    "data": {},
}
_ROWS = ("tables/{table}", Metric.GHOSTED_APPLICATIONS)
_MOVE = {"status": "shortlisted"}
_REPORT = {"metric": "feed_latency", "latency": 1, "messageCount": 1}

MATRIX: dict[str, Route] = {
    "GET /healthz": Route(Kind.PUBLIC),
    "GET /readyz": Route(Kind.PUBLIC),
    "GET /metrics": Route(Kind.PUBLIC),
    "GET /demo": Route(Kind.PUBLIC),
    "POST /demo/token": Route(Kind.PUBLIC, {"role": "analyst"}, 201),
    "GET /api/me": Route(Kind.ANYONE),
    "POST /api/me/revoke": Route(Kind.ANYONE),
    "POST /api/performance": Route(Kind.ANYONE, _REPORT, 204),
    "POST /api/applications": Route(Kind.OWN, _NEW, 201),
    "GET /api/applications": Route(Kind.OWN),
    f"GET {_APPLICATION}": Route(Kind.READ),
    f"PATCH {_APPLICATION}": Route(Kind.WRITE, {"jobTitle": "Architect"}),
    f"DELETE {_APPLICATION}": Route(Kind.WRITE, None, 204),
    f"PUT {_APPLICATION}/status": Route(Kind.WRITE, _MOVE),
    f"POST {_APPLICATION}/status": Route(Kind.WRITE, _MOVE),
    f"POST {_APPLICATION}/withdraw": Route(Kind.WRITE, {}),
    f"GET {_APPLICATION}/notes": Route(Kind.READ),
    f"POST {_APPLICATION}/notes": Route(Kind.WRITE, {"content": "Call back"}, 201),
    f"GET {_NOTE}": Route(Kind.READ),
    f"PATCH {_NOTE}": Route(Kind.WRITE, {"content": "Called back"}),
    f"DELETE {_NOTE}": Route(Kind.WRITE, None, 204),
    f"POST {_NOTE}/complete": Route(Kind.WRITE),
    f"GET {_APPLICATION}/interviews": Route(Kind.READ),
    f"POST {_APPLICATION}/interviews": Route(
        Kind.WRITE, {"scheduledAt": "2030-01-01T10:00:00Z"}, 201
    ),
    f"GET {_APPLICATION}/offers": Route(Kind.READ),
    f"POST {_APPLICATION}/offers": Route(Kind.WRITE, {"amount": 1}, 201),
    f"GET {_APPLICATION}/views": Route(Kind.READ),
    f"GET {_APPLICATION}/timeline": Route(Kind.READ),
    f"GET {_APPLICATION}/analytics": Route(Kind.READ),
    f"GET {_APPLICATION}/stream": Route(Kind.READ),
    "GET /api/stream": Route(Kind.OWN_STREAM),
    "GET /api/analytics/stream": Route(Kind.COUNTERS),
    **{
        f"GET /api/analytics/{metric}{extension}": Route(
            Kind.ADMIN if metric in _ROWS else Kind.COUNTERS
        )
        for metric in (*Metric, _ROWS[0])
        for extension in ("", ".{extension}")
    },
    "GET /api/analytics/model": Route(Kind.COUNTERS),
    "POST /api/stream/tickets": Route(Kind.ANYONE, None, 201),
    "POST /api/stream/cookie": Route(Kind.ANYONE, None, 204),
    "DELETE /api/stream/cookie": Route(Kind.ANYONE, None, 204),
    "POST /api/events": Route(Kind.INGEST, _EVENT, 202),
    "GET /api/events/runs/{run}": Route(Kind.INGEST),
    "GET /api/dead-letters": Route(Kind.ADMIN),
    "GET /api/dead-letters/{letter_id}": Route(Kind.ADMIN),
    "POST /api/dead-letters/redrive": Route(Kind.ADMIN, {"ids": [1]}),
    "POST /api/users/{user_id}/revoke": Route(Kind.ADMIN),
}
