"""Where a process can be killed: around each named statement and around COMMIT.

A point is named by the code's own statements (`after batch.copy_log`), so that a new statement
is a new point without a word here.
"""

import re
from functools import lru_cache
from importlib import resources

from storage.postgres.queries import load

_PLACEHOLDER = re.compile(r"\\\{\w+\\\}")
COMMIT = ("before COMMIT", "amid COMMIT", "after COMMIT")
"""Not sent; sent, its answer unknown; answered."""


@lru_cache
def statements() -> dict[str, re.Pattern[str]]:
    """Every statement of the product by name, `file.statement`."""
    files = sorted(
        file.name.removesuffix(".sql")
        for file in (resources.files("storage.postgres") / "queries").iterdir()
        if file.name.endswith(".sql")
    )
    return {
        f"{file}.{name}": re.compile(_PLACEHOLDER.sub(".*", re.escape(text)), re.DOTALL)
        for file in files
        for name, text in load(file)
    }


@lru_cache
def name_of(statement: str) -> str:
    """The statement's name. Raises LookupError for one that no file of queries holds."""
    for name, pattern in statements().items():
        if pattern.fullmatch(statement):
            return name
    raise LookupError(f"not a named statement: {statement[:80]}")
