"""Any setting from a file of one folder, as containers are given their secrets."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from flows.cli import read_settings
from models.errors import ConfigurationError
from models.settings import Settings
from tests.platform.driving import run

SECRET = "from-a-file-of-more-than-thirty-two-bytes"
URL = "postgresql://jobfinders:p%40ss@postgres/jobfinders"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that JOBFINDERS_SECRETS names."""
    made = tmp_path / "secrets"
    made.mkdir()
    monkeypatch.setenv("JOBFINDERS_SECRETS", str(made))
    return made


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("postgres_url", f"{URL}\n", URL),
        ("redis_url", "redis://:secret@redis:6379/0", "redis://:secret@redis:6379/0"),
        ("jwt_secret", f"{SECRET}\n", SecretStr(SECRET)),
        ("port", "9000\n", 9000),
        ("cors_origins", '["https://app.example"]', ["https://app.example"]),
    ],
)
def test_a_setting_can_be_a_file(folder: Path, name: str, written: str, value: object) -> None:
    (folder / f"jobfinders_{name}").write_text(written)
    assert getattr(read_settings(), name) == value


def test_a_variable_wins_over_a_file_and_an_argument_over_both(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "jobfinders_postgres_url").write_text("postgresql:///file")
    assert Settings().postgres_url == "postgresql:///file"
    monkeypatch.setenv("JOBFINDERS_POSTGRES_URL", "postgresql:///variable")
    assert Settings().postgres_url == "postgresql:///variable"
    assert Settings(postgres_url="postgresql:///argument").postgres_url == "postgresql:///argument"


def test_a_wrong_value_in_a_file_is_named(folder: Path) -> None:
    (folder / "jobfinders_port").write_text("eighty")
    with pytest.raises(ConfigurationError, match="JOBFINDERS_PORT"):
        read_settings()


def test_a_folder_that_is_not_there_is_said(folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(ConfigurationError, match="JOBFINDERS_SECRETS: path does not point to a"):
        read_settings()


def test_settings_are_listed_without_what_is_secret(folder: Path, tmp_path: Path) -> None:
    (folder / "jobfinders_jwt_secret").write_text(SECRET)
    (folder / "jobfinders_postgres_url").write_text(URL)
    ended = run(tmp_path / "data", "settings", secrets=str(folder))
    assert ended.returncode == 0, ended.stderr
    assert "JOBFINDERS_JWT_SECRET=**********" in ended.stdout
    assert "JOBFINDERS_POSTGRES_URL=postgresql://jobfinders:***@postgres/" in ended.stdout
    assert SECRET not in ended.stdout
    assert "p%40ss" not in ended.stdout
