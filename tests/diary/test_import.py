"""`jobfinders import` against a real Postgres and the flow's real steps."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from flows.diary import command
from models.errors import DiaryError
from models.settings import Settings
from storage.postgres.connect import connect
from tests.ingest.flowing import flow

DIARY = """Bedrijf;Functie;Sollicitatiedatum;Gesprek;Status;Datum reactie
Bakkerij Jansen;Bakker;13-01-2025;;Afgewezen;20-01-2025
Molen BV;Molenaar;14-01-2025;22-01-2025;Aangenomen;28-01-2025
"""


def run(settings: Settings, *arguments: str) -> str:
    app = typer.Typer()
    command.register(app)
    result = CliRunner().invoke(app, list(arguments), obj=settings)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def rows(url: str) -> list[tuple[object, ...]]:
    with connect(url) as connection:
        return connection.execute(
            "SELECT company, job_title, status, applied_at::text, version, flags "
            "FROM application_analytics ORDER BY company"
        ).fetchall()


def test_a_guessed_diary_is_imported_once_and_then_edited(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    path, mapping = tmp_path / "diary.csv", tmp_path / "mapping.toml"
    path.write_text(DIARY)
    shown = run(settings, str(path), "--guess", "--out", str(mapping))
    assert mapping.read_text() in shown
    arguments = (str(path), "--mapping", str(mapping), "--user", "ann", "--tz", "Europe/Amsterdam")
    with flow(database, settings):
        first = run(settings, *arguments)
        again = run(settings, *arguments)
        path.write_text(DIARY.replace("22-01-2025", "23-01-2025"))
        edited = run(settings, *arguments)
    assert "2 rows, 2 applications\naccepted 6, duplicate 0, dead-lettered 0" in first
    assert "nothing has changed" in again
    assert "accepted 2, duplicate 0, dead-lettered 0" in edited
    assert rows(database) == [
        ("Bakkerij Jansen", "Bakker", "rejected", "2025-01-13 11:00:00+00", 2, []),
        ("Molen BV", "Molenaar", "hired", "2025-01-14 11:00:00+00", 6, ["transition"]),
    ]


def test_a_dry_run_puts_nothing_in(settings: Settings, database: str, tmp_path: Path) -> None:
    path = tmp_path / "diary.csv"
    path.write_text(DIARY)
    shown = run(settings, str(path), "--guess", "--user", "ann", "--dry-run")
    assert "application.created: 2" in shown
    assert "6 events would be put in" in shown
    with connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_an_import_does_not_overtake_the_one_before(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    path = tmp_path / "diary.csv"
    path.write_text(DIARY)
    run(settings, str(path), "--guess", "--user", "ann", "--no-wait")
    with pytest.raises(DiaryError, match="still being folded"):
        run(settings, str(path), "--guess", "--user", "ann", "--no-wait")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "--mapping"),
        (("--guess", "--user", "no spaces"), "--user"),
        (("--guess", "--user", "ann", "--tz", "Mars/Olympus"), "Mars"),
        (("--guess", "--user", "ann", "--as-of", "someday"), "--as-of"),
        (("--mapping", "absent.toml", "--user", "ann"), "absent.toml"),
    ],
)
def test_wrong_options_are_clear_errors(
    settings: Settings, tmp_path: Path, arguments: tuple[str, ...], what: str
) -> None:
    path = tmp_path / "diary.csv"
    path.write_text(DIARY)
    with pytest.raises(DiaryError, match=what):
        run(settings, str(path), *arguments)
