"""The row of analytics with what passes with time."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import FieldInfo, astuple
from pydantic import Field, create_model

from api.models import Model
from api.schemas.applications import Passing, passing
from models.rows import AnalyticsView, StatusChangeColumn
from storage.postgres.applications import Freshness

_SAID = {
    "version": "Number of events folded; 0 before the first.",
    "revision": "Of this row; another counter than the ETag.",
}


class StatusChangeView(Model):
    """One transition; `allowed` by the table of transitions."""

    from_: str | None = Field(alias="from")
    to: str
    at: datetime
    hours_in_from: float | None
    allowed: bool


def _column(field: FieldInfo) -> tuple[Any, Any]:
    kind = list[StatusChangeView] if field.name == "status_changes" else field.type
    return kind, Field(description=_SAID.get(field.name))


_COLUMNS: dict[str, Any] = {
    field.name: _column(field) for field in msgspec.structs.fields(AnalyticsView)
}
Row = create_model("Row", __base__=Model, **_COLUMNS)


class Analytics(Passing, Row):
    """The contract's columns, then what depends on when they are read."""


def analytics(row: AnalyticsView, freshness: Freshness, ghosted_after: float | None) -> Analytics:
    """The row as JSON, read at `freshness.now`; `ghosted_after` in hours of silence."""
    changes = msgspec.json.decode(row.status_changes, type=list[StatusChangeColumn])
    names = StatusChangeView.model_fields
    fields = {name: getattr(row, name) for name in _COLUMNS}
    fields["status_changes"] = [
        StatusChangeView.model_construct(**dict(zip(names, astuple(change), strict=True)))
        for change in changes
    ]
    return Analytics.model_construct(
        **fields,
        **passing(
            row.status,
            row.status_at,
            row.applied_at,
            row.last_employer_activity_at,
            freshness,
            ghosted_after,
        ),
    )
