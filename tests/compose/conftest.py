"""The compose file, its secrets made as the page says, and the product as the image has it."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.compose.reading import FILE, ROOT, compose, instructions, variables


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile installs: a wheel of the files that it copies."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name, rest in instructions((ROOT / "Dockerfile").read_text()):
        *copied, target = rest.split()
        if name == "COPY" and not rest.startswith("--from"):
            for path in copied:
                to = source / target / ("" if target.endswith("/") else ".")
                subprocess.run(["cp", "-r", ROOT / path, to], check=True)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, stdout=subprocess.DEVNULL)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def code(wheel: Path) -> str:
    """PYTHONPATH of the image: the wheel, and nothing of what the Dockerfile takes out again."""
    unpacked = wheel.with_name("code")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    absent = wheel.with_name("absent")
    absent.mkdir()
    (gone,) = re.findall(r"uninstall --yes (.*)", (ROOT / "Dockerfile").read_text())
    for name in gone.split():
        module = absent / f"{name.replace('-', '_')}.py"
        module.write_text(f"raise ModuleNotFoundError('{name} is not in the image')\n")
    return f"{absent}:{unpacked}"


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """.env as the example has it, with secrets made by the commands of the page."""
    folder = tmp_path_factory.mktemp("secrets")
    page = (ROOT / "docs" / "operations.md").read_text()
    (commands,) = re.findall(r"```\n(mkdir -p secrets.*?)docker compose", page, re.DOTALL)
    (folder / ".env.example").write_text((ROOT / ".env.example").read_text())
    subprocess.run(["bash", "-euc", commands], cwd=folder, check=True)
    return {**variables(folder / ".env"), "SECRETS": str(folder / "secrets")}


@pytest.fixture(scope="session")
def document(settled: dict[str, str]) -> dict[str, Any]:
    """The compose file as it is with these variables."""
    return compose(FILE.read_text(), settled)
