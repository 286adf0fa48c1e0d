"""Stored rows and announced rows in one shape, that of `recompute`."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from flows.verify.instants import microseconds
from flows.verify.recompute import COLUMNS

SCHEMA: dict[str, Any] = {
    **dict.fromkeys(COLUMNS, pl.String),
    **{name: pl.Int64 for name in COLUMNS if name.endswith("_at")},
    **dict.fromkeys("views interviews_scheduled offers_received".split(), pl.Int64),
    **dict.fromkeys("notes reminders updates version revision".split(), pl.Int64),
    "hired": pl.Boolean,
    "response_time_hours": pl.Float64,
    "match_score": pl.Float64,
}
# Kept for the entity and the API, but no columns of the contract: not announced.
UNANNOUNCED = {"resume_id", "referral_code", "withdraw_reason", "last_fact_at"}
ANNOUNCED = [name for name in (*COLUMNS, "revision") if name not in UNANNOUNCED]
_STEP = ("from", "to", "at", "hours_in_from", "allowed")


def camel(name: str) -> str:
    """The API's spelling of a column."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


# Places in the contract's columns, which come first in both shapes, in one order.
_STATUS_CHANGES = ANNOUNCED.index("status_changes")
_FLAGS = ANNOUNCED.index("flags")
_SPELT = [camel(name) for name in ANNOUNCED]
_INSTANTS = [place for place, name in enumerate(ANNOUNCED) if name.endswith("_at")]
_DOUBLES = [place for place, name in enumerate(ANNOUNCED) if SCHEMA[name] == pl.Float64]


def stored(rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Rows of `queries/verify.sql: rows`."""
    return pl.DataFrame([_stored(row) for row in rows], schema=SCHEMA, orient="row")


def recomputed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of `recompute` with lists as text, so that they compare at a glance."""
    lists = [
        [str([tuple(step[name] for name in _STEP) for step in steps]), str(flags)]
        for steps, flags in rows.select("status_changes", "flags").iter_rows()
    ]
    return rows.with_columns(
        status_changes=pl.Series([steps for steps, _ in lists], dtype=pl.String),
        flags=pl.Series([flags for _, flags in lists], dtype=pl.String),
    )


def announced(views: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """The `analytics` objects of analytics_updated events."""
    schema = {name: SCHEMA[name] for name in ANNOUNCED}
    return pl.DataFrame([_announced(view) for view in views], schema=schema, orient="row")


def _stored(row: Sequence[Any]) -> list[Any]:
    values = list(row)
    values[_STATUS_CHANGES] = _steps(json.loads(values[_STATUS_CHANGES]), "hours_in_from")
    values[_FLAGS] = str(values[_FLAGS])
    return values


def _announced(view: dict[str, Any]) -> list[Any]:
    values = [view[name] for name in _SPELT]
    for index in _INSTANTS:
        if values[index] is not None:
            values[index] = microseconds(values[index])
    for index in _DOUBLES:
        if values[index] is not None:
            values[index] = float(values[index])
    values[_STATUS_CHANGES] = _steps(values[_STATUS_CHANGES], "hoursInFrom")
    values[_FLAGS] = str(values[_FLAGS])
    return values


def _steps(steps: list[dict[str, Any]], hours: str) -> str:
    """With instants as microseconds and hours as doubles, whatever their notation."""
    return str(
        [
            (
                step["from"],
                step["to"],
                microseconds(step["at"]),
                None if step[hours] is None else float(step[hours]),
                step["allowed"],
            )
            for step in steps
        ]
    )
