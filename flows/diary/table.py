"""A spreadsheet as text: CSV of any delimiter and encoding, or XLSX."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile

import msgspec
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from models.errors import DiaryError

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 50
_CELL_CHARACTERS_MAX = 1_000_000
_HEADER_SEARCH_ROWS = 20
_OUTER_SIGNS = " \t\n.!?:()-–—*"
_ZIP_MAGIC = b"PK\x03\x04"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Row(msgspec.Struct, frozen=True):
    """A line of the spreadsheet; `number` as the spreadsheet's program counts it, from 1."""

    number: int
    cells: dict[str, str]
    """By column; empty cells are left out."""


class Table(msgspec.Struct, frozen=True):
    """A header and what stands below it."""

    columns: list[str]
    rows: list[Row]


def read_table(
    path: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Table:
    """The table of a file; what is not given is found out. Raises DiaryError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DiaryError(f"cannot read {path}: {error.strerror}") from error
    if raw.startswith(_ZIP_MAGIC):
        return _below_header(_sheet_lines(raw, path, sheet), path)
    text = _decoded(raw, path, encoding)
    csv.field_size_limit(_CELL_CHARACTERS_MAX)
    try:
        # Whatever ends its lines: old Macs wrote a carriage return alone.
        whole = io.StringIO(text, newline=None)
        lines = list(csv.reader(whole, delimiter=delimiter or _delimiter_of(text)))
    except csv.Error as error:
        raise DiaryError(f"{path} is not a CSV file: {error}") from error
    return _below_header(lines, path)


def without_empty(table: Table, words: Iterable[str]) -> Table:
    """The table without cells that hold one of these words, and without rows of nothing else."""
    empty = {plain(word) for word in words}
    rows = [
        Row(row.number, {k: v for k, v in row.cells.items() if plain(v) not in empty})
        for row in table.rows
    ]
    return Table(table.columns, [row for row in rows if row.cells])


def plain(word: str) -> str:
    """How words are compared: without case, outer signs and double spaces."""
    folded = word.casefold().strip()
    return " ".join((folded.strip(_OUTER_SIGNS) or folded).split())


def _decoded(raw: bytes, path: Path, encoding: str | None) -> str:
    candidates = ["utf-8-sig", "cp1252", "latin-1"]
    if raw.startswith(_UTF16_MARKS):
        candidates = ["utf-16"]
    for candidate in [encoding] if encoding else candidates:
        try:
            return raw.decode(candidate).replace("\0", "")
        except LookupError as error:
            raise DiaryError(f"there is no encoding {encoding}") from error
        except UnicodeDecodeError:
            continue
    raise DiaryError(f"{path} is not text in {encoding or candidates[0]}")


def _delimiter_of(text: str) -> str:
    """The one that cuts most of the first lines into equally many cells."""
    sample = "\n".join(text.splitlines()[:_SAMPLE_LINES])

    def fitness(delimiter: str) -> tuple[int, int]:
        widths = [
            len(line) for line in csv.reader(io.StringIO(sample), delimiter=delimiter) if line
        ]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual), usual) if usual > 1 else (0, 0)

    return max(_DELIMITERS, key=fitness)


def _sheet_lines(raw: bytes, path: Path, sheet: str | None) -> list[list[str]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise DiaryError(f"{path} is not an XLSX workbook: {error}") from error
    if sheet is not None and sheet not in book.sheetnames:
        raise DiaryError(f"{path} has no sheet {sheet!r}; it has {', '.join(book.sheetnames)}")
    found = book[sheet or book.sheetnames[0]]
    return [[_text_of(value) for value in line] for line in found.iter_rows(values_only=True)]


def _text_of(value: object) -> str:
    if isinstance(value, datetime):
        midnight = value.time() == datetime.min.time()
        return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _below_header(lines: Iterable[list[str]], path: Path) -> Table:
    """The header is the first line with two filled cells: titles may stand above it."""
    numbered = [(number, line) for number, line in enumerate(lines, 1)]
    for index, (_, line) in enumerate(numbered[:_HEADER_SEARCH_ROWS]):
        if sum(bool(cell.strip()) for cell in line) > 1:
            columns = _unique([cell.strip() for cell in line])
            rows = [Row(number, _cells(columns, body)) for number, body in numbered[index + 1 :]]
            return Table([name for name in columns if name], [row for row in rows if row.cells])
    raise DiaryError(f"{path} has no line of column names")


def _unique(names: list[str]) -> list[str]:
    """A second column of the same name is called `name (2)`."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return unique


def _cells(columns: list[str], line: list[str]) -> dict[str, str]:
    pairs = zip(columns, (cell.strip() for cell in line), strict=False)
    return {name: cell for name, cell in pairs if name and cell}
