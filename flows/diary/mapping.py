"""What the columns and words of one spreadsheet mean: a TOML file the user can read."""

import json
import tomllib
from datetime import time
from pathlib import Path
from typing import Literal, cast

import msgspec

from flows.diary.dates import Order
from models.application import Source, Status
from models.errors import DiaryError


class Columns(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Names of columns. `id` is a column whose values never change, where there is one."""

    company: str
    job_title: str | None = None
    location: str | None = None
    source: str | None = None
    match_score: str | None = None
    id: str | None = None
    applied: str | None = None
    """Shape "applications": the day of the application."""
    status: str | None = None
    status_date: str | None = None
    """The day of the status; in shape "events" the day of the event."""


class Mapping(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How to read a spreadsheet; see docs/import.md."""

    columns: Columns
    shape: Literal["applications", "events"] = "applications"
    date_order: Order = Order.DAY_FIRST
    time_of_day: str = "12:00"
    """Local time of what has only a day."""
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    empty: list[str] = msgspec.field(default_factory=lambda: ["null", "none", "n/a", "-"])
    """Words that mean an empty cell."""
    no_news: list[str] = msgspec.field(default_factory=list)
    """Words in the status column that tell nothing, such as "waiting"."""
    dates: dict[str, Status] = msgspec.field(default_factory=dict)
    """Further dated columns → the status reached on that day."""
    statuses: dict[str, Status] = msgspec.field(default_factory=dict)
    """Words in the status column → the status they mean."""
    sources: dict[str, Source] = msgspec.field(default_factory=dict)

    def midday(self) -> time:
        """`time_of_day` as a time; raises DiaryError."""
        try:
            return time.fromisoformat(self.time_of_day)
        except ValueError:
            raise DiaryError(f"time_of_day {self.time_of_day!r} is not a time like 12:00") from None

    def named_columns(self) -> list[str]:
        """Every column that is read."""
        named = [cast("str", name) for name in msgspec.structs.astuple(self.columns) if name]
        return [*named, *self.dates]


def load(path: Path) -> Mapping:
    """A mapping file; DiaryError says which entry is wrong."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Mapping)
    except OSError as error:
        raise DiaryError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise DiaryError(f"{path}: {error}") from error


def check(mapping: Mapping, columns: list[str]) -> None:
    """Raise DiaryError where the mapping names a column that the spreadsheet has not."""
    missing = [name for name in mapping.named_columns() if name not in columns]
    if missing:
        raise DiaryError(
            f"no column {', '.join(map(repr, missing))}; there are {', '.join(map(repr, columns))}"
        )
    if mapping.shape == "events" and not (mapping.columns.status and mapping.columns.status_date):
        raise DiaryError('shape "events" needs columns.status and columns.status_date')
    if mapping.shape == "applications" and not (mapping.columns.applied or mapping.dates):
        raise DiaryError("no column with the day of the application: set columns.applied")


def dump(mapping: Mapping, remarks: list[str]) -> str:
    """The mapping as TOML, with remarks above it."""
    plain_values = msgspec.to_builtins(mapping)
    lines = [f"# {remark}" for remark in remarks]
    tables = {key: value for key, value in plain_values.items() if isinstance(value, dict)}
    for key, value in plain_values.items():
        if key not in tables and value is not None:
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    for key, table in tables.items():
        lines += ["", f"[{key}]"]
        lines += [
            f"{_key(name)} = {json.dumps(value, ensure_ascii=False)}"
            for name, value in table.items()
            if value is not None
        ]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)
