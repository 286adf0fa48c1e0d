"""Numbered migrations (`migrations/NNNN_name.sql`), each applied once, in one transaction."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources

import psycopg
from psycopg.errors import LockNotAvailable
from psycopg.rows import TupleRow

from models.errors import ConfigurationError, SchemaTooNew, Unavailable
from storage.postgres.connect import connect
from storage.postgres.queries import load

SQL = load("migrations")
_PATIENCE_S = 60.0
_PAUSE_S = 0.1

_Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True)
class Migration:
    """One file: its number, its name, its statements and their hash."""

    version: int
    name: str
    statements: str

    @property
    def hash(self) -> str:
        """SHA-256 of the statements, in hexadecimal."""
        return hashlib.sha256(self.statements.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All that this version of the product knows, in order."""
    found = []
    for file in (resources.files("storage.postgres") / "migrations").iterdir():
        number, _, rest = file.name.partition("_")
        if rest.endswith(".sql"):
            found.append(Migration(int(number), rest[:-4], file.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.version)


def migrate(url: str, *, partitions: int = 1) -> None:
    """Bring the database up to this version; `partitions` counts for a new log only.

    Calls at the same time wait for each other. Raises SchemaTooNew for a database of a newer
    version, ConfigurationError when an applied migration is not the one of this version, and
    changes nothing then.
    """
    known = migrations()
    with connect(url, autocommit=True) as connection, _one_at_a_time(connection):
        connection.execute(SQL.create)
        applied = _applied(connection, known)
        for migration in known:
            if migration.version not in applied:
                _apply(connection, migration)
        connection.execute(SQL.ensure_log, (partitions,))


def _apply(connection: _Connection, migration: Migration) -> None:
    """In one transaction. Gives way while a lock is taken: whoever came after would wait too.

    Raises Unavailable when somebody has held it for a minute.
    """
    patient_until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with connection.transaction():
                connection.execute(SQL.give_way)
                connection.execute(migration.statements.encode())
                connection.execute(SQL.record, (migration.version, migration.name, migration.hash))
                return
        except LockNotAvailable:
            if time.monotonic() > patient_until:
                raise Unavailable(
                    f"migration {migration.version}: a transaction has held a lock for a minute"
                ) from None
            time.sleep(_PAUSE_S)


def check_version(url: str) -> None:
    """Raise what `migrate` would raise, without changing anything."""
    with connect(url, autocommit=True) as connection:
        row = connection.execute(SQL.present).fetchone()
        if row is not None and row[0]:
            _applied(connection, migrations())


def _applied(connection: _Connection, known: list[Migration]) -> set[int]:
    hashes = {migration.version: migration.hash for migration in known}
    applied: dict[int, str] = dict(connection.execute(SQL.applied).fetchall())
    newest = max(applied, default=0)
    if newest > known[-1].version:
        raise SchemaTooNew(
            f"the database was written by a newer version of jobfinders (schema {newest}, this "
            f"version knows {known[-1].version}): install the newer version"
        )
    for version, found in applied.items():
        if hashes.get(version) != found:
            raise ConfigurationError(
                f"migration {version} of the database is not the one of this version"
            )
    return set(applied)


@contextmanager
def _one_at_a_time(connection: _Connection) -> Iterator[None]:
    connection.execute(SQL.lock)
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute(SQL.unlock)
