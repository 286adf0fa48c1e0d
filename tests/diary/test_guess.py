"""Guessed mappings of headers and values in several languages."""

from pathlib import Path

import pytest

from flows.diary.dates import Order
from flows.diary.guess import guess, meaning_of
from flows.diary.mapping import Columns, Mapping, check, dump, load
from flows.diary.table import read_table
from models.application import Source, Status
from models.errors import DiaryError

DIARIES = {
    "english": "company_name,job_title,application_date,application_site,status,"
    "response_date,notes\n"
    "Acme,null,2026-08-25,LinkedIn,Rejected,2026-08-27,x\n"
    "Bolt,Cook,2026-08-26,Referral,Pending,null,null\n",
    "dutch": "Bedrijf;Functie;Sollicitatiedatum;Status;Datum reactie;Bron\n"
    "Bakkerij Jansen;Bakker;13-01-2025;Afgewezen;20-01-2025;via via\n"
    "Molen BV;Molenaar;14-01-2025;Uitgenodigd voor gesprek;22-01-2025;Indeed\n",
    "german": "Firma;Stelle;Beworben am;Ergebnis;Antwortdatum;Ort\n"
    "Müller & Söhne;Koch;13.01.2025;Absage :(;20.01.2025;Köln\n"
    "Bäckerei;Bäcker;14.01.2025;Vorstellungsgespräch;21.01.2025;Bonn\n",
    "spanish": "Empresa,Puesto,Fecha de solicitud,Estado,Fecha de respuesta\n"
    "Panadería,Panadero,13/01/2025,Rechazado,20/01/2025\n"
    "Molino,Molinero,14/01/2025,Entrevista,21/01/2025\n",
}


def guessed(tmp_path: Path, text: str) -> tuple[Mapping, list[str]]:
    path = tmp_path / "diary.csv"
    path.write_text(text, "utf-8")
    return guess(read_table(path))


@pytest.mark.parametrize("language", DIARIES)
def test_headers_are_recognised(tmp_path: Path, language: str) -> None:
    mapping, _ = guessed(tmp_path, DIARIES[language])
    header = DIARIES[language].split("\n")[0].replace(";", ",").split(",")
    columns = mapping.columns
    assert [columns.company, columns.job_title, columns.applied] == header[:3]
    assert columns.status == header[4 if language == "english" else 3]
    assert columns.status_date == header[5 if language == "english" else 4]
    assert Status.REJECTED in mapping.statuses.values()
    assert mapping.no_news == (["Pending"] if language == "english" else [])


def test_dated_columns_words_and_order_are_recognised(tmp_path: Path) -> None:
    mapping, remarks = guessed(
        tmp_path,
        "Company,Role,Date,Phone screen,Onsite,Offer date,Follow-up,Result\n"
        "Acme,Cook,1/23/2025,2/1/2025,2/9/2025,2/20/2025,2/21/2025,Accepted!\n"
        "Bolt,Cook,1/24/2025,,,,2/21/2025,hmm\n",
    )
    assert mapping.dates == {
        "Phone screen": Status.SHORTLISTED,
        "Onsite": Status.INTERVIEW_SCHEDULED,
        "Offer date": Status.OFFER_RECEIVED,
    }
    assert mapping.date_order is Order.MONTH_FIRST
    assert mapping.statuses == {"Accepted!": Status.HIRED}
    assert any("'hmm'" in remark for remark in remarks)
    assert any("'Follow-up'" in remark for remark in remarks)


def test_one_row_per_event_is_recognised(tmp_path: Path) -> None:
    mapping, _ = guessed(
        tmp_path, "Company,Date,Event\nAcme,2025-01-02,applied\nAcme,2025-01-05,interview\n"
    )
    assert mapping.shape == "events"
    assert (mapping.columns.status, mapping.columns.status_date) == ("Event", "Date")


def test_a_guess_can_be_written_and_read_back(tmp_path: Path) -> None:
    for text in DIARIES.values():
        mapping, remarks = guessed(tmp_path, text)
        path = tmp_path / "mapping.toml"
        path.write_text(dump(mapping, remarks), "utf-8")
        assert load(path) == mapping


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Rejection :(", Status.REJECTED),
        ("❌ Rejected", Status.REJECTED),
        ("No response", "nothing"),
        ("Suspected Ghost Job", "nothing"),
        ("Interviewing", Status.INTERVIEW_SCHEDULED),
        ("Phone Screen", Status.SHORTLISTED),
        ("in afwachting", "nothing"),
        ("Zusage", Status.OFFER_RECEIVED),
        ("presented", None),
    ],
)
def test_words(word: str, meaning: str | None) -> None:
    assert meaning_of(word) == meaning


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[columns]\ncompany = 'C'\nfirm = 'x'", "firm"),
        ("[columns]\ncompany = 'C'\n[statuses]\nno = 'nope'", "nope"),
        ("shape = [", "mapping.toml"),
        ("", "columns"),
    ],
)
def test_a_wrong_mapping_names_its_fault(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(DiaryError, match=what):
        load(path)


def test_a_column_that_is_not_there_is_named() -> None:
    mapping = Mapping(columns=Columns(company="Firm", applied="Date"))
    with pytest.raises(DiaryError, match="'Firm'"):
        check(mapping, ["Company", "Date"])


def test_sources_are_recognised(tmp_path: Path) -> None:
    mapping, _ = guessed(tmp_path, DIARIES["english"])
    assert mapping.sources == {"LinkedIn": Source.JOB_BOARD, "Referral": Source.REFERRAL}
