"""`jobfinders verify` as a person runs it: what it says and how it ends."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from models.settings import Settings
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.platform.driving import run

GOLDEN = Path(__file__).parents[1] / "contract" / "golden" / "events.ndjson"
Verify = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folded(database: str, settings: Settings) -> str:
    """A database with the golden application and a dead letter."""
    put(database, [*GOLDEN.read_bytes().splitlines(), b"{}"])
    drain(database, settings)
    return database


@pytest.fixture
def verify(folded: str, settings: Settings) -> Verify:
    """`jobfinders verify …` on that database."""
    settings.data.mkdir()
    return lambda *arguments: run(
        settings.data, "verify", *map(str, arguments), postgres_url=folded
    )


def test_what_is_exact_ends_with_0(verify: Verify) -> None:
    ended = verify()
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("exact: 16 facts of 1 applications, 1 dead letters in ")
    assert ended.stdout.count("\n") == 1


def test_damage_ends_with_1_and_is_shown(folded: str, verify: Verify) -> None:
    with connect(folded) as connection:
        connection.execute("UPDATE application_analytics SET views = 7, status = '[bold]x'")
        connection.execute("UPDATE flow_positions SET dead_lettered = 5")
    ended = verify()
    assert ended.returncode == 1
    assert "First differences" in ended.stdout
    for shown in ("check", "where", "found", "expected", "app_01J9Z3K8Q0", "views", "7", "[bold]x"):
        assert shown in ended.stdout
    assert "row = recompute: 2\n" in ended.stdout
    assert "dead_lettered = dead letters: 1\n" in ended.stdout
    assert ended.stdout.splitlines()[-1].startswith("5 DIFFERENCES: 16 facts of 1 applications")


def test_what_was_fed_is_all_there(verify: Verify, tmp_path: Path) -> None:
    packed = tmp_path / "fed.ndjson.gz"
    packed.write_bytes(gzip.compress(b"\n{}\n"))
    ended = verify("--against", GOLDEN, packed)
    assert ended.returncode == 0, ended.stdout
    assert ", 17 fed lines (0 other facts)" in ended.stdout


def test_what_was_fed_and_is_lost_is_named(verify: Verify, tmp_path: Path) -> None:
    fed = tmp_path / "fed.ndjson"
    fed.write_bytes(GOLDEN.read_bytes().replace(b'"evt_0007"', b'"evt_9007"'))
    ended = verify("--against", fed)
    assert ended.returncode == 1
    assert "what was fed is folded or dead-lettered: 1\n" in ended.stdout
    assert "fed.ndjson:7" in ended.stdout
    assert "(1 other facts)" in ended.stdout


def test_a_file_that_is_not_there_is_an_error_of_one_line(verify: Verify, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    ended = verify("--against", missing)
    assert ended.returncode == 1
    assert ended.stderr == f"jobfinders: cannot read {missing}: No such file or directory\n"


def test_files_go_behind_against(verify: Verify) -> None:
    assert verify(GOLDEN).returncode == 2
