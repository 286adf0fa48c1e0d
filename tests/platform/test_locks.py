"""The lock files pin what pyproject.toml asks for, with hashes and without an index."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"]
BUILD = PROJECT["build-system"]["requires"]
DEVELOPMENT = PROJECT["project"]["optional-dependencies"]["dev"]
PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;]+)(?:\s*;([^\\]*?))?\s+--hash")


def pins(file: str) -> dict[str, str]:
    """Version by name, as this Python takes it; each must have a hash."""
    found = {}
    for line in (ROOT / file).read_text().replace("\\\n", " ").splitlines():
        if line.startswith("#"):
            continue
        pin = PIN.match(line)
        assert pin is not None, line
        assert "--hash=sha256:" in line, f"{file}: {pin[1]} has no hash"
        if pin[3] is None or Marker(pin[3]).evaluate():
            found[canonicalize_name(pin[1])] = pin[2]
    assert len(found) > 10
    return found


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("requirements.lock", [*RUNTIME, *BUILD]),
        ("tests/requirements.lock", [*RUNTIME, *BUILD, *DEVELOPMENT]),
    ],
)
def test_every_requirement_is_pinned_within_its_bounds(file: str, wanted: list[str]) -> None:
    pinned = pins(file)
    for text in wanted:
        requirement = Requirement(text)
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{file} lacks {text}: run `make lock`"
        assert Version(version) in requirement.specifier, f"{file} misses {text}: run `make lock`"


def test_the_tests_run_on_what_the_product_runs_on() -> None:
    assert pins("requirements.lock").items() <= pins("tests/requirements.lock").items()


@pytest.mark.parametrize("file", ["requirements.lock", "tests/requirements.lock"])
def test_no_index_is_named(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "://" not in text
    assert "index" not in text


def test_installed_is_what_is_pinned() -> None:
    pinned = pins("tests/requirements.lock")
    if not (ROOT / ".venv" / "installed-tests-requirements.lock").exists():
        pytest.skip("not in the environment of `make test`")
    installed = {canonicalize_name(d.name): d.version for d in distributions()}
    differing = {n: v for n, v in installed.items() if n in pinned and pinned[n] != v}
    assert differing == {}
