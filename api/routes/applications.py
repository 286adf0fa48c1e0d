"""Applications: create, read, list, change, move, withdraw."""

from typing import Annotated

import asyncpg
from fastapi import APIRouter, Query, Request
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from api import answers, pages
from api.access import Candidate, Sought, Writable
from api.cursors import encode
from api.dependencies import Database, Process
from api.models import Text
from api.pages import WantedPage
from api.schemas import applications as schemas
from api.schemas.applications import (
    ApplicationChanges,
    ApplicationPage,
    ApplicationView,
    NewApplication,
    NewStatus,
    Withdrawal,
)
from api.schemas.fields import Moment, moment_or_day
from api.services import applications as service
from api.strict import StrictRoute
from api.writing import Write
from models.application import STATUSES, Status
from models.entity import Entity
from models.events import Changes, Created
from storage.postgres import applications
from storage.postgres.applications import Filter, Order, Place, Sort

PATH = "/api/applications"
router = APIRouter(prefix=PATH, tags=["applications"], route_class=StrictRoute)

_Statuses = Annotated[list[Status], Query(max_length=len(STATUSES))]


@router.post("", status_code=201, response_model=ApplicationView)
async def create(body: NewApplication, caller: Candidate, write: Write) -> Response:
    """Enter a new application; emits `application.created`."""

    async def work(connection: asyncpg.Connection) -> Response:
        fields = body.model_dump(exclude_none=True, exclude={"cover_letter"})
        created = Created(**fields)
        entity = await service.create(connection, caller.user_id, created, body.cover_letter)
        return await _view(connection, entity, write, created=True)

    return await write.run(work)


@router.get("", response_model=ApplicationPage)
async def read_page(
    request: Request,
    caller: Candidate,
    database: Database,
    process: Process,
    page: WantedPage,
    status: _Statuses = [],  # noqa: B006  # FastAPI copies it
    status_brackets: Annotated[_Statuses, Query(alias="status[]")] = [],  # noqa: B006
    date_from: Annotated[Moment | None, Query(alias="dateFrom")] = None,
    date_to: Annotated[Moment | None, Query(alias="dateTo", description="Exclusive.")] = None,
    company: Text | None = None,
    search: Annotated[Text | None, Query(description="In title and company.")] = None,
    include_withdrawn: Annotated[
        bool, Query(description="A status filter that names withdrawn implies it.")
    ] = False,
    sort_by: Annotated[Sort, Query(alias="sortBy")] = Sort.APPLIED_AT,
    sort_order: Annotated[Order, Query(alias="sortOrder")] = Order.DESCENDING,
) -> Response:
    """The caller's applications, a page at a time: by `offset`, or by `cursor` (`next`)."""
    named = status + status_brackets
    wanted = Filter(
        user_id=caller.user_id,
        statuses=_shown(named, include_withdrawn=include_withdrawn),
        applied_from=None if date_from is None else moment_or_day(date_from),
        applied_to=None if date_to is None else moment_or_day(date_to),
        company=company,
        search=search,
    )
    scope = (*wanted.parameters(), sort_by, sort_order)
    async with database.acquire() as connection:
        total, key = await applications.count(connection, wanted)
        behind = page.behind(key, scope)
        found = await applications.page(
            connection,
            wanted,
            sort_by,
            sort_order,
            limit=page.limit + 1,
            offset=page.offset,
            behind=None if behind is None else Place(_text(behind[0]), behind[1]),
        )
    shown, last = page.split(found)
    next_cursor = None if last is None else encode(key, scope, (last.key, last.entity.id))
    listed = ApplicationPage.model_construct(
        items=[schemas.item(one, process.ghosting.after_hours) for one in shown],
        total=total,
        has_more=last is not None,
        next=next_cursor,
    )
    return pages.answer(request, listed, next_cursor)


@router.get("/{application_id}", response_model=ApplicationView)
async def read(found: Sought, process: Process) -> Response:
    """One application with what its events add up to."""
    shown = schemas.view(found, process.ghosting.after_hours)
    return answers.body(shown, revision=found.entity.revision)


@router.patch("/{application_id}", response_model=ApplicationView)
async def update(application_id: Writable, body: ApplicationChanges, write: Write) -> Response:
    """Change facts about it; emits `application.updated`, never with the cover letter."""

    async def change(connection: asyncpg.Connection, entity: Entity) -> Response:
        given = body.model_dump(exclude_unset=True)
        cover_letter: str | UnsetType | None = given.pop("cover_letter", UNSET)
        changed = await service.update(connection, entity, Changes(**given), cover_letter)
        return await _view(connection, changed, write)

    return await write.change(application_id, change)


@router.put("/{application_id}/status", response_model=ApplicationView)
async def put_status(application_id: Writable, body: NewStatus, write: Write) -> Response:
    """Move it; 409 INVALID_TRANSITION outside the table, with what is allowed."""
    return await _move(application_id, write, body.status, body.reason)


@router.post("/{application_id}/status", response_model=ApplicationView)
async def post_status(application_id: Writable, body: NewStatus, write: Write) -> Response:
    """The same as PUT."""
    return await _move(application_id, write, body.status, body.reason)


@router.post("/{application_id}/withdraw", response_model=ApplicationView)
async def withdraw(
    application_id: Writable, write: Write, body: Withdrawal | None = None
) -> Response:
    """Withdraw it; emits `application.withdrawn`."""
    reason = None if body is None else body.reason
    return await _move(application_id, write, Status.WITHDRAWN, reason)


@router.delete("/{application_id}", status_code=204)
async def delete(application_id: Writable, write: Write) -> Response:
    """Withdraw it, unless it is withdrawn already: history is not deleted."""

    async def change(connection: asyncpg.Connection, entity: Entity) -> Response:
        if entity.stage is not Status.WITHDRAWN:
            entity = await service.change_status(connection, entity, Status.WITHDRAWN, None)
        return answers.nothing(entity.revision)

    return await write.change(application_id, change)


async def _move(application_id: str, write: Write, to: Status, reason: str | None) -> Response:
    async def change(connection: asyncpg.Connection, entity: Entity) -> Response:
        changed = await service.change_status(connection, entity, to, reason)
        return await _view(connection, changed, write)

    return await write.change(application_id, change)


def _text(key: str | int | None) -> str | None:
    return None if key is None else str(key)


def _shown(named: list[Status], *, include_withdrawn: bool) -> list[str] | None:
    if named:
        return sorted({status.value for status in named})
    if include_withdrawn:
        return None
    return [status.value for status in STATUSES if status is not Status.WITHDRAWN]


async def _view(
    connection: asyncpg.Connection, entity: Entity, write: Write, *, created: bool = False
) -> Response:
    found = await applications.find(connection, entity.id)
    assert found is not None  # noqa: S101
    return answers.body(
        schemas.view(found, write.ghosted_after),
        status=201 if created else 200,
        revision=entity.revision,
        location=f"{PATH}/{entity.id}" if created else None,
    )
