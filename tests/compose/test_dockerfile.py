"""The Dockerfile: what it copies, installs and runs is there."""

import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from tests.compose.reading import ROOT, image_environment, instructions

TEXT = (ROOT / "Dockerfile").read_text()
STEPS = instructions(TEXT)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def of(name: str) -> list[str]:
    """What comes behind an instruction, each time."""
    return [rest for instruction, rest in STEPS if instruction == name]


def test_every_file_of_the_product_is_in_the_image(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    folders = [ROOT / name for name in ("models", "storage", "flows", "api")]
    files = [path for folder in folders for path in folder.rglob("*.*") if path.is_file()]
    wanted = {str(path.relative_to(ROOT)) for path in files if path.suffix != ".pyc"}
    assert len(wanted) > 100
    assert sorted(wanted - packed) == []


def test_what_is_copied_and_started_exists() -> None:
    for rest in of("COPY"):
        if not rest.startswith("--from"):
            for path in rest.split()[:-1]:
                assert (ROOT / path).exists(), path
    copied = re.fullmatch(r"--from=build (\S+) (\S+)", of("COPY")[-1])
    assert copied is not None
    assert copied[1] == copied[2]  # scripts hold the path of their interpreter
    assert f"python -m venv --without-pip {copied[1]}" in of("RUN")[0]
    assert image_environment()["PATH"] == f"{copied[2]}/bin:$PATH"
    assert of("ENTRYPOINT") == ['["jobfinders"]']
    assert "jobfinders" in PROJECT["scripts"]


def test_it_is_pinned_hash_locked_and_unprivileged() -> None:
    images = {rest.split()[0] for rest in of("FROM")}
    (image,) = images
    assert re.fullmatch(r"python:3\.12\.\d+-slim-\w+", image)
    installs = [rest for rest in of("RUN") if "install --require-hashes" in rest]
    assert len(installs) == 1
    assert "--only-binary :all: -r requirements.lock" in installs[0]
    names = [name for name, _ in STEPS]
    assert "USER" in names[len(names) - names[::-1].index("FROM") :]
    assert not any("apt" in rest or "gcc" in rest for rest in of("RUN"))


def test_a_part_may_write_to_its_volumes(document: dict[str, Any]) -> None:
    """Docker makes a volume like the folder that it covers, and of root where there is none."""
    made = r"install --directory --owner jobfinders --group jobfinders\s+(/.*)"
    folders = {
        folder for run in of("RUN") for found in re.findall(made, run) for folder in found.split()
    }
    parts = [one for one in document["services"].values() if "build" in one]
    targets = {volume.split(":")[1] for part in parts for volume in part.get("volumes", [])}
    assert targets
    assert targets <= folders


def test_compose_names_this_version_and_its_user(document: dict[str, Any]) -> None:
    (uid,) = re.findall(r"--uid (\d+)", TEXT)
    parts = [one for one in document["services"].values() if "build" in one]
    assert {part["image"] for part in parts} == {f"jobfinders:{PROJECT['version']}"}
    assert {part["user"] for part in parts} == {f"{uid}:{uid}"}
