"""A real Postgres for the session, a fresh database for each test that asks."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import hypothesis
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from models.settings import Settings
from storage.postgres.embedded import Server
from storage.postgres.migrate import migrate
from tests.warehouse.filling import fill

JWT_SECRET = "a-secret-for-tests-of-more-than-32-bytes"

_numbers = count(1)

# An example that is slow on a busy machine is no fault.
hypothesis.settings.register_profile("ours", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("ours")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of tests that may take longer than others come first: one that began last would
    keep one process busy while the others have nothing left to do."""
    long = {item.path for item in items if item.get_closest_marker("timeout")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The embedded server, without fsync, in a folder that no other test run sweeps away."""
    with TemporaryDirectory(prefix="jobfinders-tests-") as folder:
        server = Server(Path(folder) / "postgres", durable=False)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def make_template(postgres_server: Server) -> Callable[[int], str]:
    """Name of a migrated database of so many partitions, made at the first call."""
    made: dict[int, str] = {}

    def make(partitions: int) -> str:
        if partitions not in made:
            name = f"template_{partitions}"
            _execute(postgres_server, sql.SQL("CREATE DATABASE {}"), name)
            migrate(postgres_server.url(name), partitions=partitions)
            made[partitions] = name
        return made[partitions]

    return make


@pytest.fixture
def partitions() -> int:
    """Partitions of `database`'s log; `@pytest.mark.parametrize("partitions", [4])`."""
    return 1


@pytest.fixture
def database(
    postgres_server: Server, make_template: Callable[[int], str], partitions: int
) -> Iterator[str]:
    """URL of a fresh, migrated database; dropped after the test."""
    name = f"test_{next(_numbers)}"
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(postgres_server, clone, name, make_template(partitions))
    yield postgres_server.url(name)
    _execute(postgres_server, sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)


@pytest.fixture
def settings(database: str, partitions: int, tmp_path: Path) -> Settings:
    """Settings of a product on `database` with a data folder of its own."""
    return Settings(
        data=tmp_path / "data",
        postgres_url=database,
        partitions=partitions,
        port=0,
        jwt_secret=SecretStr(JWT_SECRET),
    )


@pytest.fixture(scope="session")
def make_warehouse(
    postgres_server: Server,
    make_template: Callable[[int], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Settings, Iterable[bytes]], None]:
    """Puts a warehouse of these events into the settings' folder; made once, then copied."""
    made: dict[tuple[bytes, ...], Path] = {}

    def make(settings: Settings, lines: Iterable[bytes]) -> None:
        events = tuple(lines)
        if events not in made:
            name = f"test_{next(_numbers)}"
            clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            _execute(postgres_server, clone, name, make_template(1))
            own = {"data": tmp_path_factory.mktemp(name), "postgres_url": postgres_server.url(name)}
            made[events] = fill(settings.model_copy(update=own), events)
        copytree(made[events], settings.warehouse_folder)

    return make


def _execute(server: Server, statement: sql.SQL, *names: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement.format(*map(sql.Identifier, names)))
