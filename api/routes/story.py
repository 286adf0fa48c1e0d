"""What an application's events say: interviews, offers, employer views, the timeline."""

from collections.abc import Callable
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import answers, pages
from api.access import Readable, Writable
from api.cursors import encode
from api.dependencies import Database
from api.models import Model
from api.pages import PageRequest, WantedPage
from api.schemas import events as schemas
from api.schemas.events import (
    EmployerViewPage,
    InterviewPage,
    InterviewView,
    NewInterview,
    NewOffer,
    OfferPage,
    OfferView,
    TimelinePage,
)
from api.services import applications as service
from api.strict import StrictRoute
from api.writing import Write
from models.entity import Entity
from models.events import InterviewScheduled, OfferReceived
from models.facts import Kind
from models.timeline import Entry, Told, latest_of_each, standing, tell
from storage.postgres import facts
from storage.postgres.ids import new_id

router = APIRouter(
    prefix="/api/applications/{application_id}", tags=["applications"], route_class=StrictRoute
)

_Choose = Callable[[list[Entry]], list[Entry]]
_Show = Callable[[Entry, Told], Model]


@router.post("/interviews", status_code=201, response_model=InterviewView)
async def add_interview(application_id: Writable, body: NewInterview, write: Write) -> Response:
    """Enter an interview; emits `application.interview_scheduled`, and the status change that
    it brings where that is allowed. The ETag is the application's."""

    async def change(connection: asyncpg.Connection, entity: Entity) -> Response:
        given = body.model_dump(exclude_none=True)
        interview = InterviewScheduled(interview_id=new_id("int"), **given)
        changed = await service.schedule_interview(connection, entity, interview)
        return await _entered(connection, changed, interview.interview_id, schemas.interview)

    return await write.change(application_id, change)


@router.post("/offers", status_code=201, response_model=OfferView)
async def add_offer(application_id: Writable, body: NewOffer, write: Write) -> Response:
    """Enter an offer; emits `application.offer_received`, and the status change that it brings
    where that is allowed. The ETag is the application's."""

    async def change(connection: asyncpg.Connection, entity: Entity) -> Response:
        given = body.model_dump(exclude_none=True)
        offer = OfferReceived(offer_id=new_id("off"), **given)
        changed = await service.receive_offer(connection, entity, offer)
        return await _entered(connection, changed, offer.offer_id, schemas.offer)

    return await write.change(application_id, change)


@router.get("/interviews", response_model=InterviewPage)
async def interviews(
    request: Request, application_id: Readable, database: Database, page: WantedPage
) -> Response:
    """Interviews, each as it was last put, in the order of their events."""

    def choose(entries: list[Entry]) -> list[Entry]:
        return latest_of_each(standing(entries, Kind.INTERVIEW_SCHEDULED))

    return await _page(
        request, application_id, database, page, choose, schemas.interview, InterviewPage
    )


@router.get("/offers", response_model=OfferPage)
async def offers(
    request: Request, application_id: Readable, database: Database, page: WantedPage
) -> Response:
    """Offers, each as it was last put, in the order of their events."""

    def choose(entries: list[Entry]) -> list[Entry]:
        return latest_of_each(standing(entries, Kind.OFFER_RECEIVED))

    return await _page(request, application_id, database, page, choose, schemas.offer, OfferPage)


@router.get("/views", response_model=EmployerViewPage)
async def views(
    request: Request, application_id: Readable, database: Database, page: WantedPage
) -> Response:
    """When the employer looked at it; written by other systems, through events only."""

    def choose(entries: list[Entry]) -> list[Entry]:
        return standing(entries, Kind.VIEWED_BY_EMPLOYER)

    return await _page(
        request, application_id, database, page, choose, schemas.employer_view, EmployerViewPage
    )


@router.get("/timeline", response_model=TimelinePage)
async def timeline(
    request: Request,
    application_id: Readable,
    database: Database,
    page: WantedPage,
    include_replaced: Annotated[
        bool, Query(description="Also what was corrected or retracted, and retractions.")
    ] = False,
) -> Response:
    """Its events in the order of the fold; what was written here and waits is `pending`."""

    def choose(entries: list[Entry]) -> list[Entry]:
        return [entry for entry in entries if entry.effective or include_replaced]

    return await _page(
        request, application_id, database, page, choose, schemas.timeline_item, TimelinePage
    )


async def _page(
    request: Request,
    application_id: str,
    database: asyncpg.Pool,
    page: PageRequest,
    choose: _Choose,
    show: _Show,
    page_type: type[Any],
) -> Response:
    scope = (page_type.__name__, application_id)
    async with database.acquire() as connection:
        story = await facts.story(connection, application_id)
        chosen = choose(story.entries)
        behind = page.behind(story.cursor_key, scope)
        if behind is not None:
            place = (int(behind[0] or 0), behind[1])
            following = [entry for entry in chosen if _place(entry) > place]
        else:
            following = chosen[page.offset :]
        shown, last = page.split(following[: page.limit + 1])
        payloads = await facts.payloads(connection, application_id, story, shown)
    items = [
        show(entry, tell(payloads[entry.fact.id])) for entry in shown if entry.fact.id in payloads
    ]
    next_cursor = None if last is None else encode(story.cursor_key, scope, _place(last))
    listed = page_type.model_construct(
        items=items, total=len(chosen), has_more=last is not None, next=next_cursor
    )
    return pages.answer(request, listed, next_cursor)


def _place(entry: Entry) -> tuple[int, str]:
    """Where an event stands in the order of the fold; a rank has one digit."""
    return entry.fact.time * 10 + entry.fact.rank, entry.fact.id


async def _entered(
    connection: asyncpg.Connection, entity: Entity, name: object, show: _Show
) -> Response:
    story = await facts.story(connection, entity.id)
    entry = next(entry for entry in story.entries if entry.fact.value == name and entry.pending)
    entered = show(entry, tell(story.waiting[entry.fact.id]))
    return answers.body(entered, status=201, revision=entity.revision)
