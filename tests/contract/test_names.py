"""CONTRACT.md, Names that others hold on to: the command, its options, settings, places."""

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from models.settings import Settings
from tests.contract.building import event, line
from tests.ingest.flowing import flow
from tests.platform.driving import ROOT, command, environment, run

Run = Callable[..., subprocess.CompletedProcess[str]]
LINES = [line(event("created", "c")), line(event("withdrawn", "w", 2))]


@pytest.fixture
def jobfinders(settings: Settings, database: str) -> Run:
    """A command on the test's database."""
    settings.data.mkdir()
    return lambda *arguments: run(settings.data, *arguments, postgres_url=database)


def test_the_command_is_jobfinders() -> None:
    """'Command `jobfinders`'"""
    assert 'jobfinders = "flows.cli:main"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(("target", "does"), [("run", "jobfinders up --demo"), ("test", "pytest")])
def test_make(target: str, does: str) -> None:
    """'`make run` = `jobfinders up --demo`, `make test`'"""
    told = subprocess.run(
        ["make", "--dry-run", target],
        cwd=ROOT,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert does in told.stdout


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """'data under `./data` unless `JOBFINDERS_DATA` says otherwise; API on `127.0.0.1:8000`
    unless `JOBFINDERS_PORT` says otherwise'"""
    for name in [name for name in os.environ if name.startswith("JOBFINDERS_")]:
        monkeypatch.delenv(name)
    assert Settings().data == Path("data")
    assert Settings().api_url == "http://127.0.0.1:8000"
    monkeypatch.setenv("JOBFINDERS_DATA", "/elsewhere")
    monkeypatch.setenv("JOBFINDERS_PORT", "9000")
    assert Settings().data == Path("/elsewhere")
    assert Settings().api_url == "http://127.0.0.1:9000"


def test_settings_are_variables(tmp_path: Path) -> None:
    """'settings `JOBFINDERS_*`'"""
    listed = run(tmp_path / "data", "settings", port="8123").stdout.splitlines()
    assert all(setting.startswith("JOBFINDERS_") for setting in listed)
    assert any(setting.startswith("JOBFINDERS_PORT=8123") for setting in listed)


def test_ingest_prints_the_counts_of_this_run(
    jobfinders: Run, database: str, settings: Settings, tmp_path: Path
) -> None:
    """'`jobfinders ingest FILE…` …: NDJSON, with progress, waits until folded, prints accepted,
    duplicate and dead-lettered counts of this run; exit 0'; 'Blank lines are skipped.'"""
    first, second = tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    first.write_bytes(LINES[0] + b"\n\n \r\n" + b"{}\n")
    second.write_bytes(LINES[0] + b"\r\n" + LINES[1])
    with flow(database, settings):
        ended = jobfinders("ingest", str(first), str(second))
        again = jobfinders("ingest", str(second))
    assert (ended.returncode, again.returncode) == (0, 0), ended.stderr
    assert ended.stdout == "accepted 2, duplicate 1, dead-lettered 1\n"
    assert again.stdout == "accepted 0, duplicate 2, dead-lettered 0\n"


def test_ingest_from_standard_input_without_waiting(
    jobfinders: Run, database: str, settings: Settings
) -> None:
    """'(`-` for standard input)', '(`--no-wait`)'"""
    ended = subprocess.run(
        command("ingest", "--no-wait", "-"),
        env=environment(settings.data, postgres_url=database),
        input=b"\n".join(LINES),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout == b"accepted 0, duplicate 0, dead-lettered 0, waiting 2\n"


def test_ingest_that_cannot_read_on(jobfinders: Run, tmp_path: Path) -> None:
    """'exit 0 unless it could not read on'"""
    assert jobfinders("ingest", str(tmp_path / "missing")).returncode == 1


def test_token(tmp_path: Path) -> None:
    """'`jobfinders token --user ID --role ROLE`: a development bearer token.'"""
    made = run(tmp_path / "data", "token", "--user", "ann", "--role", "service")
    claims = jwt.decode(made.stdout.strip(), options={"verify_signature": False})
    assert (claims["sub"], claims["role"]) == ("ann", "service")
    assert stat.S_IMODE((tmp_path / "data" / "jwt-secret").stat().st_mode) == 0o600


def test_status(jobfinders: Run) -> None:
    """'`jobfinders status`: positions, lag, dead letters.'"""
    told = json.loads(jobfinders("status", "--json").stdout)
    assert {"positions", "waiting", "dead_letters"} <= set(told)
    shown = jobfinders("status")
    assert shown.returncode == 0
    assert "dead letters" in shown.stdout


@pytest.mark.parametrize("verb", ["list", "show", "redrive"])
def test_dead_letters(tmp_path: Path, verb: str) -> None:
    """'`jobfinders dead-letters list|show|redrive`.'"""
    assert run(tmp_path / "data", "dead-letters", verb, "--help").returncode == 0


@pytest.mark.parametrize("place", ["api", "postgres", "warehouse", "kafka"])
def test_url(tmp_path: Path, place: str) -> None:
    """'`jobfinders url api|postgres|warehouse|kafka`: where each is, for other tools.' This
    version has no Kafka yet, and says so."""
    told = run(tmp_path / "data", "url", place, postgres_url="postgresql://db/x", port="8123")
    expected = {
        "api": "http://127.0.0.1:8123",
        "postgres": "postgresql://db/x",
        "warehouse": str(tmp_path / "data" / "warehouse" / "latest.duckdb"),
    }
    if place in expected:
        assert told.stdout.strip() == expected[place]
    else:
        assert told.returncode == 1
        assert told.stderr.startswith("jobfinders: ")


@pytest.mark.parametrize("name", ["down", "verify", "up"])
def test_other_commands(tmp_path: Path, name: str) -> None:
    """'`jobfinders verify`', '`jobfinders down`', '`jobfinders up --demo`'"""
    told = run(tmp_path / "data", name, "--help").stdout
    assert {"up": "--demo", "verify": "--against", "down": "Usage"}[name] in told
