"""Spreadsheets of any make become the same table."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.diary.table import read_table, without_empty
from models.errors import DiaryError

CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found_out(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    path = tmp_path / "diary.csv"
    lines = [["Bedrijf", "Functie", "Datum"], ["Böhm & Söhne", "Café-manager", "3-4-2025"]]
    path.write_text("\r\n".join(delimiter.join(line) for line in lines), encoding)
    table = read_table(path)
    assert table.columns == lines[0]
    assert [row.cells for row in table.rows] == [dict(zip(*lines, strict=True))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_any_system_ends_them(tmp_path: Path, end: str) -> None:
    path = tmp_path / "diary.csv"
    path.write_bytes(end.join(["Company;Role", '"Acme";Engineer', "Bolt;Cook", ""]).encode())
    assert [row.cells for row in read_table(path).rows] == [
        {"Company": "Acme", "Role": "Engineer"},
        {"Company": "Bolt", "Role": "Cook"},
    ]


@given(cells=st.lists(CELL, min_size=2, max_size=4))
def test_any_cell_survives_quoting(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    path = tmp_path_factory.mktemp("table") / "diary.csv"
    names = [f"c{number}" for number in range(len(cells))]
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    path.write_text(",".join(names) + "\n" + ",".join(quoted) + "\n", "utf-8")
    assert [row.cells for row in read_table(path).rows] == [dict(zip(names, cells, strict=True))]


def test_a_workbook_is_read_with_its_dates_and_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "diary.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["My job search"])
    sheet.append([])
    sheet.append(["Company", "Date", "Call", "Score", "Date"])
    sheet.append(["Acme", date(2025, 3, 4), datetime(2025, 3, 9, 14, 30), 72.0, None])
    book.save(path)
    table = read_table(path)
    assert table.columns == ["Company", "Date", "Call", "Score", "Date (2)"]
    assert table.rows[0].number == 4
    assert table.rows[0].cells == {
        "Company": "Acme",
        "Date": "2025-03-04",
        "Call": "2025-03-09T14:30:00",
        "Score": "72",
    }


def test_a_line_break_in_a_cell_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "diary.csv"
    path.write_text('a,b\n"one\ntwo",x\nthree,y\n')
    assert [row.cells["a"] for row in read_table(path).rows] == ["one\ntwo", "three"]


def test_words_for_nothing_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "diary.csv"
    path.write_text("a,b\nnull,N/A\nx,-\n")
    assert [row.cells for row in without_empty(read_table(path), ["null", "n/a", "-"]).rows] == [
        {"a": "x"}
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"one column\nonly\n", b"PK\x03\x04broken"])
def test_what_is_no_table_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "diary.csv"
    path.write_bytes(content)
    with pytest.raises(DiaryError, match=r"diary\.csv"):
        read_table(path)
