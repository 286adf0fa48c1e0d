"""One connection to the flow's own DuckDB file, on which statements go by name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from storage.postgres.queries import load

STORAGE_VERSION = "v1.5.0"
"""The newest that DuckDB 1.5 reads."""
SQL = dict(load("warehouse", "storage.duckdb"))

_MEMORY = "1GB"
CHECKPOINT = "1GB"
"""The publisher says when; DuckDB does it by itself behind so much that was committed."""


class Session:
    """The file is made where it is missing. Statements: `queries/warehouse.sql`."""

    def __init__(self, database: Path) -> None:
        spill = database.with_suffix(".spill")
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": _MEMORY,
                "temp_directory": str(spill),
                "checkpoint_threshold": CHECKPOINT,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(
            f"ATTACH '{quoted(database)}' AS main_file (STORAGE_VERSION '{STORAGE_VERSION}')"
        )
        self._connection.execute("USE main_file")

    def run(self, name: str, parameters: Sequence[object] = (), **parts: object) -> None:
        """Execute a named statement; `{…}` in it is replaced by `parts`, quoted for a string."""
        self.rows(name, parameters, **parts)

    def rows(
        self, name: str, parameters: Sequence[object] = (), **parts: object
    ) -> list[tuple[Any, ...]]:
        """All rows of a named statement."""
        statement = SQL[name]
        for part, value in parts.items():
            statement = statement.replace(f"{{{part}}}", quoted(value))
        return self._connection.execute(statement, list(parameters)).fetchall()

    def script(self, text: str) -> None:
        """Execute statements of a file."""
        self._connection.execute(text)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self.run("begin")
        try:
            yield
        except BaseException:
            self.run("rollback")
            raise
        self.run("commit")

    def close(self) -> None:
        """End the connection, which lets the file go."""
        self._connection.close()


def quoted(value: object) -> str:
    """Text for the inside of a SQL string."""
    return str(value).replace("'", "''")
