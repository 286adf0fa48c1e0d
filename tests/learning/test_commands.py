"""`jobfinders model`, and what verify says of probabilities."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import command_line
from flows.verify import verify
from models.settings import Settings
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.learning.studying import live_and_study, told, world


@pytest.fixture
def served(database: str, settings: Settings) -> str:
    """A database in which both flows have lived through 200 applications."""
    live_and_study(database, settings, world(200), size=800)
    drain(database, settings)
    return database


def model(url: str, *arguments: str) -> str:
    """Output of `jobfinders model …`, which must succeed."""
    done = CliRunner(env={"JOBFINDERS_POSTGRES_URL": url}).invoke(
        command_line(["model"]), ["model", *arguments], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_verify_recomputes_each_probability(served: str) -> None:
    report = verify(served)
    assert report.clean, report
    assert report.probabilities > 20
    with connect(served, autocommit=True) as connection:
        connection.execute(
            "UPDATE application_analytics SET success_probability = jsonb_set("
            " success_probability, '{p}',"
            " to_jsonb((success_probability ->> 'p')::double precision + 2e-9))"
            " WHERE application_id = (SELECT min(application_id) FROM application_analytics"
            "                         WHERE success_probability IS NOT NULL)"
        )
    assert verify(served).counts == {"probability": 1}
    with connect(served, autocommit=True) as connection:
        connection.execute("UPDATE model_versions SET weights = NULL")
    pruned = verify(served)
    assert pruned.clean
    assert pruned.unchecked_probabilities == report.probabilities


def test_a_pinned_version_predicts_until_it_is_let_go(
    served: str, settings: Settings, tmp_path: Path
) -> None:
    numbers = [int(line.split()[0]) for line in model(served, "list").splitlines()]
    assert numbers == sorted(numbers, reverse=True)
    newest, older = numbers[0], numbers[1]
    assert f"version:    {older}" in model(served, "show", str(older))
    file = tmp_path / "version.json"
    model(served, "export", str(older), str(file))
    exported = json.loads(file.read_text())
    assert exported["number"] == older
    assert len(exported["weights"]) > 20_000

    with connect(served, autocommit=True) as connection:
        open_ = connection.execute(
            "SELECT application_id FROM application_analytics"
            " WHERE success_probability IS NOT NULL ORDER BY application_id LIMIT 1"
        ).fetchone()
    assert open_ is not None
    for wanted, command in ((older, ("pin", str(older))), (newest, ("unpin",))):
        model(served, *command)
        put(served, [told(served, open_[0], "shortlisted" if wanted == older else "interviewed")])
        drain(served, settings)
        with connect(served) as connection:
            said = connection.execute(
                "SELECT success_probability -> 'modelVersion' FROM application_analytics"
                " WHERE application_id = $1",
                open_,
            ).fetchone()
        assert said == (wanted,)


def test_a_version_that_is_not_there_is_named(database: str) -> None:
    with pytest.raises(Exception, match="no weights of a version 7"):
        model(database, "pin", "7")
