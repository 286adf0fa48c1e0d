"""Named SQL: `queries/<file>.sql` holds statements headed `-- name: <name>`.

    SQL = load("notes")
    await connection.fetch(SQL.list_of_application, application_id)

Placeholders are Postgres' own ($1, $2 …), for asyncpg and for psycopg's raw cursors alike.
"""

import re
from collections.abc import Iterator
from importlib import resources

_HEADING = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Queries:
    """The statements of one file as attributes; a wrong name fails with the file's."""

    def __init__(self, file: str, statements: dict[str, str]) -> None:
        self._file = file
        self._statements = statements

    def __getattr__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            raise AttributeError(f"queries/{self._file}.sql has no statement {name}") from None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each statement with its name."""
        return iter(self._statements.items())


def load(file: str, package: str = "storage.postgres") -> Queries:
    """Statements of `queries/<file>.sql` of a package."""
    text = (resources.files(package) / "queries" / f"{file}.sql").read_text("utf-8")
    _, *parts = _HEADING.split(text)
    return Queries(file, dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True)))
