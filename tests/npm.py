"""What tests need of Node: locked packages, and a reason where this machine has none."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest


def unable(reason: str) -> NoReturn:
    """Skip with a reason; in CI, where nothing may be missing, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def install(sources: Path, folder: Path) -> Path:
    """`sources` copied to `folder`, with the packages that its lock file pins."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        unable(f"no {' and no '.join(missing)} on this machine")
    shutil.copytree(sources, folder)
    installed = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        unable(f"npm could not install {sources}: {installed.stderr[-500:]}")
    return folder
