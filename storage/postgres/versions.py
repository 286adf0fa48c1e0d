"""Published versions of the success model, and which of them is used."""

from datetime import datetime
from typing import NamedTuple

from models.success import Version, unpack
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("learning")
VERSIONS_KEPT = 500
"""Versions whose weights are kept, besides the pinned one."""


def publish(connection: Connection, version: Version, clock: int) -> None:
    """A new version, from now on the newest; the oldest lose their weights."""
    rates = [version.stage_rate(status) for status in range(version.stages.shape[1])]
    connection.execute(
        SQL.publish,
        (
            version.number,
            clock,
            version.labels,
            version.hired,
            version.base_rate,
            rates,
            version.cold,
            version.pack(),
        ),
    )
    connection.execute(SQL.prune, (VERSIONS_KEPT,))


def in_use(connection: Connection) -> int | None:
    """Number of the version to predict with: the pinned, else the newest; None before any."""
    row = connection.execute(SQL.in_use).fetchone()
    return None if row is None else int(row[0])


def version(connection: Connection, number: int) -> Version | None:
    """A version with its weights; None where they were pruned or never were."""
    row = connection.execute(SQL.weights, (number,)).fetchone()
    return None if row is None or row[0] is None else unpack(row[0])


class Listed(NamedTuple):
    """A version in the list."""

    number: int
    published_at: datetime
    clock: datetime
    labels: int
    hired: int
    base_rate: float
    cold: bool
    kept: bool
    """Its weights are still here."""
    pinned: bool | None


def versions(connection: Connection, limit: int) -> list[Listed]:
    """The newest first."""
    return [Listed(*row) for row in connection.execute(SQL.versions, (limit,))]


def rates(connection: Connection, numbers: set[int]) -> dict[int, tuple[float, list[float]]]:
    """Base rate and rates by stage of these versions."""
    rows = connection.execute(SQL.rates, (sorted(numbers),)).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def pin(connection: Connection, number: int) -> bool:
    """Predict with this version until unpinned; False where its weights are not here."""
    return connection.execute(SQL.pin, (number,)).fetchone() is not None


def unpin(connection: Connection) -> None:
    """Predict with the newest version again."""
    connection.execute(SQL.unpin)
