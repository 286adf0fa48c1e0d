"""A mapping guessed from a spreadsheet's header and values; the user looks it over."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, time
from typing import TypeVar

from flows.diary import dates
from flows.diary.dates import Order
from flows.diary.mapping import Columns, Mapping
from flows.diary.table import Table, plain, without_empty
from flows.diary.words import COLUMNS, EVENT_COLUMN, NOTHING, SOURCES, WORDS, Meaning
from models.application import Source, Status
from models.errors import DiaryError

_T = TypeVar("_T")
_WORDS_MAX = 60
_DATES_SHARE = 0.5
_WHOLE_WORD_LENGTH = 5
"""Shorter words must stand alone to be recognised."""


def guess(table: Table) -> tuple[Mapping, list[str]]:
    """A mapping and remarks on how sure it is; raises DiaryError where there is no company."""
    table = without_empty(table, Mapping(columns=Columns(company="")).empty)
    values = {
        name: [row.cells[name] for row in table.rows if name in row.cells] for name in table.columns
    }
    dated = {name for name, cells in values.items() if _share_of_dates(cells) > _DATES_SHARE}
    named = _columns(table.columns, dated, values)
    if "company" not in named:
        raise DiaryError(f"no column looks like a company among {', '.join(table.columns)}")
    events = bool(EVENT_COLUMN.fullmatch(named.get("status", ""))) and "applied" in named
    if events:
        named["status_date"] = named.pop("applied")
    columns = Columns(**named)
    taken = set(named.values())
    rest = [name for name in table.columns if name not in taken]
    reached = (
        {}
        if events
        else {
            name: meaning
            for name in rest
            if name in dated and isinstance(meaning := meaning_of(name), Status)
        }
    )
    order = dates.guess_order(cell for name in dated for cell in values[name])
    words = _known(values.get(columns.status or "", []), meaning_of)
    mapping = Mapping(
        columns=columns,
        shape="events" if events else "applications",
        date_order=order or Order.DAY_FIRST,
        dates=reached,
        statuses={word: meant for word, meant in words.items() if isinstance(meant, Status)},
        no_news=[word for word, meant in words.items() if meant == NOTHING],
        sources=_known(values.get(columns.source or "", []), _source_of),
    )
    unused = [name for name in rest if name not in reached]
    return mapping, _remarks(mapping, unused, order, values)


def meaning_of(word: str) -> Meaning | None:
    """What a status word or a column of days most likely means; None if it is unknown."""
    return _first(WORDS, word)


def _source_of(word: str) -> Source | None:
    return _first(SOURCES, word)


def _first(table: Iterable[tuple[_T, str]], word: str) -> _T | None:
    text = plain(word)
    for meaning, parts in table:
        for part in parts.split("|"):
            short = len(part) < _WHOLE_WORD_LENGTH
            if re.search(rf"\b{re.escape(part)}\b", text) if short else part in text:
                return meaning
    return None


def _columns(names: list[str], dated: set[str], values: dict[str, list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, words in COLUMNS.items():
        for word in words.split("|"):
            fits = (
                name
                for name in names
                if name not in found.values()
                and plain(name.replace("_", " ")) == word
                and (field not in ("applied", "status_date") or name in dated)
                and (field != "id" or len(set(values[name])) == len(values[name]) > 0)
            )
            match = next(fits, None)
            if match is not None:
                found[field] = match
                break
    return found


def _share_of_dates(cells: list[str]) -> float:
    read = 0
    for cell in cells:
        for order in Order:
            try:
                dates.parse(cell, order, UTC, time(12))
            except (ValueError, OverflowError):
                continue
            read += 1
            break
    return read / len(cells) if cells else 0.0


def _known(cells: list[str], means: Callable[[str], _T | None]) -> dict[str, _T]:
    found = {}
    for word, _ in Counter(cells).most_common(_WORDS_MAX):
        meaning = means(word)
        if meaning is not None:
            found[word] = meaning
    return found


def _remarks(
    mapping: Mapping, unused: list[str], order: Order | None, values: dict[str, list[str]]
) -> list[str]:
    remarks = ["Guessed; please look it over. Statuses: " + ", ".join(Status) + "."]
    if order is None and dates.is_ambiguous(cell for cells in values.values() for cell in cells):
        remarks.append(
            "The dates do not say whether the day or the month comes first: see date_order."
        )
    if unused:
        remarks.append("Columns not read: " + ", ".join(map(repr, unused)) + ".")
    words = Counter(values.get(mapping.columns.status or "", []))
    unknown = [w for w in words if w not in mapping.statuses and w not in mapping.no_news]
    if unknown:
        listed = ", ".join(map(repr, unknown[:_WORDS_MAX]))
        remarks.append(
            f"Status words without a meaning; name them under [statuses] or in no_news: {listed}"
        )
    return [" ".join(remark.split()) for remark in remarks]
