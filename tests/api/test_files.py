"""Tables as files: nothing that a spreadsheet runs, nothing lost."""

import csv
import io
import re
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from api.files import Format, encode, format_of

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def cells(table: pl.DataFrame) -> list[list[str]]:
    text = encode(table, Format.CSV).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("accepted", "form"),
    [
        ("", Format.JSON),
        ("text/html", Format.JSON),
        ("Text/CSV", Format.CSV),
        ("text/csv, application/json;q=0.1", Format.CSV),
        ("application/json;q=0.1, text/csv; charset=utf-8; q=0.25", Format.CSV),
        ("text/csv;q=0.5, */*", Format.JSON),
        ("text/csv;q=0", Format.JSON),
    ],
)
def test_accept_says_what_is_wanted_most(accepted: str, form: Format) -> None:
    scope = {"type": "http", "path_params": {}, "headers": [(b"accept", accepted.encode())]}
    assert format_of(Request(scope)) is form


@pytest.mark.parametrize("first", list("=+-@\t\r"))
def test_text_that_a_spreadsheet_would_run_is_quoted(first: str) -> None:
    dangerous = first + 'cmd|"/c calc"!A1'
    _, (shown,) = cells(pl.DataFrame({"company": [dangerous]}))
    assert shown == "'" + dangerous


@pytest.mark.parametrize("split", list(";|\t\r\n"))
def test_nothing_is_run_where_a_spreadsheet_splits_elsewhere(split: str) -> None:
    for run in ("=1+1", '"=1+1', "=1;=2", "+1\t-1"):
        for text in (f"Acme{split}{run}", f"{split}{run}", f"{split}{split}{run}"):
            for value in (text, [text], {"note": text}):
                shown = encode(pl.DataFrame({"company": [value], "n": [7]}), Format.CSV).decode()
                _, *parts = re.split(r"\r\n|[;|\t\r\n]", shown)
                assert not [part for part in parts if re.match('"*[=+@-]', part)], shown


def test_numbers_and_instants_are_not_text() -> None:
    moment = datetime(2026, 3, 1, 9, tzinfo=UTC)
    _, row = cells(pl.DataFrame({"hours": [-1.5], "at": [moment], "ok": [True], "none": [None]}))
    assert row == ["-1.5", "2026-03-01T09:00:00.000000Z", "true", ""]


def test_lists_are_json() -> None:
    _, row = cells(pl.DataFrame({"flags": [["gap", "clock"]]}))
    assert row == ['["gap","clock"]']


def inert(text: str) -> str:
    """A quote before what a spreadsheet would run, wherever it splits."""
    first, *others = re.split(r"([;|\t\r\n])", text)
    shown = "'" if text[:1] in tuple("=+-@\t\r") else ""
    for split, part in zip(["", *others[::2]], [first, *others[1::2]], strict=True):
        shown += split + ("'" if split and re.match('"*[=+@-]', part) else "") + part
    return shown


@given(texts=st.lists(st.none() | TEXT, min_size=1, max_size=5))
def test_every_text_comes_back(texts: list[str | None]) -> None:
    table = pl.DataFrame(
        {"text": texts, "n": range(len(texts))}, schema_overrides={"text": pl.String}
    )
    assert encode(table, Format.CSV).count(b"\r\n") >= len(texts) + 1
    _, *rows = cells(table)
    for text, (shown, _) in zip(texts, rows, strict=True):
        assert shown == inert(text or "")
    assert pl.read_ndjson(encode(table, Format.NDJSON), schema=table.schema).equals(table)
    assert pl.read_parquet(encode(table, Format.PARQUET)).equals(table)
