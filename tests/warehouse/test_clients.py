"""Other people's programs on the published file: DuckDB 1.5 and 2, its command line, polars, a
notebook, dbt; each runs the example that the documentation shows."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import duckdb
import nbclient
import nbformat
import polars as pl
import pytest

from models.settings import Settings
from storage.duckdb.folder import Folder
from tests.environments import environment
from tests.faults.traffic import Traffic
from tests.flows.driving import drain
from tests.warehouse.driving import publish, query

pytestmark = pytest.mark.timeout(900)  # the first test that asks makes the environment
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
VIEWS = (
    "v_applications v_daily_funnel v_response_times v_stage_durations v_status_changes v_volume"
).split()
_READ_ALL = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    print(json.dumps([duckdb.__version__, {
        view: str(connection.execute(f"SELECT * FROM {view} ORDER BY ALL").fetchall())
        for view in sys.argv[2:]
    }]))
"""


@pytest.fixture
def folder(database: str, settings: Settings, tmp_path: Path) -> Folder:
    """A published warehouse of a few dozen applications."""
    traffic = Traffic(database, 3, tmp_path / "fed.ndjson", applications=60)
    traffic.feed(300)
    drain(database, settings)
    publish(settings)
    return Folder(settings.warehouse_folder)


def run(*command: str | Path, folder: Path, **more: str) -> str:
    """What a program prints that ends well."""
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **more}
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def test_duckdb_1_5_reads_what_2_reads(folder: Folder) -> None:
    answers = [
        json.loads(run(python, "-c", _READ_ALL, folder.latest, *VIEWS, folder=folder.path))
        for python in (environment("duckdb-1.5") / "python", sys.executable)
    ]
    (old, of_old), (new, of_new) = answers
    assert old.startswith("1.5.")
    assert new.startswith("2.")
    assert of_old == of_new
    assert all(rows != "[]" for rows in of_new.values())


def test_every_table_and_column_has_its_comment(folder: Folder) -> None:
    uncommented = query(
        folder.latest,
        "SELECT table_name, column_name FROM duckdb_columns()"
        " WHERE database_name = 'latest' AND comment IS NULL",
    )
    assert uncommented == []
    for kind in ("table", "view"):
        assert (
            query(
                folder.latest,
                f"SELECT {kind}_name FROM duckdb_{kind}s() WHERE comment IS NULL AND NOT internal",
            )
            == []
        )


@pytest.mark.parametrize("script", ["funnel.sql", "history.sql"])
def test_the_command_line(folder: Folder, script: str) -> None:
    cli = environment("duckdb-1.5") / "duckdb"
    printed = run(
        cli, "-readonly", "-csv", "latest.duckdb", "-f", EXAMPLES / script, folder=folder.path
    )
    assert "applications" in printed
    assert "applied," in printed or "interview_scheduled," in printed


def test_polars(folder: Folder) -> None:
    example = runpy.run_path(str(EXAMPLES / "weekly.py"))
    weekly: pl.DataFrame = example["weekly"](folder.path)
    count = query(folder.latest, "SELECT count(*) FROM v_applications WHERE applied_at IS NOT NULL")
    assert weekly["applications"].sum() == count[0][0]
    events: pl.DataFrame = example["events"](folder.path).collect()
    assert [(events.height,)] == query(folder.latest, "SELECT count(*) FROM events")
    printed = run(sys.executable, EXAMPLES / "weekly.py", folder.path, folder=folder.path)
    assert "application.created" in printed


def test_the_notebook(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBFINDERS_WAREHOUSE", str(folder.path))
    notebook = nbformat.read(EXAMPLES / "first-look.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(ROOT))
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert len(shown) >= 4
    assert not [output for output in shown if output.output_type == "error"]


@pytest.fixture
def dbt_project(tmp_path: Path) -> Path:
    """A copy of the example, for dbt writes beside its models."""
    project = tmp_path / "dbt"
    subprocess.run(["cp", "-r", EXAMPLES / "dbt", project], check=True)
    return project


def test_dbt(folder: Folder, dbt_project: Path) -> None:
    marts = dbt_project / "marts.duckdb"
    printed = run(
        environment("dbt") / "dbt",
        "build",
        "--profiles-dir",
        ".",
        folder=dbt_project,
        JOBFINDERS_WAREHOUSE=str(folder.latest),
        JOBFINDERS_MARTS=str(marts),
        DBT_SEND_ANONYMOUS_USAGE_STATS="false",
    )
    assert "ERROR=0" in printed
    with duckdb.connect(str(marts), read_only=True) as connection:
        entered = connection.execute("SELECT sum(entered) FROM stage_funnel").fetchall()
    assert entered == query(folder.latest, "SELECT count(*) FROM v_stage_durations")
