"""A flow to step by hand, and connections that play the API."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from flows.analytics import now_us
from flows.partition import Partition
from models.settings import Settings


@pytest.fixture
def flow(settings: Settings, database: str) -> Iterator[Partition]:
    """The one partition of the real flow, stepped by the test."""
    partition = Partition(settings, database, 0, now_us)
    yield partition
    partition.close()


@pytest.fixture
async def connections(database: str) -> AsyncIterator[list[asyncpg.Connection]]:
    """One to write with and one to look with."""
    opened = [await asyncpg.connect(database) for _ in range(2)]
    yield opened
    for connection in opened:
        connection.terminate()
