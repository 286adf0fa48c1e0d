"""Environments beside the product's own, for clients of the published file: made from a
hash-locked file at the first test that asks, kept under `.venv/` until that file changes."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
_MADE = Path(sys.prefix) / "environments"


def environment(name: str) -> Path:
    """The `bin` folder of the environment that `name.lock` pins."""
    lock = HERE / f"{name}.lock"
    folder = _MADE / name
    _MADE.mkdir(exist_ok=True)
    with (_MADE / f"{name}.lock").open("w") as claimed:
        fcntl.flock(claimed, fcntl.LOCK_EX)
        stamp = folder / "made-from"
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder, lock)
            stamp.write_text(wanted)
    return folder / "bin"


def _make(folder: Path, lock: Path) -> None:
    if uv := shutil.which("uv"):
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        python = str(folder / "bin" / "python")
        _run(uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock)
    else:
        _run(sys.executable, "-m", "venv", str(folder))
        python = str(folder / "bin" / "python")
        _run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock)


def _run(*command: str | Path) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command}: {ended.stderr}"
