"""Answers that carry an ETag or a Location."""

from starlette.responses import Response

from api.etag import etag
from api.models import Model


def body(
    model: Model, *, status: int = 200, revision: int | None = None, location: str | None = None
) -> Response:
    """The model as JSON; `revision` becomes the ETag."""
    response = Response(model.model_dump_json(by_alias=True), status, media_type="application/json")
    if revision is not None:
        response.headers["ETag"] = etag(revision)
    if location is not None:
        response.headers["Location"] = location
    return response


def nothing(revision: int | None = None) -> Response:
    """204."""
    headers = {} if revision is None else {"ETag": etag(revision)}
    return Response(status_code=204, headers=headers)
