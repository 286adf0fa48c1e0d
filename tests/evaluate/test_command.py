"""`jobfinders evaluate` as a person runs it."""

import gzip
import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from flows.cli import command_line
from flows.evaluate.report import Report
from flows.evaluate.simulated import World, plan_of
from models.errors import ConfigurationError, UnreadableInput


def run(*arguments: str) -> str:
    """What it writes to standard output."""
    return result(*arguments).stdout


def result(*arguments: str) -> Result:
    """Of a run that went well."""
    app = command_line(["evaluate"])
    outcome = CliRunner().invoke(app, ["evaluate", *arguments], catch_exceptions=False)
    assert outcome.exit_code == 0
    return outcome


def test_the_simulator_is_the_default() -> None:
    report = msgspec.json.decode(run("--applications", "250", "--json"), type=Report)
    assert report.applications > 200
    assert report.labels > 150
    assert report.best is not None
    assert report.best.score.log_loss < report.served.log_loss < report.base_rate.log_loss
    assert report.offline is None
    assert sum(one.predictions for one in report.by_day) == report.predictions
    assert sum(one.predictions for one in report.by_labels) == report.predictions


def test_files_are_sorted_by_event_time_and_held_against_trees(tmp_path: Path) -> None:
    lines = [message.line for message in World(plan_of(400, 2)).messages()]
    half = len(lines) // 2
    late, early = tmp_path / "late.ndjson", tmp_path / "early.ndjson.gz"
    late.write_bytes(b"\n".join([*lines[half:], b"no event"]) + b"\n")
    early.write_bytes(gzip.compress(b"\n".join(lines[:half])))
    report = msgspec.json.decode(run(str(late), str(early), "--json"), type=Report)
    assert report.messages == len(lines)
    assert report.best is None
    assert report.offline is not None
    assert report.offline.trained > report.offline.compared > 300
    in_order = tmp_path / "in-order.ndjson"
    in_order.write_bytes(b"\n".join(lines))
    again = msgspec.json.decode(run(str(in_order), "--no-offline", "--json"), type=Report)
    assert again.served == report.served
    assert again.offline is None


def test_a_person_reads_tables() -> None:
    ended = result("--applications", "200", "--curve", "--change")
    for words in ("best possible", "calibration", "learning curve", "change of behaviour"):
        assert words in ended.stdout
    assert "50 applications: " in ended.stderr


def test_what_cannot_be_evaluated_is_said(tmp_path: Path) -> None:
    few = tmp_path / "few.ndjson"
    few.write_bytes(b'{"id":"no event"}\n')
    with pytest.raises(UnreadableInput, match="0 valid events, 1 others"):
        run(str(few))
    with pytest.raises(UnreadableInput, match="No such file"):
        run(str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match="for the simulator"):
        run(str(few), "--curve")


def test_a_missing_lightgbm_is_said_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(ConfigurationError, match="pip install lightgbm"):
        run(str(tmp_path / "none"))
