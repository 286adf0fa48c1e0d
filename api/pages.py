"""Pages: what a client asks for, and the link to the next one."""

from collections.abc import Sequence
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from starlette.responses import Response

from api import answers, cursors
from api.cursors import CURSOR_CHARACTERS_MAX, Key
from api.models import Model

LIMIT_MAX = 100
OFFSET_MAX = 1_000_000
Item = TypeVar("Item")


class PageRequest:
    """Which page: past `offset` rows, or behind `cursor`."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 20,
        offset: Annotated[int, Query(ge=0, le=OFFSET_MAX)] = 0,
        cursor: Annotated[
            str | None,
            Query(max_length=CURSOR_CHARACTERS_MAX, description="`next` of the page before."),
        ] = None,
    ) -> None:
        self.limit = limit
        self.offset = 0 if cursor is not None else offset
        self.cursor = cursor

    def behind(self, key: bytes, scope: tuple[object, ...]) -> Key | None:
        """The place behind which the page begins. Raises InvalidRequest for a forged one."""
        return None if self.cursor is None else cursors.decode(key, scope, self.cursor)

    def split(self, found: Sequence[Item]) -> tuple[Sequence[Item], Item | None]:
        """Of one more than `limit` the page, and its last item where another page follows."""
        items = found[: self.limit]
        return items, items[-1] if len(found) > self.limit else None


WantedPage = Annotated[PageRequest, Depends()]


def answer(request: Request, page: Model, next_cursor: str | None) -> Response:
    """The page, with a Link to the next one where there is one."""
    response = answers.body(page)
    if next_cursor is not None:
        query = [
            (name, value)
            for name, value in request.query_params.multi_items()
            if name not in ("cursor", "offset")
        ]
        target = f"{request.url.path}?{urlencode([*query, ('cursor', next_cursor)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
    return response
