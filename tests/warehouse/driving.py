"""Drives the warehouse in the test's own process: real log, real DuckDB."""

from pathlib import Path

import duckdb

from flows.commands.publish import up_to_date
from models.settings import Settings
from storage.duckdb.manifest import Manifest
from storage.postgres.connect import connect

GOLDEN = Path(__file__).parents[1] / "contract" / "golden" / "events.ndjson"
"""One application's life in 16 events."""


def publish(settings: Settings) -> Manifest:
    """A published version with all that is in the log now."""
    with connect(str(settings.postgres_url), autocommit=True) as connection:
        return up_to_date(settings, connection)


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    """All rows of a statement on a published file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(statement).fetchall()
