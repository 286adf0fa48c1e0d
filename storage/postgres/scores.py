"""The sums behind the model's scores: written by the learning flow, read by the API."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

import asyncpg
import msgspec

from models.scores import Key, Sums
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("scores")

Bins = dict[int, Sums]


def add(connection: Connection, added: Mapping[Key, Sums]) -> None:
    """Add to the sums, in the caller's transaction."""
    rows = [(*key, *sums) for key, sums in sorted(added.items())]
    if rows:
        connection.execute(SQL.add, [list(column) for column in zip(*rows, strict=True)])


class InUse(msgspec.Struct, frozen=True):
    """The version that is predicted with."""

    number: int
    published_at: datetime
    clock: datetime
    labels: int
    hired: int
    base_rate: float
    cold: bool
    pinned: bool


async def in_use(connection: asyncpg.Connection) -> InUse | None:
    """None before the first version."""
    record = await connection.fetchrow(SQL.in_use)
    return None if record is None else InUse(*record)


async def overall(connection: asyncpg.Connection) -> dict[tuple[str, bool], Bins]:
    """All predictions, by predictor and whether their labels are provisional."""
    found: defaultdict[tuple[str, bool], Bins] = defaultdict(dict)
    for predictor, provisional, bin_, *sums in await connection.fetch(SQL.overall):
        found[predictor, provisional][bin_] = Sums(*sums)
    return dict(found)


async def by_span(connection: asyncpg.Connection, span: str) -> dict[tuple[date, str], Bins]:
    """By day or week and predictor, in order of time; answered labels only."""
    found: defaultdict[tuple[date, str], Bins] = defaultdict(dict)
    for start, predictor, bin_, *sums in await connection.fetch(SQL.by_span, span):
        found[start, predictor][bin_] = Sums(*sums)
    return dict(found)
