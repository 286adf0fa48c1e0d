"""Events from other systems without Kafka: one, or a body of many."""

import time
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response, status
from pydantic import Field

from api.auth import Principal
from api.body import media_type_of
from api.dependencies import Database, Process, require
from api.idempotency import Idempotency
from api.models import Model
from api.ndjson import Fault, judge, split
from api.strict import StrictRoute
from models.decoder import Rejected, decode
from models.errors import InvalidEvent, NotFound, UnsupportedMediaType
from models.role import Role
from storage.postgres import ingest

router = APIRouter(prefix="/api/events", tags=["events"], route_class=StrictRoute)

Service = Annotated[Principal, require(Role.SERVICE)]

_NDJSON = "application/x-ndjson"
_ONE = ("application/json", "application/cloudevents+json")
_NS_PER_US = 1_000
_FAULTS_SHOWN_MAX = 20
_EVENT = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "/ats/acme",
    "type": "application.viewed_by_employer",
    "subject": "app-1",
    "time": "2026-03-02T09:00:00Z",
    "userid": "ada",
    "data": {},
}
_BODY = {
    "required": True,
    "content": {
        **{kind: {"schema": {"type": "object"}, "example": _EVENT} for kind in _ONE},
        _NDJSON: {"schema": {"type": "string"}},
    },
}


class Received(Model):
    """What is in the outbox now; the flow judges it. `run` is null for a single event."""

    run: UUID | None
    received: int
    invalid: int = Field(description="Lines that cannot become facts: dead letters.")
    faults: list[Fault] = Field(description="The first of them.")


class RunView(Model):
    """What became of a run's messages so far."""

    run: UUID
    received: int
    accepted: int
    duplicates: int
    dead_lettered: int
    waiting: int = Field(description="Not yet judged.")
    started_at: datetime
    finished_at: datetime | None


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=Received,
    openapi_extra={"requestBody": _BODY},
)
async def receive(
    request: Request,
    service: Service,
    idempotency: Idempotency,
    database: Database,
    parts: Process,
) -> Response:
    """One CloudEvent, refused with the reason where it is invalid, or NDJSON up to 8 MiB."""
    run, lines, faults = await _messages(request)
    response = _answer(run, lines, faults)
    async with database.acquire() as connection, connection.transaction():
        if kept := await idempotency.replay(connection):
            return kept
        if run is None:
            await ingest.store_lines(connection, lines)
        else:
            await ingest.store_run(connection, run, f"http:{service.user_id}", lines)
        await idempotency.keep(connection, response)
    parts.metrics.ingested.inc(len(lines))
    return response


@router.get("/runs/{run}")
async def read_run(run: UUID, _service: Service, database: Database) -> RunView:
    """How far a run is: everything is judged once `waiting` is 0."""
    async with database.acquire() as connection:
        found = await ingest.find_run(connection, run)
    if found is None:
        raise NotFound("there is no such run")
    return RunView(
        run=found.run,
        received=found.received,
        accepted=found.accepted,
        duplicates=found.duplicates,
        dead_lettered=found.dead_lettered,
        waiting=found.waiting,
        started_at=found.started_at,
        finished_at=found.finished_at,
    )


async def _messages(request: Request) -> tuple[UUID | None, list[bytes], list[Fault]]:
    media_type = media_type_of(request)
    if media_type == _NDJSON:
        body = await request.body()
        return uuid4(), split(body), await judge(body, _now_us())
    if media_type in _ONE:
        return None, [_single(await request.body())], []
    raise UnsupportedMediaType(f"send {_ONE[0]}, {_ONE[1]} or {_NDJSON}")


def _single(body: bytes) -> bytes:
    """The event as it is stored. Raises InvalidEvent with the contract's reason."""
    verdict = decode(body, _now_us())
    if isinstance(verdict, Rejected):
        raise InvalidEvent(
            f"the event is refused: {verdict.reason}",
            details={"reason": verdict.reason.value, "detail": verdict.detail},
        )
    return body


def _answer(run: UUID | None, lines: list[bytes], faults: list[Fault]) -> Response:
    received = Received(
        run=run, received=len(lines), invalid=len(faults), faults=faults[:_FAULTS_SHOWN_MAX]
    )
    body = received.model_dump_json(by_alias=True)
    headers = {} if run is None else {"Location": f"/api/events/runs/{run}"}
    return Response(body, status.HTTP_202_ACCEPTED, headers, "application/json")


def _now_us() -> int:
    return time.time_ns() // _NS_PER_US
