"""A durable server of its own: what is killed here must not lose what it has confirmed."""

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from storage.postgres.embedded import Server
from tests.faults.databases import Databases
from tests.faults.traffic import Traffic

_seeds = count(int(os.environ.get("FAULTS_SEED", "1")))


@pytest.fixture(scope="session")
def durable() -> Iterator[Databases]:
    """Fresh databases on a server with fsync.

    Not in pytest's folder: another pytest of root's would close that to the server's user.
    """
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        server = Server(Path(folder) / "postgres")
        try:
            server.start()
            yield Databases(server)
        finally:
            server.stop()


@pytest.fixture
def seed() -> int:
    """Printed where a test fails; `FAULTS_SEED` sets the first."""
    seed = next(_seeds)
    print(f"seed {seed}")
    return seed


@pytest.fixture
def make_traffic(durable: Databases, seed: int, tmp_path: Path) -> Iterator[Callable[..., Traffic]]:
    """`make_traffic(partitions)`: a fresh database and what will be thrown at it."""
    made: list[Traffic] = []

    def make(partitions: int = 1, **more: Any) -> Traffic:
        url = durable.fresh(partitions)
        made.append(Traffic(url, seed, tmp_path / f"fed-{len(made)}.ndjson", **more))
        return made[-1]

    yield make
    for traffic in made:
        durable.drop(traffic.url)
