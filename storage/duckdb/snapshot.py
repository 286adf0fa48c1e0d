"""A copy of the warehouse's file as it was at its last checkpoint, while it is written to.

DuckDB commits to a log beside the file and, of large transactions, to blocks of the file that
the last checkpoint does not use; what that checkpoint wrote stays as it is until the next one,
or no crash could be survived. So the file without its log is the state of its last checkpoint,
and a copy of it is consistent as long as no other checkpoint begins.
"""

import hashlib
import os
import subprocess
from pathlib import Path

from storage.duckdb.folder import sync


def copy_checkpointed(source: Path, target: Path, size: int) -> None:
    """Make `target`, durable and not to be written to, of the `size` bytes that `source` had
    behind its last checkpoint. Raises OSError.

    In a child: closing a second handle of the file in here would drop DuckDB's lock on it.
    """
    command = ["/bin/cp", "--reflink=auto", "--", str(source), str(target)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise OSError(f"cannot copy the warehouse: {ended.stderr.strip() or ended.returncode}")
    os.truncate(target, size)
    target.chmod(0o444)
    sync(target)


def sha256(path: Path) -> str:
    """In hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
