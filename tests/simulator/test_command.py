"""`jobfinders simulate`: files to the byte, and worlds that are loaded once."""

from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from flows.simulator import command, generate
from models.errors import ConfigurationError
from models.instant import parse
from models.settings import Settings
from storage.postgres.connect import connect
from tests.ingest.flowing import flow

END = "2026-01-01T00:00:00Z"
SMALL = ("--applications", "40", "--days", "30", "--bad-lines", "0")


def run(settings: Settings, *arguments: str) -> str:
    app = typer.Typer()
    command.register(app)
    result = CliRunner().invoke(app, [*SMALL, *arguments], obj=settings)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def accepted(url: str) -> int:
    with connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM event_log WHERE type <> 'application.analytics_updated'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_file_is_what_generate_gives(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    run(settings, "--out", str(path), "--end", END, "--seed", "5")
    lines = generate(seed=5, applications=40, days=30, end=parse(END))
    assert path.read_bytes() == b"".join(line + b"\n" for line in lines)
    assert path.read_text() == run(settings, "--out", "-", "--end", END, "--seed", "5")


def test_the_truth_is_about_the_applications_of_the_file(
    settings: Settings, tmp_path: Path
) -> None:
    events, truth = tmp_path / "events.ndjson", tmp_path / "truth.ndjson"
    run(settings, "--out", str(events), "--truth", str(truth), "--end", END)
    moments = [msgspec.json.decode(line) for line in truth.read_bytes().splitlines()]
    subjects = {msgspec.json.decode(line)["subject"] for line in events.read_bytes().splitlines()}
    assert subjects <= {moment["applicationId"] for moment in moments}
    assert all(0 <= moment["probability"] <= 1 for moment in moments)
    assert all(moment["time"] <= END for moment in moments)


def test_straight_in_each_world_goes_once(settings: Settings, database: str) -> None:
    with flow(database, settings):
        first = run(settings)
        with pytest.raises(ConfigurationError, match="already"):
            run(settings)
        before = accepted(database)
        run(settings, "--seed", "2")
    assert f"accepted {before}, " in first
    assert "dead-lettered 0" in first
    assert accepted(database) > 1.5 * before


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--days", "0"), "0 days"),
        (("--live", "--out", "-"), "--out"),
        (("--live", "--end", END), "--end"),
        (("--end", "yesterday", "--out", "-"), "--end yesterday"),
        (("--out", "/absent/file"), "/absent/file"),
    ],
)
def test_wrong_options_are_clear_errors(
    settings: Settings, arguments: tuple[str, ...], what: str
) -> None:
    with pytest.raises(ConfigurationError, match=what):
        run(settings, *arguments)
