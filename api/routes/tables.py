"""Rows of single applications as files: a user's own, or to admins everybody's."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
import polars as pl
from fastapi import APIRouter, Depends, Query, Request
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from api import asking, files
from api.asking import Asking
from api.files import MEDIA_TYPES, Format
from api.schemas.metrics import TableFilters, TablePage
from api.strict import StrictRoute
from storage.duckdb import tables
from storage.duckdb.metrics import Reader
from storage.duckdb.published import Freshness, Version
from storage.duckdb.tables import Page, Table

router = APIRouter(prefix="/api/analytics/tables", tags=["metrics"], route_class=StrictRoute)


@router.get("/{table}", response_model=TablePage, responses=files.DOCUMENTED)
@router.get(  # first, since the other would take it for the name of a table
    "/{table}.{extension}",
    response_model=TablePage,
    responses=files.DOCUMENTED,
    dependencies=[Depends(files.by_extension)],
)
async def read(
    table: Table,
    request: Request,
    ask: Annotated[Asking, Depends()],
    _: Annotated[str | None, Depends(asking.whose_rows)],
    filters: Annotated[TableFilters, Query()],
) -> Response:
    """A table's rows of so many applications, fewer where these have very many events. An
    admin's look is audited."""
    selection = ask.asked(filters).selection

    def written(reader: Reader, version: Version) -> tuple[bytes, str | None]:
        page = tables.page(reader, table, selection, filters.after, filters.limit)
        rows = page.rows.rename(to_camel)
        if ask.form is Format.JSON:
            return _json(page, rows, version.freshness), page.last
        return files.encode(rows, ask.form), page.last

    (body, last), freshness = await ask.find(written, filters)
    response = Response(body, media_type=MEDIA_TYPES[ask.form])
    if last is not None:
        query = [
            (name, value) for name, value in request.query_params.multi_items() if name != "after"
        ]
        target = f"{request.url.path}?{urlencode([*query, ('after', last)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
    return asking.with_freshness(response, freshness)


def _json(page: Page, rows: pl.DataFrame, freshness: Freshness) -> bytes:
    """As TablePage says."""
    return msgspec.json.encode(
        {
            "freshness": asking.view(freshness).model_dump(by_alias=True),
            "items": msgspec.Raw(files.encode(rows, Format.JSON)),
            "total": page.total,
            "hasMore": page.last is not None,
            "next": page.last,
        }
    )
