"""Whose applications a metric counts, and the answer in the form that the client wants."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from starlette.responses import Response

from api import files
from api.access import action_of
from api.auth import Role
from api.dependencies import Caller, Database, Process
from api.files import MEDIA_TYPES, Format
from api.models import Model
from api.schemas.metrics import Answer, Filters, FreshnessView, Grouped, SilentFilters
from api.services.asked import Asked
from models.errors import AccessDenied
from models.metrics import CASES_MIN, DEFINITIONS, Metric
from storage.duckdb.metrics import By, Reader, Selection
from storage.duckdb.published import Freshness, Version
from storage.postgres import audit

_MINE = "mine"
Item = TypeVar("Item", bound=Model)
Found = TypeVar("Found")


def whose(request: Request, caller: Caller) -> str | None:
    """The user whose applications are counted; None for everybody's. Judged before the other
    parameters are. Raises AccessDenied."""
    mine = request.query_params.getlist("scope")[-1:] == [_MINE]
    if caller.role is Role.SERVICE or (caller.role is Role.USER and not mine):
        raise AccessDenied("you do not have access to this resource")
    return caller.user_id if mine else None


Whose = Annotated[str | None, Depends(whose)]


async def whose_rows(
    request: Request, user_id: Whose, caller: Caller, database: Database
) -> str | None:
    """The same of rows of single applications, which across users are for admins only; their
    look is written down. Raises AccessDenied."""
    if user_id is None:
        if caller.role is not Role.ADMIN:
            raise AccessDenied("you do not have access to this resource")
        await audit.record(database, caller.user_id, caller.role, action_of(request), "all")
    return user_id


class Asking:
    """A question about the applications of a user, or of all."""

    def __init__(
        self, user_id: Whose, form: Annotated[Format, Depends(files.format_of)], parts: Process
    ) -> None:
        self.form = form
        self._user_id = user_id
        self._warehouse = parts.warehouse

    def asked(self, filters: Filters) -> Asked:
        """What is asked, by whom. Raises InvalidRequest for moments that are none."""
        selection = Selection(
            self._user_id,
            filters.since,
            filters.until,
            filters.company,
            tuple(filters.source) or None,
            tuple(filters.status) or None,
        )
        cases_min = CASES_MIN if self._user_id is None else 1
        asked = Asked(selection, filters.zone, cases_min)
        if isinstance(filters, Grouped):
            return replace(asked, by=By(filters.by or By.NONE), limit=filters.limit)
        if isinstance(filters, SilentFilters):
            return replace(asked, limit=filters.limit)
        return asked

    async def find(
        self, question: Callable[[Reader, Version], Found], filters: Filters
    ) -> tuple[Found, Freshness]:
        """What the warehouse says, of now or of the time asked for."""
        return await self._warehouse.ask(question, filters.recorded_until)

    async def answer(
        self,
        metric: Metric,
        kind: type[Item],
        find: Callable[[Reader, Version, Asked], list[Item]],
        filters: Filters,
    ) -> Response:
        """The items with what they mean and how fresh they are; files hold the items alone.
        Made where it was asked: long ones would keep other requests waiting."""
        asked = self.asked(filters)

        def written(reader: Reader, version: Version) -> str | bytes:
            items = version.once((find, asked), lambda: find(reader, version, asked))
            if self.form is not Format.JSON:
                return files.encode(files.frame_of(kind, items), self.form)
            return Answer(
                definition=DEFINITIONS[metric],
                scope="all" if self._user_id is None else _MINE,
                tz=filters.tz,
                minimum_cases=asked.cases_min,
                freshness=view(version.freshness),
                items=items,
            ).model_dump_json(by_alias=True)

        body, freshness = await self.find(written, filters)
        response = Response(body, media_type=MEDIA_TYPES[self.form])
        response.headers["X-Definition"] = DEFINITIONS[metric]
        return with_freshness(response, freshness)


def view(freshness: Freshness) -> FreshnessView:
    """As answers tell it."""
    return FreshnessView(**freshness._asdict())


def with_freshness(response: Response, freshness: Freshness) -> Response:
    """The response with it in headers, which files need."""
    shown = view(freshness).model_dump(mode="json")
    for name, header in (
        ("clock", "X-Clock"),
        ("published_at", "X-Published-At"),
        ("as_of", "X-As-Of"),
    ):
        response.headers[header] = shown[name]
    return response
