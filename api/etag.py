"""ETags are revisions in quotes."""

import re

from starlette.requests import Request

from models.errors import InvalidRequest, PreconditionFailed

_is_etag = re.compile(r'"([0-9]{1,18})"').fullmatch


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'


def if_match(request: Request) -> int | None:
    """The revision that `If-Match` demands; None without one or for `*`.

    Raises PreconditionFailed for an ETag that is none of ours (weak ones never match),
    InvalidRequest for several.
    """
    value = request.headers.get("if-match", "*").strip()
    if value == "*":
        return None
    if len(request.headers.getlist("if-match")) > 1 or "," in value:
        raise InvalidRequest("If-Match takes one ETag", field="header.if-match")
    match = _is_etag(value)
    if match is None:
        raise PreconditionFailed("If-Match names a revision that never was")
    return int(match[1])
