"""A table as the client wants it: JSON, CSV (RFC 4180), NDJSON or Parquet."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import Enum, StrEnum
from io import BytesIO
from types import UnionType
from typing import Annotated, Any, get_args

import msgspec
import polars as pl
from fastapi import Path, Request

from api.models import Model


class Format(StrEnum):
    """By extension."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}
_BY_MEDIA_TYPE = {**{kind: form for form, kind in MEDIA_TYPES.items()}, "*/*": Format.JSON}
_QUALITY = re.compile(r";\s*q=([01](?:\.\d{0,3})?)")
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in MEDIA_TYPES.values()
            if media_type != "application/json"
        }
    }
}
"""What an answer may be besides JSON."""

_RUN_BY_SPREADSHEETS = "^([=+\\-@\t\r])"
_RUN_WHERE_CELLS_ARE_SPLIT = '([;|\t\r\n])("*[=+\\-@])'
"""By a spreadsheet that takes these for the ends of cells and of lines."""
_INERT_IN_JSON = str.maketrans({";": "\\u003b", "|": "\\u007c"})
_INSTANT = "%Y-%m-%dT%H:%M:%S%.6fZ"


def by_extension(extension: Annotated[Format, Path(description="Of the file.")]) -> None:
    """For the document: `format_of` reads it."""


def format_of(request: Request) -> Format:
    """By the path's extension, else by `Accept`; JSON where neither says."""
    extension = request.path_params.get("extension")
    if extension is not None:
        return Format(extension) if extension in list(Format) else Format.JSON
    return _most_wanted(request.headers.get("accept", ""))


def _most_wanted(accepted: str) -> Format:
    """By quality, of equal ones the first; JSON where none is named."""
    wanted, most = Format.JSON, 0.0
    for part in accepted.lower().split(","):
        kind = part.partition(";")[0].strip()
        named = _QUALITY.search(part)
        quality = 1.0 if named is None else float(named[1])
        if kind in _BY_MEDIA_TYPE and quality > most:
            wanted, most = _BY_MEDIA_TYPE[kind], quality
    return wanted


def frame_of(kind: type[Model], items: Sequence[Model]) -> pl.DataFrame:
    """Items as a table; types are those of the fields, whatever values there are."""
    fields = kind.model_fields
    schema = {field.alias or name: _type_of(field.annotation) for name, field in fields.items()}
    columns = [[_plain(getattr(item, name)) for item in items] for name in fields]
    return pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=schema)


def encode(table: pl.DataFrame, form: Format) -> bytes:
    """The rows; JSON as a list of objects."""
    match form:
        case Format.CSV:
            return _csv(table)
        case Format.NDJSON:
            return b"".join(_encoder.encode(row) + b"\n" for row in table.iter_rows(named=True))
        case Format.PARQUET:
            file = BytesIO()
            table.write_parquet(file)
            return file.getvalue()
        case Format.JSON:
            return _encoder.encode(table.to_dicts())


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def _csv(table: pl.DataFrame) -> bytes:
    """Text that a spreadsheet would run has a quote before it, as has what follows a semicolon,
    bar, tab or line's end in it; lists are JSON, without semicolons and bars."""
    cells = table.with_columns(
        _text_of(table[name]) for name, kind in table.schema.items() if not kind.is_numeric()
    )
    return cells.write_csv(line_terminator="\r\n").encode()


def _text_of(column: pl.Series) -> pl.Series:
    match column.dtype:
        case pl.Datetime():
            return column.dt.strftime(_INSTANT)
        case pl.String():
            inert = column.str.replace_all(_RUN_WHERE_CELLS_ARE_SPLIT, "${1}'${2}")
            return inert.str.replace(_RUN_BY_SPREADSHEETS, "'${1}")
        case pl.Boolean():
            return column
        case _:
            values = column.to_list()
            texts = [None if each is None else _json_cell(each) for each in values]
            return pl.Series(column.name, texts, pl.String)


def _json_cell(value: object) -> str:
    return _encoder.encode(value).decode().translate(_INERT_IN_JSON)


def _type_of(annotation: Any) -> pl.DataType | type[pl.DataType]:  # noqa: ANN401
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    kind = kinds[0] if isinstance(annotation, UnionType) else annotation
    if issubclass(kind, datetime):
        return pl.Datetime("us", "UTC")
    return {int: pl.Int64, float: pl.Float64, bool: pl.Boolean}.get(kind, pl.String)


_encoder = msgspec.json.Encoder()
